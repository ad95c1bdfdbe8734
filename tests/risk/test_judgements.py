"""Judgements and their file: what is accepted, and everything that is wrong said at once."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.risk.judgements import refuse_expired

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOML = """
[[judgement]]
action = "exclude"
at = "TQ 2985 8412"
radius_m = 200
reason = "HMP Squareham: calls from inside"
author = "A. Analyst"
expires = 2026-06-30

[[judgement]]
action = "merge"
at = ["530268 179640", "E09000007_sq150-3521-1228"]
reason = "One estate, two lists"
author = "B. Analyst"
expires = "30/06/2026"
"""
CSV = """action,at,name,radius_m,reason,author,expires
exclude,TQ 2985 8412,,200,HMP Squareham: calls from inside,A. Analyst,2026-06-30
merge,530268 179640;E09000007_sq150-3521-1228,,,"One estate, two lists",B. Analyst,30/06/2026
"""
EXPECTED = (
    hs.Judgement(
        "exclude",
        ("TQ 2985 8412",),
        "HMP Squareham: calls from inside",
        "A. Analyst",
        dt.date(2026, 6, 30),
        radius_m=200.0,
    ),
    hs.Judgement(
        "merge",
        ("530268 179640", "E09000007_sq150-3521-1228"),
        "One estate, two lists",
        "B. Analyst",
        dt.date(2026, 6, 30),
    ),
)
GOOD = {"action": "pin", "at": "TQ 2985 8412", "reason": "r", "author": "a"}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes a file."""

    def one(content: str | bytes, name: str = "judgements.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return one


class TestForms:
    """The same judgements from every form of file."""

    def test_toml(self, write: Callable[..., Path]) -> None:
        """Tables, dates with and without quotes, one point or a list."""
        assert hs.read_judgements(write(TOML)) == EXPECTED
        assert hs.read_judgements(write(b"\xef\xbb\xbf" + TOML.encode())) == EXPECTED

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.encode(),
            lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
            lambda text: text.replace("\n", "\r\n").encode("utf-16"),
            lambda text: text.replace("\n", "\n,,,,,,\n").encode(),
            lambda text: text.replace("\n", ",,\n").encode(),
            lambda text: b"\r\n\r\n" + text.encode(),
            lambda text: text.replace("action,", "Action ,").replace("merge", " Merge").encode(),
            lambda text: (
                text.replace("2026-06-30", "30/6/2026").replace(",200,", ",200.0,").encode()
            ),
        ],
        ids=["plain", "excel", "unicode", "rows", "columns", "lines", "capitals", "dates"],
    )
    def test_csv(self, write: Callable[..., Path], change: Callable[[str], bytes]) -> None:
        """As it is typed, and as Excel saves it."""
        assert hs.read_judgements(write(change(CSV), "judgements.CSV")) == EXPECTED

    def test_other_delimiters(self, write: Callable[..., Path]) -> None:
        """A continental Excel writes semicolons, and quotes a cell that holds one."""
        semicolons = CSV.replace('"One estate, two lists"', "One estate/ two lists")
        semicolons = semicolons.replace(
            "530268 179640;E09000007_sq150-3521-1228", '"530268 179640|E09000007_sq150-3521-1228"'
        )
        for delimiter in (";", "\t"):
            text = semicolons.replace(",", delimiter).replace("|", ";").replace("/ two", ", two")
            assert hs.read_judgements(write(text, "judgements.csv")) == EXPECTED

    def test_windows_accents(self, write: Callable[..., Path]) -> None:
        """What an older Excel saves is read in its encoding; a cell may hold a line end."""
        rows = CSV.replace("A. Analyst", "Zoë Élan").replace("HMP Squareham:", '"HMP\nSquareham:')
        rows = rows.replace("from inside", 'from inside"')
        first, _ = hs.read_judgements(write(rows.encode("windows-1252"), "judgements.csv"))
        assert first.author == "Zoë Élan"
        assert first.reason == "HMP Squareham: calls from inside"

    def test_nothing_in_it(self, write: Callable[..., Path]) -> None:
        """A file that has been cleared is no error."""
        assert hs.read_judgements(write("")) == ()
        assert hs.read_judgements(write(CSV.split("\n", maxsplit=1)[0], "judgements.csv")) == ()


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"action": "exlude"}, "action 'exlude'. Must be one of .* Did you mean 'exclude'"),
            ({"action": 3}, "Invalid action '3'"),
            ({"at": ""}, "Invalid at ''. Must be a grid reference"),
            ({"at": []}, "Invalid at"),
            ({"at": 530268}, "Invalid at '530268'. .*Write it in quotes"),
            ({"at": ["a", "b"]}, "Must be one point to pin. Write a judgement for each"),
            ({"action": "merge"}, "Must be two or more different points to merge"),
            (
                {"action": "split", "at": ["a", "a"]},
                "two or more different points to split",
            ),
            ({"reason": "  "}, "Invalid reason '  '. Must be a text that says why"),
            ({"reason": "a\x00b"}, "Must be a text without control characters"),
            ({"author": None}, "Invalid author ''. Must be the name of who decided it"),
            ({"expires": "06/30/2026"}, "expires '06/30/2026'. Must be a day such as"),
            ({"expires": "30/06/26"}, "Invalid expires"),
            ({"expires": "2026-02-29"}, "Invalid expires"),
            ({"expires": 20260630}, "Invalid expires"),
            ({"expires": dt.datetime(2026, 6, 30, 9)}, "Invalid expires"),  # noqa: DTZ001
            ({"action": "rename"}, "Invalid name ''. Must be the new name, to rename"),
            ({"action": "rename", "at": ["a", "b"], "name": "x"}, "one point to rename"),
            ({"name": "x"}, "name 'x'. Must be left out to pin. Write another judgement"),
            ({"radius_m": 10}, "radius_m '10.0'. Must be left out to pin"),
            ({"action": "exclude", "radius_m": -1}, "metres, above 0 and at most 5,000"),
            ({"action": "exclude", "radius_m": True}, "Invalid radius_m 'True'"),
            ({"action": "exclude", "radius_m": float("nan")}, "Invalid radius_m 'nan'"),
        ],
    )
    def test_values(self, change: dict[str, object], message: str) -> None:
        """Each bad value is refused in the house sentence."""
        with pytest.raises(hs.InputError, match=message):
            hs.Judgement(**({**GOOD, "expires": "2026-06-30"} | change))  # type: ignore[arg-type]

    def test_long_and_hostile_values_stay_on_a_line(self) -> None:
        """What is shown of a value is short, and cannot forge a line of the message."""
        with pytest.raises(hs.InputError) as caught:
            hs.Judgement(**{**GOOD, "expires": "1\n- line 9: fine\n" * 50})  # type: ignore[arg-type]
        assert str(caught.value).count("\n") == 0
        assert len(str(caught.value)) < 200

    def test_all_problems_of_a_toml_file(self, write: Callable[..., Path]) -> None:
        """Every problem is said, with the number of its judgement; what is missing once."""
        text = TOML.replace("reason = ", "raeson = ").replace("2026-06-30", '"soon"')
        with pytest.raises(hs.InputError) as caught:
            hs.read_judgements(write(text))
        lines = str(caught.value).split("\n")
        assert "Cannot use the judgements" in lines[0]
        assert lines[0].endswith("Invalid judgements: 5 problems.")
        assert [line.split(":")[0] for line in lines[1:-1]] == [
            *["- judgement 1"] * 3,
            *["- judgement 2"] * 2,
        ]
        assert "Unknown key 'raeson'" in lines[1]
        assert lines[1].endswith("Did you mean 'reason'?")
        assert lines[2] == (
            "- judgement 1: reason missing. Must say action, at, reason, author, expires."
        )
        assert "Invalid expires 'soon'" in lines[3]

    def test_all_problems_of_a_csv_file(self, write: Callable[..., Path]) -> None:
        """Every problem is said with its line, blank rows counted."""
        text = CSV.replace("A. Analyst", "").replace("merge", "marge").replace("\nm", "\n\n,,\nm")
        with pytest.raises(hs.InputError) as caught:
            hs.read_judgements(write(text, "judgements.csv"))
        assert "- line 2: author missing." in str(caught.value)
        assert "- line 5: Invalid action 'marge'" in str(caught.value)
        assert "2 problems" in str(caught.value)
        with pytest.raises(hs.InputError, match="line 2: Invalid radius_m 'wide'"):
            hs.read_judgements(write(CSV.replace(",200,", ",wide,"), "judgements.csv"))

    @pytest.mark.parametrize(
        ("content", "name", "message"),
        [
            ("[judgement]\n", "a.toml", r"Must look like '\[\[judgement\]\]', in double brackets"),
            ("[[judgment]]\n", "a.toml", "Unknown key 'judgment'.* Did you mean 'judgement'"),
            ("action = 'pin'\n", "a.toml", r"Put 'action' below a line \[\[judgement\]\]"),
            ("action = pin\n", "a.toml", "is not valid TOML.*line 1"),
            (b"\xff\xff", "a.toml", "not text in UTF-8"),
            ("", "a.csv", "It is empty. Must have a first line with the columns action, at"),
            ("a,b\n", "a.csv", "line 1: Unknown key 'a'"),
            ("action,at,reason,author\n", "a.csv", "line 1: expires missing"),
            (CSV.replace("name", "reason"), "a.csv", "Column 'reason' is there twice"),
            (CSV.replace('"', ""), "a.csv", "Line 3 has 8 cells. Must have 7"),
            (CSV.replace('lists"', "lists"), "a.csv", "Must be CSV with double quotes in pairs"),
            ("", "a.xlsx", "ends in .toml or .csv. Save a workbook as CSV UTF-8"),
        ],
    )
    def test_files(self, write: Callable[..., Path], content: str, name: str, message: str) -> None:
        """A file that is something else says what it should look like."""
        with pytest.raises(hs.InputError, match=message):
            hs.read_judgements(write(content, name))

    @pytest.mark.parametrize("kind", [".toml", ".csv"])
    @given(content=st.binary() | st.text("[]{}=\"';,#\n\t judgementxclt0123-/\\").map(str.encode))
    def test_any_bytes(
        self, tmp_path_factory: pytest.TempPathFactory, kind: str, content: bytes
    ) -> None:
        """Whatever stands in a file, it is read or refused in words."""
        path = tmp_path_factory.getbasetemp() / f"any{kind}"
        start = CSV.split("\n", maxsplit=1)[0] if kind == ".csv" else "[[judgement]]"
        for before in (b"", start.encode() + b"\n"):
            path.write_bytes(before + content)
            try:
                assert isinstance(hs.read_judgements(path), tuple)
            except hs.InputError as error:
                assert "Must" in str(error)  # noqa: PT017 (either is right)

    def test_missing_file(self, tmp_path: Path) -> None:
        """A file that is not there is named."""
        with pytest.raises(hs.InputError, match="Cannot read .*none.toml': No such"):
            hs.read_judgements(tmp_path / "none.toml")

    def test_expired(self) -> None:
        """The last day counts; the day after all that have expired are named."""
        refuse_expired(EXPECTED, dt.date(2026, 6, 30))
        with pytest.raises(hs.InputError) as caught:
            refuse_expired(EXPECTED, dt.date(2026, 7, 1))
        lines = str(caught.value).split("\n")
        assert lines[0] == "Invalid judgements: 2 have expired."
        assert lines[1] == "- Judgement 1 (exclude at 'TQ 2985 8412') expired on 30 June 2026."
        assert lines[2].startswith("- Judgement 2 (merge at '530268 179640; E09000007_")
        assert lines[3].startswith("Must hold on 1 July 2026. Look at each again: give it a new")
        with pytest.raises(hs.InputError, match="1 has expired"):
            refuse_expired(EXPECTED[:1], dt.date(2027, 1, 1))

    def test_expired_before_anything_is_read(self, write: Callable[..., Path]) -> None:
        """The main job refuses them first, before it looks for the incidents."""
        text = TOML.replace("2026-06-30", "2020-01-01").replace("30/06/2026", "1/1/2020")
        with pytest.raises(hs.InputError, match="2 have expired"):
            hs.analyse("no-such-file.csv", judgements=write(text))

    def test_wrong_kind(self) -> None:
        """Anything but a path or judgements is refused."""
        with pytest.raises(hs.InputError, match="Must be a path, or a list of Judgement"):
            hs.analyse("no-such-file.csv", judgements=[{"action": "pin"}])  # type: ignore[list-item]
