"""The mapping file: what it may say, how it is written, and what is wrong with a bad one."""

import dataclasses
import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError, OutputError
from hotspots.incidents.codes import load_codes
from hotspots.incidents.layouts import LAYOUTS, MANY, PARTS
from hotspots.incidents.mapping import (
    FORMAT,
    Mapping,
    allowed_meanings,
    plain_text,
    write_mapping,
)

FILE = """
format = "hotspots mapping 1"
layout = "own"          # nothing is guessed
crs = "EPSG:3857"
date_order = "month-first"
layer = "Sheet 2"
noun = "noise complaints"

[columns]
start = "Call Time"
easting = "X"
northing = "Y"
codes = ["Op 1", "Op 2"]

[codes]
"Loud music" = "Noise"
Party = "211"
"ASB (personal)" = "personal"
"Test call" = "excluded"
Burglary = "not_asb"
"""

# Names of columns and words of a file: anything that UTF-8 can hold.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
WORDS = TEXTS.filter(lambda text: plain_text(text) != "")


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a mapping file and return its path."""
    path = folder / "calls.mapping.toml"
    path.write_bytes(text.encode(encoding))
    return path


class TestByHand:
    """A file with everything in it."""

    def test_file(self, tmp_path: Path) -> None:
        """Every key is read; codes become three digits or a special word."""
        mapping = Mapping.from_toml(write(tmp_path, FILE))
        assert mapping.layout == "own"
        assert mapping.crs == "EPSG:3857"
        assert mapping.date_order == "month-first"
        assert mapping.layer == "Sheet 2"
        assert mapping.noun == "noise complaints"
        assert mapping.columns["start"] == ("Call Time",)
        assert mapping.columns["codes"] == ("Op 1", "Op 2")
        assert mapping.meanings() == {
            "loud music": "211",
            "party": "211",
            "asb (personal)": "214",
            "test call": "excluded",
            "burglary": "not_asb",
        }

    def test_written_file(self) -> None:
        """The file is written with a reason behind each line, and lines that do not count yet."""
        mapping = Mapping(
            layout="own", columns={"start": "When", "codes": ("A", "B")}, codes={"Loud": "Noise"}
        )
        text = mapping.to_toml(
            comments={
                "columns.start": "98 % of the values are dates\nand times",
                "codes.Loud": "12 rows",
            },
            heading=["Look here."],
            proposals=[
                ("", "date_order", "day-first", "is it so?"),
                ("columns", "end", "Until", "is it the end?"),
                ("codes", 'Say "no"', "", "3 rows: which code?"),
            ],
        )
        assert text == (
            "# Look here.\n"
            "\n"
            'format = "hotspots mapping 1"\n'
            'layout = "own"\n'
            '# date_order = "day-first"  # is it so?\n'
            "\n"
            "[columns]\n"
            'start = "When"  # 98 % of the values are dates and times\n'
            'codes = ["A", "B"]\n'
            '# end = "Until"  # is it the end?\n'
            "\n"
            "[codes]\n"
            '"Loud" = "Noise"  # 12 rows\n'
            '# "Say \\"no\\"" = ""  # 3 rows: which code?\n'
        )

    def test_proposals_count_without_the_mark(self, tmp_path: Path) -> None:
        """Taking the # away makes a proposed line count."""
        text = Mapping().to_toml(proposals=[("columns", "end", "Until", "is it?")])
        assert Mapping.from_toml(write(tmp_path, text)).columns == {}
        text = text.replace("# end", "end")
        assert Mapping.from_toml(write(tmp_path, text)).columns == {"end": ("Until",)}

    def test_saved_file(self, tmp_path: Path) -> None:
        """A mapping is written and read back; an existing file is replaced only if told so."""
        mapping = Mapping(columns={"start": "é"})
        path = mapping.save(tmp_path / "a.toml")
        assert Mapping.from_toml(path) == mapping
        with pytest.raises(OutputError, match="there already, and may hold corrections"):
            mapping.save(path)
        Mapping().save(path, replace=True)
        assert Mapping.from_toml(path) == Mapping()
        assert [file.name for file in tmp_path.iterdir()] == ["a.toml"]


