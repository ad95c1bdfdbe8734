"""The shipped borough boundaries."""

import hashlib
from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs
from hotspots.tables import AREAS

ROOT = Path(__file__).resolve().parents[2]

# Published hectares, with tidal water, and of these tidal water: attributes HECTARES and
# NONLD_AREA of the object `lnd` of spData 2.2.1.
PUBLISHED = {
    "E09000001": (314.942, 24.546),
    "E09000002": (3779.934, 169.150),
    "E09000003": (8674.837, 0.0),
    "E09000004": (6428.649, 370.619),
    "E09000005": (4323.270, 0.0),
    "E09000006": (15013.487, 0.0),
    "E09000007": (2178.932, 0.0),
    "E09000008": (8649.441, 0.0),
    "E09000009": (5554.428, 0.0),
    "E09000010": (8220.025, 0.0),
    "E09000011": (5044.190, 310.785),
    "E09000012": (1904.902, 0.0),
    "E09000013": (1715.409, 75.648),
    "E09000014": (2959.837, 0.0),
    "E09000015": (5046.330, 0.0),
    "E09000016": (11445.735, 210.763),
    "E09000017": (11570.063, 0.0),
    "E09000018": (5658.541, 60.755),
    "E09000019": (1485.664, 0.0),
    "E09000020": (1238.379, 25.994),
    "E09000021": (3726.117, 0.0),
    "E09000022": (2724.940, 43.927),
    "E09000023": (3531.706, 16.795),
    "E09000024": (3762.466, 0.0),
    "E09000025": (3857.806, 237.637),
    "E09000026": (5644.225, 2.300),
    "E09000027": (5876.111, 135.443),
    "E09000028": (2991.340, 105.139),
    "E09000029": (4384.698, 0.0),
    "E09000030": (2157.501, 179.707),
    "E09000031": (3880.793, 0.0),
    "E09000032": (3522.022, 95.600),
    "E09000033": (2203.005, 54.308),
}


@pytest.fixture(scope="module")
def boroughs() -> gpd.GeoDataFrame:
    """Give the boroughs and the City."""
    return hs.load_boroughs(city=True)


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    """Give the published areas in square metres."""
    columns = ["area_m2", "tidal_m2"]
    return pd.DataFrame.from_dict(PUBLISHED, orient="index", columns=columns) * 10_000


class TestByHand:
    """What anybody can look up."""

    def test_codes(self, boroughs: gpd.GeoDataFrame) -> None:
        """There are 33 codes, E09000001 to E09000033, in order."""
        assert boroughs.index.tolist() == [f"E090000{number:02d}" for number in range(1, 34)]
        assert boroughs.index.name == "area_id"

    @pytest.mark.parametrize(
        ("x", "y", "name"),
        [
            (530_000, 180_400, "Westminster"),  # Trafalgar Square
            (531_950, 181_150, "City of London"),  # St Paul's
            (538_880, 177_320, "Greenwich"),  # the observatory
            (507_500, 175_700, "Hillingdon"),  # Heathrow
        ],
    )
    def test_landmarks(self, boroughs: gpd.GeoDataFrame, x: float, y: float, name: str) -> None:
        """Landmarks lie in their borough."""
        inside = boroughs[boroughs.covers(shapely.Point(x, y))]
        assert inside["name"].tolist() == [name]

    def test_city_is_optional(self) -> None:
        """By default the City is left out: 32 boroughs."""
        boroughs = hs.load_boroughs()
        assert len(boroughs) == 32
        assert "City of London" not in set(boroughs["name"])

    def test_bridges_belong_somewhere(self, boroughs: gpd.GeoDataFrame) -> None:
        """The middle of the river at Westminster Bridge and of the Thames Barrier is in London."""
        for x, y in ((530_460, 179_650), (541_560, 179_560)):
            assert boroughs.covers(shapely.Point(x, y)).sum() == 1


