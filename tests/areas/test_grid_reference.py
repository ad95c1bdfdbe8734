"""Degrees, metres and grid references."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.areas import (
    from_grid_reference,
    national_grid_reference,
    to_longitude_latitude,
    to_national_grid,
)
from hotspots.errors import InputError

# The worked example of the Ordnance Survey: a point in Caister-on-Sea.
OS_LONGITUDE = 1 + 42 / 60 + 57.8663 / 3600
OS_LATITUDE = 52 + 39 / 60 + 28.8282 / 3600
OS_EASTING, OS_NORTHING = 651_409.804, 313_177.450


class TestByHand:
    """Corners and squares of the grid."""

    @pytest.mark.parametrize(
        ("x", "y", "reference"),
        [
            (0, 0, "SV 0000 0000"),  # the origin, south-west of Scilly
            (529_950, 180_400, "TQ 2995 8040"),
            (216_600, 771_200, "NN 1660 7120"),  # Ben Nevis
            (699_999.9, 1_299_999.9, "JM 9999 9999"),  # the last square
            (400_000, 500_000, "NZ 0000 0000"),
            (499_999, 500_000, "NZ 9999 0000"),
        ],
    )
    def test_letters(self, x: float, y: float, reference: str) -> None:
        """Each square of 100 km has its two letters."""
        assert national_grid_reference([x], [y]).tolist() == [reference]

    @pytest.mark.parametrize(
        ("digits", "reference"),
        [
            (2, "TQ 2 8"),
            (4, "TQ 29 80"),
            (6, "TQ 299 804"),
            (8, "TQ 2995 8040"),
            (10, "TQ 29957 80409"),
        ],
    )
    def test_digits(self, digits: int, reference: str) -> None:
        """Digits are cut off, not rounded, and leading zeros stay."""
        assert national_grid_reference([529_957.9], [180_409.9], digits=digits)[0] == reference
        assert national_grid_reference([500_001], [100_001], digits=4)[0] == "TQ 00 00"


class TestEdges:
    """Missing, empty and off the grid."""

    def test_missing(self) -> None:
        """NaN in either coordinate gives NaN in both."""
        for convert in (to_national_grid, to_longitude_latitude):
            x, y = convert([np.nan, 0.0, np.nan], [51.5, np.nan, np.nan])
            assert np.isnan(x).all()
            assert np.isnan(y).all()

    def test_empty(self) -> None:
        """No points give no points."""
        for convert in (to_national_grid, to_longitude_latitude):
            x, y = convert([], [])
            assert x.shape == y.shape == (0,)
        assert national_grid_reference([], []).tolist() == []

    def test_outside(self) -> None:
        """Paris, New York and impossible degrees are not in Great Britain."""
        easting, northing = to_national_grid([2.35, -74.0, 500.0, np.inf], [48.85, 40.7, 99, 0])
        assert np.isnan(easting).all()
        assert np.isnan(northing).all()

    def test_shape_is_kept(self) -> None:
        """Arrays of two dimensions, strided arrays and whole numbers are taken as they are."""
        easting, _ = to_national_grid([[0, -1], [-2, -3]], [[51, 52], [53, 54]])
        assert easting.shape == (2, 2)
        strided = np.array([-0.1, 9.0, -0.2, 9.0])[::2]
        np.testing.assert_array_equal(
            to_national_grid(strided, [51.5, 51.5]), to_national_grid([-0.1, -0.2], [51.5, 51.5])
        )

    def test_no_reference(self) -> None:
        """Points off the grid, and missing points, have no reference."""
        x = [700_000, -1, 0, 0, np.nan, np.inf]
        y = [0, 0, 1_300_000, -0.1, 0, 0]
        assert national_grid_reference(x, y).tolist() == [None] * 6


class TestReference:
    """The worked example in the Ordnance Survey's guide to coordinate systems."""

    def test_to_grid(self) -> None:
        """52°39'28.8282"N 1°42'57.8663"E is 651409.804, 313177.450, to a centimetre."""
        easting, northing = to_national_grid([OS_LONGITUDE], [OS_LATITUDE])
        assert easting[0] == pytest.approx(OS_EASTING, abs=0.01)
        assert northing[0] == pytest.approx(OS_NORTHING, abs=0.01)

    def test_to_degrees(self) -> None:
        """And back, to 1e-7 degrees, which is a centimetre."""
        longitude, latitude = to_longitude_latitude([OS_EASTING], [OS_NORTHING])
        assert longitude[0] == pytest.approx(OS_LONGITUDE, abs=1e-7)
        assert latitude[0] == pytest.approx(OS_LATITUDE, abs=1e-7)

    def test_grid_reference(self) -> None:
        """The same point is TG 51409 13177."""
        reference = national_grid_reference([OS_EASTING], [OS_NORTHING], digits=10)
        assert reference[0] == "TG 51409 13177"


class TestRelations:
    """What holds for every point of London."""

    @given(
        x=st.floats(500_000, 565_000, allow_nan=False),
        y=st.floats(155_000, 202_000, allow_nan=False),
    )
    def test_round_trip(self, x: float, y: float) -> None:
        """There and back again ends within 5 mm."""
        back = to_national_grid(*to_longitude_latitude([x], [y]))
        np.testing.assert_allclose(np.ravel(back), [x, y], rtol=0, atol=0.005)

    @given(
        x=st.floats(0, 699_999, allow_nan=False),
        y=st.floats(0, 1_299_999, allow_nan=False),
    )
    def test_reference_holds_point(self, x: float, y: float) -> None:
        """The digits give the corner of the square of 10 m that holds the point."""
        _, east, north = national_grid_reference([x], [y])[0].split()
        assert 0 <= x % 100_000 - 10 * int(east) < 10
        assert 0 <= y % 100_000 - 10 * int(north) < 10


class TestMessages:
    """Mistakes are explained."""

    def test_digits(self) -> None:
        """An odd number of digits is refused."""
        with pytest.raises(InputError, match=r"^Invalid digits '7'\. Must be one of 2, 4, 6, 8"):
            national_grid_reference([0], [0], digits=7)

    def test_lengths(self) -> None:
        """Lists of different length are refused by all three."""
        with pytest.raises(InputError, match=r"Invalid longitude and latitude of shapes \(1,\)"):
            to_national_grid([0], [51, 52])
        with pytest.raises(InputError, match=r"Invalid easting and northing of shapes \(2,\)"):
            to_longitude_latitude([0, 1], [51])
        with pytest.raises(InputError, match="Must be of the same shape"):
            national_grid_reference([0], [])


def test_reference_and_back() -> None:
    """A reference read back is the middle of its square of 10 m."""
    easting = np.array([530_268.2, 12.0, 699_999.0])
    northing = np.array([179_640.5, 8.0, 1_299_999.0])
    texts = national_grid_reference(easting, northing)
    for x, y, text in zip(easting, northing, texts, strict=True):
        back = from_grid_reference(text)
        assert back == (x // 10 * 10 + 5, y // 10 * 10 + 5)
        assert from_grid_reference(text.replace(" ", "").lower()) == back


@pytest.mark.parametrize("text", ["", "TQ", "TQ 123", "T1 12 12", "IQ 12 12", "High Street"])
def test_not_a_reference(text: str) -> None:
    """What is no reference is refused with an example."""
    with pytest.raises(InputError, match="Invalid grid reference"):
        from_grid_reference(text)