class TestOptions:
    """Saying more than the file says."""

    def test_options_overrule(self) -> None:
        """What is given overrules, what is None stays."""
        mapping = Mapping(crs="EPSG:3857", layer="a", columns={"start": "T"})
        more = mapping.with_options(crs=None, layer="b", columns={"id": "Ref"})
        assert (more.crs, more.layer) == ("EPSG:3857", "b")
        assert more.columns == {"start": ("T",), "id": ("Ref",)}
        assert mapping.with_options() == mapping

    def test_other_ways_are_replaced(self) -> None:
        """Another way of saying when or where replaces the first; half of a pair does not."""
        mapping = Mapping(columns={"start": "T", "easting": "X", "northing": "Y"})
        assert set(mapping.with_columns({"date": "D"}).columns) == {"date", "easting", "northing"}
        assert set(mapping.with_columns({"geometry": "G"}).columns) == {"start", "geometry"}
        assert mapping.with_columns({"easting": "E"}).columns == {
            "start": ("T",),
            "easting": ("E",),
            "northing": ("Y",),
        }
        clock = mapping.with_columns({"date": "D"}).with_columns({"time": "C"})
        assert {"date", "time"} <= set(clock.columns)


class TestEdges:
    """Encodings, spellings, nothing at all."""

    def test_empty(self) -> None:
        """An empty mapping says nothing."""
        assert Mapping() == Mapping.from_dict({})
        assert Mapping().meanings() == {}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_byte_order_mark(self, tmp_path: Path, encoding: str) -> None:
        """A file from a Windows editor may begin with a mark, and end its lines with two."""
        text = FILE.replace("\n", "\r\n").strip()
        assert Mapping.from_toml(write(tmp_path, text, encoding)).crs == "EPSG:3857"

    def test_spelling_of_meanings(self) -> None:
        """Meanings may be written in any case, and with spaces round them."""
        mapping = Mapping(codes={" Loud ": " noise ", "x": "NOT_ASB", "y": "Personal"})
        assert mapping.meanings() == {"loud": "211", "x": "not_asb", "y": "214"}

    def test_every_meaning(self) -> None:
        """All codes, the three types, the thirteen headings and three special words are allowed."""
        assert len(allowed_meanings()) == 3 + 13 + 3
        codes = {word: word for word in [*allowed_meanings(), *load_codes()]}
        assert set(Mapping(codes=codes).meanings().values()) == {
            *load_codes(),
            "excluded",
            "police_generated",
            "not_asb",
        }

    def test_one_text_twice(self) -> None:
        """A text in two cases may be there twice, with one meaning."""
        assert Mapping(codes={"A": "211", "a ": "Noise"}).meanings() == {"a": "211"}

    def test_plain_form(self) -> None:
        """A mapping can be sent to another process, and its dictionary to JSON."""
        mapping = Mapping(columns={"start": "T", "codes": ["A"]}, codes={"x": "211"}, crs="27700")
        assert pickle.loads(pickle.dumps(mapping)) == mapping  # noqa: S301 (our own)
        assert dataclasses.replace(mapping) == mapping
        assert mapping.to_dict() == {
            "format": FORMAT,
            "layout": "auto",
            "crs": "27700",
            "columns": {"start": "T", "codes": ["A"]},
            "codes": {"x": "211"},
        }
        assert Mapping.from_dict(mapping.to_dict()) == mapping

    def test_a_sheet_called_auto(self) -> None:
        """A word that means "by itself" elsewhere is a name like others here."""
        mapping = Mapping(layer="auto", noun="auto", crs="auto")
        assert Mapping.from_dict(tomllib.loads(mapping.to_toml())) == mapping

    def test_inputs_are_not_kept(self) -> None:
        """Changing what was given does not change the mapping."""
        columns = {"start": "T"}
        mapping = Mapping(columns=columns)
        columns["start"] = "U"
        assert mapping.columns == {"start": ("T",)}