class TestEdges:
    """Schema, copies and files."""

    def test_schema(self, boroughs: gpd.GeoDataFrame) -> None:
        """The table is a valid areas table in metres."""
        AREAS.validate(boroughs)
        assert list(boroughs.columns) == ["name", "geometry"]

    def test_fresh_copy(self) -> None:
        """Changing what was loaded does not change what is loaded next."""
        boroughs = hs.load_boroughs()
        boroughs["name"] = "changed"
        assert hs.load_boroughs()["name"].iloc[0] == "Barking and Dagenham"

    def test_decimetres(self, boroughs: gpd.GeoDataFrame) -> None:
        """Coordinates are multiples of 0.1 m."""
        xy = shapely.get_coordinates(boroughs.geometry.to_numpy())
        assert (xy == np.round(xy, 1)).all()

    def test_checksum(self) -> None:
        """The shipped file is the one that the source note describes, and is small."""
        content = (
            resources.files("hotspots.areas") / "data" / "london_boroughs.parquet"
        ).read_bytes()
        sums = (ROOT / "boundaries" / "SHA256SUMS").read_text(encoding="utf-8")
        assert hashlib.sha256(content).hexdigest() in sums
        assert len(content) < 400_000

    def test_licence_names_its_sources(self) -> None:
        """The licence carries the attribution that the data require."""
        licence = (ROOT / "boundaries" / "LICENCE.md").read_text(encoding="utf-8")
        text = " ".join(licence.replace(">", "").split())
        assert (
            "Contains National Statistics data © Crown copyright and database right; Contains "
            "Ordnance Survey data © Crown copyright and database right; Open Government Licence v3"
        ) in text


class TestTopology:
    """Every spot of London is in one borough."""

    def test_coverage(self, boroughs: gpd.GeoDataFrame) -> None:
        """Edges are shared vertex by vertex."""
        polygons = boroughs.geometry.to_numpy()
        assert shapely.is_valid(polygons).all()
        assert shapely.coverage_is_valid(polygons)

    def test_no_overlap(self, boroughs: gpd.GeoDataFrame) -> None:
        """The areas add up to the area of the union."""
        assert boroughs.area.sum() == pytest.approx(boroughs.union_all().area, abs=1)

    def test_no_gap(self, boroughs: gpd.GeoDataFrame) -> None:
        """The union is one polygon without holes, and each borough is in one part."""
        london = boroughs.union_all()
        assert london.geom_type == "Polygon"
        assert len(london.interiors) == 0
        assert set(boroughs.geom_type) == {"Polygon"}


class TestReference:
    """Published areas, and the boundaries of another publisher."""

    def test_land_only(self, boroughs: gpd.GeoDataFrame, published: pd.DataFrame) -> None:
        """Boroughs without tidal water have their published area to 0.001 %."""
        dry = published.index[published["tidal_m2"] == 0]
        assert len(dry) == 16
        ratio = boroughs.area[dry] / published.loc[dry, "area_m2"]
        np.testing.assert_allclose(ratio, 1, atol=1e-5)

    def test_with_river(self, boroughs: gpd.GeoDataFrame, published: pd.DataFrame) -> None:
        """With a part of the river, 12 of 17 are within 0.13 % and all within 0.8 %.

        The line of equal distance is not the legal line: see boundaries/README.md.
        """
        wet = published.index[published["tidal_m2"] > 0]
        error = (boroughs.area[wet] / published.loc[wet, "area_m2"] - 1).abs()
        assert len(wet) == 17
        assert (error < 0.0013).sum() == 12
        assert error.max() < 0.008

    def test_total(self, boroughs: gpd.GeoDataFrame, published: pd.DataFrame) -> None:
        """London as a whole has its published area to 0.05 %."""
        assert boroughs.area.sum() / published["area_m2"].sum() == pytest.approx(1, abs=5e-4)

    @pytest.mark.acceptance
    def test_greater_london_authority(self, boroughs: gpd.GeoDataFrame, shared_data: Path) -> None:
        """The boundaries agree with those of the Greater London Authority, river included."""
        path = shared_data / "boundaries" / "london_boroughs_gla_27700.gpkg"
        other = hs.read_areas(path).geometry.reindex(boroughs.index)
        overlap = boroughs.intersection(other).area / boroughs.union(other).area
        assert overlap.min() > 0.9885  # the City, because of Blackfriars Bridge
        assert overlap.nsmallest(2).iloc[1] > 0.99
        assert overlap.median() > 0.9999

    @pytest.mark.acceptance
    def test_source(self, boroughs: gpd.GeoDataFrame, shared_data: Path) -> None:
        """Away from the river no boundary moved by more than the stated 1.6 m."""
        path = shared_data / "boundaries" / "london_boroughs_spdata_27700.gpkg"
        source = hs.read_areas(path).geometry.reindex(boroughs.index)
        dry = [code for code, (_, tidal) in PUBLISHED.items() if tidal == 0]
        moved = shapely.hausdorff_distance(
            boroughs.boundary[dry].to_numpy(), source.boundary[dry].to_numpy()
        )
        assert moved.max() < 1.6
