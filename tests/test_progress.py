"""The progress bar: shown on a terminal, silent elsewhere and when it is switched off."""

import pytest

from hotspots.progress import track


@pytest.mark.parametrize(
    ("is_terminal", "show", "is_shown"),
    [("1", None, True), ("1", False, False), ("", None, False)],
)
def test_shown_or_silent(
    is_terminal: str,
    show: bool | None,  # noqa: FBT001 (the option itself)
    is_shown: bool,  # noqa: FBT001
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Steps are named on the standard error of a terminal, and nothing goes to stdout."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    monkeypatch.setenv("FORCE_COLOR", is_terminal)  # rich takes it for a terminal
    with track(1, show=show) as begin:
        begin("Finding hotspots")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("Finding hotspots" in captured.err) is is_shown