class TestRelations:
    """What must hold for any text."""

    @given(
        st.dictionaries(st.sampled_from(sorted(set(PARTS) - MANY)), TEXTS),
        st.dictionaries(st.sampled_from(sorted(MANY)), st.lists(TEXTS, min_size=1, max_size=3)),
        st.dictionaries(WORDS, st.sampled_from([*allowed_meanings(), "209"]), max_size=5).filter(
            lambda codes: len(set(map(plain_text, codes))) == len(codes)
        ),
        st.sampled_from(["auto", *LAYOUTS]),
        st.one_of(st.none(), WORDS),
        TEXTS,
    )
    def test_written_and_read(
        self,
        one: dict[str, str],
        many: dict[str, list[str]],
        codes: dict[str, str],
        layout: str,
        text: str | None,
        comment: str,
    ) -> None:
        """What is written is read back, with quotes, backslashes, line ends and anything else."""
        mapping = Mapping(
            layout=layout, columns={**one, **many}, codes=codes, crs=text, layer=text, noun=text
        )
        keys = [f"columns.{part}" for part in (*one, *many)] + [f"codes.{key}" for key in codes]
        written = mapping.to_toml(
            comments=dict.fromkeys(["layout", *keys], comment),
            heading=[comment],
            proposals=[("codes", comment, comment, comment)],
        )
        assert Mapping.from_dict(tomllib.loads(written)) == mapping
        assert tomllib.loads(written) == mapping.to_dict()
        written.encode("utf-8")

    @given(WORDS)
    def test_case_does_not_matter(self, word: str) -> None:
        """A word means the same with other spaces round it."""
        assert (
            Mapping(codes={word: "211"}).meanings()
            == Mapping(codes={f"  {word}\t": "Noise"}).meanings()
        )


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"colums": {}}, r"Unknown key 'colums' in the mapping.*Did you mean 'columns'\?"),
            ({"start": "T"}, r"Unknown key 'start'.*Put the line below \[columns\]"),
            (
                {"format": "hotspots mapping 9"},
                "Must be 'hotspots mapping 1'. It may be of another",
            ),
            ({"layout": "cads"}, r"Invalid layout 'cads'.*Did you mean 'cad'\?"),
            ({"date_order": "us"}, "Must be one of auto, day-first, month-first"),
            ({"date_order": "day first"}, r"Did you mean 'day-first'\?"),
            ({"crs": 27700}, "Invalid crs '27700'. Must be a text in quotes"),
            ({"crs": " "}, "Invalid crs ' '"),
            ({"layer": []}, "Invalid layer"),
            ({"noun": 3}, "Invalid noun"),
            ({"columns": "start"}, r"Must be a table. Write \[columns\] above its lines"),
            ({"columns": {"strat": "T"}}, r"Invalid part in \[columns\] 'strat'.*mean 'start'\?"),
            ({"columns": {"start": 3}}, r"Invalid columns\['start'\] '3'. Must be a column name"),
            ({"columns": {"start": ["A", "B"]}}, "Invalid columns.'start'. 'A, B'"),
            ({"columns": {"start": []}}, "Leave the line out if no column plays start"),
            ({"columns": {"codes": []}}, r'or a list of them, such as \["OP01", "OP02"\]'),
            ({"columns": {"codes": ["A", 3]}}, r"Invalid columns\['codes'\] 'A, 3'"),
            ({"codes": {"Loud": "Noisy"}}, r"Invalid codes\['Loud'\] 'Noisy'.*mean 'Noise'\?"),
            ({"codes": {"Loud": ""}}, "Must be a three-digit code .* or one of personal, nuisance"),
            ({"codes": {"Loud": "999"}}, "a three-digit code of the page 'Codes', such as '209'"),
            ({"codes": {"Loud": 209}}, 'Write it in quotes: "209"'),
            ({"codes": {"Loud": {"music": "209"}}}, r"Invalid codes\['Loud'\]"),
            ({"codes": {" ": "209"}}, r"Invalid text in \[codes\] ' '"),
            ({"codes": {"A": "209", "a": "211"}}, "the same as for the same text in other case"),
            ({"columns": {"start": "\ud800"}}, r"'\\ud800'. Must be text that UTF-8 can hold"),
        ],
    )
    def test_bad_value(self, values: dict[str, Any], message: str) -> None:
        """Each bad value is named with what is allowed."""
        with pytest.raises(InputError, match=message):
            Mapping.from_dict(values)

    def test_no_mapping(self) -> None:
        """Something that is no mapping at all is refused."""
        with pytest.raises(InputError, match="Must be keys and values"):
            Mapping.from_dict([])  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('[columns]\nstart = "T"\n', "does not say its format. Must have a line 'format = "),
            ('format = "hotspots mapping 1"\n[columns]\nstart = T\n', r"not valid TOML: .*line 3"),
            ('format = "x"\n', r"Cannot use the mapping '.*toml'\. Invalid format 'x'"),
        ],
    )
    def test_bad_file(self, tmp_path: Path, text: str, message: str) -> None:
        """A file that cannot be used is named, with the line where it stops."""
        with pytest.raises(InputError, match=message):
            Mapping.from_toml(write(tmp_path, text))

    def test_unreadable_file(self, tmp_path: Path) -> None:
        """A missing file, a folder and another encoding are said as such."""
        with pytest.raises(
            InputError, match=r"Cannot read the mapping '.*none.toml': No such file"
        ):
            Mapping.from_toml(tmp_path / "none.toml")
        with pytest.raises(InputError, match="Cannot read the mapping"):
            Mapping.from_toml(tmp_path)
        with pytest.raises(InputError, match="is not text. Must be in UTF-8"):
            Mapping.from_toml(write(tmp_path, FILE, "utf-16"))

    def test_unwritable_place(self, tmp_path: Path) -> None:
        """A folder that does not exist is refused, and nothing is left behind."""
        with pytest.raises(OutputError, match="Must be a file in an existing folder"):
            write_mapping("", tmp_path / "none" / "a.toml")
        assert list(tmp_path.iterdir()) == []
