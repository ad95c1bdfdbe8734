"""The progress bar: shown when asked for or on a terminal, silent otherwise."""

import pytest

from hotspots.progress import track


@pytest.mark.parametrize(("show", "is_shown"), [(True, True), (False, False), (None, False)])
def test_shown_or_silent(
    show: bool | None,  # noqa: FBT001 (the option itself)
    is_shown: bool,  # noqa: FBT001
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Here there is no terminal, so by default nothing is shown, and nothing goes to stdout."""
    with track(1, show=show) as begin:
        begin("Finding hotspots")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert bool(captured.err.strip()) is is_shown
