"""The model card: every field, every open question, the same in JSON and Markdown, no person."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hotspots as hs
from hotspots.errors import InputError
from hotspots.model_card.card import _plain
from hotspots.model_card.facts import _SAME
from hotspots.model_card.fields import FIELDS, SCHEMA, SECTIONS
from hotspots.products import spread_of
from hotspots.settings import HotspotSettings, Settings

JUDGEMENT = """
[[judgement]]
action = "rename"
at = "{place}"
name = "The arcade"
reason = "Mrs Example of 12 Sample Street asked for it"
author = "Ann Author"
expires = 2099-01-01
"""


@pytest.fixture(scope="module")
def run() -> hs.Analysis:
    """Give an analysis of one borough."""
    calls = hs.simulate_incidents(4000, boroughs=["Camden"], rng=1).incidents
    return hs.analyse(calls, boroughs=["Camden"], progress=False)


def card_of(run: hs.Analysis, **options: Any) -> hs.ModelCard:
    """Make its card."""
    return hs.make_card(run, spread_of(run), **options)


def text_of(markdown: str) -> str:
    """Take Markdown's marks off again."""
    return re.sub(r"\\([<>\[\]*_`|#+\-\\])", r"\1", markdown)


class TestFields:
    """What is filled in, what is open, and by whom."""

    def test_every_field_is_filled_or_asked(self, run: hs.Analysis) -> None:
        """No field is empty: the run knows it, or somebody is asked."""
        fields = [field for part in card_of(run).sections.values() for field in part]
        assert [field.key for field in fields] == list(FIELDS)
        for field in fields:
            assert field.text or field.question, field.key
            assert not field.question or (field.by and field.question.rstrip(".").strip())

    def test_keys(self) -> None:
        """The keys of the standard are there, each once."""
        assert sum(len(part) for part in SECTIONS.values()) == len(FIELDS)
        needed = (
            "name description website contact_email organisation team senior_responsible_owner "
            "external_supplier_involvement detailed_description scope benefit previous_process "
            "alternatives_considered process_integration provided_information "
            "frequency_and_scale_of_usage human_decisions_and_review required_training "
            "appeals_and_review system_architecture phase maintenance models model_name "
            "model_version model_task model_input model_output model_architecture "
            "model_performance source_data_name data_modality data_description data_quantities "
            "sensitive_attributes data_completeness_and_representativeness source_data_url "
            "data_collection data_cleaning data_sharing_agreements data_access_and_storage "
            "impact_assessments risks"
        )
        assert set(needed.split()) <= set(FIELDS)
        assert set(_SAME) <= set(FIELDS)

    def test_placeholders_are_named(self, run: hs.Analysis) -> None:
        """Every open question stands in the Markdown, with who answers, and in the list of JSON."""
        card = card_of(run)
        asked = [key for key, field in FIELDS.items() if field.question]
        assert [field.key for field in card.to_fill_in] == asked
        assert json.loads(card.to_json())["to_fill_in"] == asked
        markdown = card.to_markdown()
        assert markdown.count("**To be filled in by ") == len(asked)
        assert f"{len(asked)} of {len(FIELDS)} fields are still to be filled in" in markdown

    def test_uses(self, run: hs.Analysis) -> None:
        """What it is not for, who is harmed, and how to challenge it."""
        markdown = card_of(run).to_markdown()
        for words in (
            "Not for: any score on a person",
            "evidence in court",
            "stop and search",
            "the sole ground for a decision",
            "Who is harmed if it is wrong",
            "analysis.explain(place)",
        ):
            assert words in markdown

    def test_settings(self, run: hs.Analysis) -> None:
        """What differs from the defaults is said."""
        said = dict(_texts(card_of(run)))["run_settings"]
        assert said.startswith("All at their defaults")
        other = replace(run, settings=Settings(hotspots=HotspotSettings(per_area=7, interval=0.8)))
        said = dict(_texts(card_of(other)))
        assert "hotspots.per_area = 7 (usual: 10)" in said["run_settings"]
        assert "a 80 % range" in said["model_output"]

    def test_rows(self, tmp_path: Path) -> None:
        """Where every row went, by reason, stands in the card."""
        made = hs.simulate_incidents(600, boroughs=["Camden"], rng=1).incidents
        table = made[["start", "channel"]].assign(x=made.geometry.x, y=made.geometry.y)
        table["start"] = table["start"].dt.strftime("%Y-%m-%d %H:%M")
        table = table.rename(columns={"start": "received"})
        table.iloc[:50, table.columns.get_loc("channel")] = "Officer initiated"
        table.iloc[50, table.columns.get_loc("received")] = "when?"
        path = tmp_path / "calls.csv"
        table.to_csv(path, index=False)
        read = hs.analyse(path, boroughs=["Camden"], progress=False)
        said = dict(_texts(card_of(read)))["data_quantities"]
        assert "600 rows were read, 549 accepted." in said
        assert "Out of scope: 50 police_generated." in said
        assert "Rejected: 1 bad_time." in said
        assert "Set aside because police activity generated them: 50." in said

    def test_track_record(self, run: hs.Analysis) -> None:
        """Without a last list its accuracy is not known; with one it is told."""
        assert "Not measured in this run" in card_of(run).to_markdown()
        calls = run.incidents.drop(columns="area_id", errors="ignore")
        is_early = calls["start"] < "2025-07-01"
        first = hs.analyse(calls[is_early], boroughs=["Camden"], progress=False)
        second = hs.analyse(calls[~is_early], boroughs=["Camden"], previous=first, progress=False)
        assert second.review is not None
        markdown = text_of(card_of(second).to_markdown())
        for sentence in second.review.words:
            assert " ".join(sentence.split()) in markdown
        assert "were on the last list by at least half" in markdown


