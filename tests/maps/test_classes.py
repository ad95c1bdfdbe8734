"""Colour classes: breaks, labels, colours."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hotspots.maps.classes import PALETTE, classify_expected, make_classes, text_colour

expected_values = st.lists(st.floats(0, 50, allow_nan=False), min_size=1, max_size=60)

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
SEEN_AS = {
    "by most": np.eye(3),
    "without red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "without green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def luminance(colour: str, seen_as: str = "by most") -> float:
    """Give the relative luminance (WCAG 2) of a colour, 0–1."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return float(np.clip(SEEN_AS[seen_as] @ linear, 0, 1) @ [0.2126, 0.7152, 0.0722])


class TestByHand:
    """Answers worked out by hand."""

    def test_ten_values(self) -> None:
        """Ten different values give five classes of two."""
        values = pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        # Position of the 20th percentile: 0.2 × 9 = 1.8, the next value is the third; and so on.
        classes = make_classes(values)
        assert classes.breaks == (3.0, 5.0, 7.0, 9.0)
        assert classes.labels == (
            "under 3.0",
            "3.0 to under 5.0",
            "5.0 to under 7.0",
            "7.0 to under 9.0",
            "9.0 or more",
        )
        assert classes.colours == PALETTE
        assert list(classify_expected(values, classes)) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]

    def test_small_values_have_two_decimals(self) -> None:
        """With a median under 1, one decimal would throw most classes together."""
        classes = make_classes(pd.Series([0.11, 0.12, 0.13, 0.14, 0.15]))
        assert classes.decimals == 2
        assert classes.shown(0.128) == "0.13"


class TestEdges:
    """On a break, one value, none."""

    def test_value_on_a_break(self) -> None:
        """A value on a break belongs to the class above it."""
        classes = make_classes(pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
        assert list(classify_expected(pd.Series([2.9, 3.0]), classes)) == [0, 1]

    def test_class_follows_the_number_that_is_shown(self) -> None:
        """A value that is shown as the break is classed as the break."""
        classes = make_classes(pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
        assert classes.shown(2.96) == "3.0"
        assert list(classify_expected(pd.Series([2.96]), classes)) == [1]

    def test_one_value(self) -> None:
        """One hotspot is one class, labelled with its value."""
        classes = make_classes(pd.Series([1.4]))
        assert (classes.breaks, classes.labels) == ((), ("1.4",))

    def test_two_values(self) -> None:
        """Two hotspots are two classes, in the palest and the darkest colour."""
        classes = make_classes(pd.Series([1.0, 3.0]))
        assert classes.labels == ("under 3.0", "3.0 or more")
        assert classes.colours == (PALETTE[0], PALETTE[-1])

    def test_no_value(self) -> None:
        """Without hotspots there are no classes."""
        assert make_classes(pd.Series([], dtype=float)).labels == ()

    def test_many_ties(self) -> None:
        """Equal values share a class, and no class is empty."""
        values = pd.Series([1.0, 1.0, 5.0, 5.0])
        classes = make_classes(values)
        assert list(classify_expected(values, classes)) == [0, 0, 1, 1]


class TestPalette:
    """The colours can be told apart."""

    def test_darker_means_more_for_all_readers(self) -> None:
        """Each step is clearly darker, also without red or green, and in grey."""
        for seen_as in SEEN_AS:
            steps = [luminance(colour, seen_as) + 0.05 for colour in PALETTE]
            ratios = [pale / dark for pale, dark in itertools.pairwise(steps)]
            assert min(ratios) > 1.35, (seen_as, ratios)

    def test_numbers_on_pins_are_legible(self) -> None:
        """Text on each colour has the contrast that WCAG asks for (4.5)."""
        for colour in PALETTE:
            text = luminance("#ffffff" if text_colour(colour) == "#fff" else "#111111")
            pale, dark = sorted((text + 0.05, luminance(colour) + 0.05), reverse=True)
            assert pale / dark > 4.5, colour


class TestRelations:
    """What holds for all values."""

    @given(expected_values)
    def test_order_is_kept(self, numbers: list[float]) -> None:
        """A higher class never has a lower value, and the order of rows does not matter."""
        values = pd.Series(numbers)
        classes = make_classes(values)
        levels = classify_expected(values, classes)
        assert levels.loc[values.sort_values().index].is_monotonic_increasing
        assert make_classes(values.iloc[::-1]) == classes

    @given(expected_values)
    def test_every_class_is_used(self, numbers: list[float]) -> None:
        """The legend names no colour that is not on the map, and none is missing."""
        values = pd.Series(numbers)
        classes = make_classes(values)
        used = set(classify_expected(values, classes))
        assert used == set(range(len(classes.labels)))
        assert len(set(classes.colours)) == len(classes.labels)

    @given(expected_values)
    def test_shown_number_agrees_with_the_label(self, numbers: list[float]) -> None:
        """A reader who compares the number in the popup with the legend finds the colour right."""
        values = pd.Series(numbers)
        classes = make_classes(values)
        for value, level in zip(values, classify_expected(values, classes), strict=True):
            shown, label = float(classes.shown(value)), classes.labels[level]
            ends = [float(end) for end in re.findall(r"[\d.]+", label)]
            if label.startswith("under"):
                assert shown < ends[0]
            elif label.endswith("or more"):
                assert shown >= ends[0]
            elif "under" in label:
                assert ends[0] <= shown < ends[1]
            else:
                assert ends[0] <= shown <= ends[-1]