def _texts(card: hs.ModelCard) -> list[tuple[str, str]]:
    return [(f.key, " ".join(f.text)) for part in card.sections.values() for f in part]


class TestText:
    """The two files say the same, always, and nothing of a person."""

    def test_same_in_both(self, run: hs.Analysis) -> None:
        """Every title, text, answer and question of the JSON is in the Markdown, in order."""
        card = card_of(run, card={"team": "Analysis *desk* <b>1</b>", "phase": "# A trial"})
        data = json.loads(card.to_json())
        assert data["schema"] == SCHEMA
        assert data["marking"] == "restricted"
        assert data["is_simulated"]
        markdown = text_of(card.to_markdown())
        assert "<b>" not in card.to_markdown().replace("\\<b\\>", "")
        at = 0
        for section in data["sections"]:
            parts = [section["title"]]
            for field in section["fields"]:
                parts += [f"{field['title']} (`{field['key']}`)", *field["text"]]
                parts += [field["answer"]] if field["answer"] else []
                parts += [field["to_fill_in"]["question"]] if field["to_fill_in"] else []
            for part in parts:
                found = markdown.find(" ".join(part.split()), at)
                assert found >= 0, part
                at = found
        n_titles = sum(1 + len(section["fields"]) for section in data["sections"])
        assert len(re.findall(r"^##+ ", card.to_markdown(), re.MULTILINE)) == n_titles

    def test_marks_are_escaped(self) -> None:
        """What a file says stays text: backslashes, too."""
        assert _plain("a\\*b <i>  c") == r"a\\\*b \<i\> c"
        assert _plain("# no title") == r"\# no title"

    def test_same_run_same_text(self, run: hs.Analysis) -> None:
        """No time of its making, no order of chance."""
        assert card_of(run).to_json() == card_of(run).to_json()
        assert card_of(run).to_markdown() == card_of(run).to_markdown()

    def test_marking(self, run: hs.Analysis) -> None:
        """The card says for whom it is."""
        assert "Marking: partner." in card_of(run, marking="partner").to_markdown()
        with pytest.raises(InputError, match="Invalid marking 'everybody'"):
            card_of(run, marking="everybody")

    @pytest.mark.parametrize("marking", ["restricted", "partner"])
    def test_nobody_is_named(self, run: hs.Analysis, tmp_path: Path, marking: str) -> None:
        """Neither the author nor the reason of a judgement, nor a caller."""
        path = tmp_path / "judgements.toml"
        place = run.found.members["place_id"].iloc[0]
        path.write_text(JUDGEMENT.format(place=place), "utf-8")
        calls = run.incidents.drop(columns="area_id", errors="ignore")
        judged = hs.analyse(calls, boroughs=["Camden"], judgements=path, progress=False)
        text = card_of(judged, marking=marking).to_json()
        assert "1 of 1 judgement applied (1 rename)" in text
        for word in ("Ann Author", "Mrs Example", "Sample Street"):
            assert word not in text
        for caller in calls["person_key"].dropna().unique()[:200]:
            assert str(caller) not in text


class TestAnswers:
    """What the organisation says."""

    def test_file(self, run: hs.Analysis, tmp_path: Path) -> None:
        """Answers take the place of questions; the others stay."""
        path = tmp_path / "card.toml"
        path.write_text('team = """Neighbourhood\nanalysis"""\nphase = "A trial"\n', "utf-8")
        assert hs.read_card_answers(path) == {"team": "Neighbourhood analysis", "phase": "A trial"}
        card = card_of(run, card=path)
        assert "The organisation says: Neighbourhood analysis" in card.to_markdown()
        open_keys = {field.key for field in card.to_fill_in}
        assert {"team", "phase"}.isdisjoint(open_keys)
        assert "organisation" in open_keys

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                'taem = "x"',
                "Invalid card 'taem'. Must be the key of a ques.*Did you mean 'team'",
            ),
            ('scope = "all"', "Invalid card 'scope'.*The run fills that field itself"),
            ("team = 3", r"Invalid card\['team'\] '3'. Must be a text, not empty"),
            ('team = " "', "Leave out what is open"),
            ("team = ", "Cannot read the answers for the model card.*Must be a TOML file"),
        ],
    )
    def test_bad_file(self, tmp_path: Path, text: str, message: str) -> None:
        """What is wrong with a file is said."""
        path = tmp_path / "card.toml"
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=message):
            hs.read_card_answers(path)

    def test_page(self, tmp_path: Path) -> None:
        """The example of the page is a file that is understood."""
        page = (Path(__file__).parents[1] / "docs" / "responsible-use.md").read_text("utf-8")
        (example,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        path = tmp_path / "card.toml"
        path.write_text(example, "utf-8")
        assert "appeals_and_review" in hs.read_card_answers(path)

    def test_no_file(self, run: hs.Analysis, tmp_path: Path) -> None:
        """A file that is not there, and what is none."""
        with pytest.raises(InputError, match=r"card.toml': No such file"):
            hs.read_card_answers(tmp_path / "card.toml")
        with pytest.raises(InputError, match="Invalid card 'int'"):
            card_of(run, card=3)


class TestFolder:
    """The card in the folder that is handed over."""

    def test_what_there_is(self, run: hs.Analysis, tmp_path: Path) -> None:
        """The card names the files of scores and victims, and the weights that ranked."""
        out = run.save(tmp_path / "out", victims=True)
        said = " ".join((out / "model_card.md").read_text("utf-8").split())
        for name in ("harm.csv", "spread.csv", "victims.csv"):
            assert name in said
            assert (out / name).exists()
        assert f"Harm weights '{run.scores.weights.name}'" in said

    @pytest.mark.parametrize("marking", ["restricted", "partner"])
    def test_saved(self, run: hs.Analysis, tmp_path: Path, marking: Any) -> None:
        """Card and spread lie beside the list, with their checksums in the manifest."""
        folder = run.save(tmp_path / "out", marking=marking, card={"team": "Analysis"})
        names = {"model_card.json", "model_card.md", "spread.csv"}
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        assert names <= set(manifest["files"])
        data = json.loads((folder / "model_card.json").read_text("utf-8"))
        assert (data["marking"], data["schema"]) == (marking, SCHEMA)
        assert "Analysis" in (folder / "model_card.md").read_text("utf-8")
        assert (folder / "spread.csv").read_text("utf-8-sig").startswith("spread_id,about,of,group")

    def test_replaced(self, run: hs.Analysis, tmp_path: Path) -> None:
        """The same run over its own folder writes the same card."""
        first = (run.save(tmp_path / "out") / "model_card.json").read_bytes()
        assert (run.save(tmp_path / "out") / "model_card.json").read_bytes() == first

    def test_bad_answer_writes_nothing(self, run: hs.Analysis, tmp_path: Path) -> None:
        """A slip in an answer is said before anything is written."""
        with pytest.raises(InputError, match="Did you mean 'team'"):
            run.save(tmp_path / "out", card={"taem": "x"})
        assert not (tmp_path / "out").exists()
