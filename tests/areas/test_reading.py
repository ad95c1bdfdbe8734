"""Files of areas."""

import json
import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import hotspots as hs
from hotspots.areas.columns import find_codes, find_names, find_population
from hotspots.errors import InputError
from hotspots.tables import AREAS

CRS = "EPSG:27700"
LEFT = shapely.box(530_000, 180_000, 531_000, 181_000)
RIGHT = shapely.box(531_000, 180_000, 532_000, 181_000)
BOW_TIE = shapely.Polygon(
    [(530_000, 180_000), (531_000, 181_000), (531_000, 180_000), (530_000, 181_000)]
)

_PARAMETERS = (
    'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",49],'
    'PARAMETER["central_meridian",-2],PARAMETER["scale_factor",0.999601272],'
    'PARAMETER["false_easting",400000],PARAMETER["false_northing",-100000],UNIT["metre",1]]'
)
_DEGREES = 'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
_AIRY = 'SPHEROID["Airy 1830",6377563.396,299.3249646]'
_SHIFT = f"{_AIRY},TOWGS84[446.448,-125.157,542.06,0.15,0.247,0.842,-20.489]"
GRID_IN_WORDS = [
    pyproj.CRS.from_epsg(27700).to_wkt("WKT1_ESRI"),
    f'PROJCS["unnamed",GEOGCS["unnamed",DATUM["unknown",{_AIRY}],{_DEGREES}{_PARAMETERS}',
    f'PROJCS["British_National_Grid",GEOGCS["OSGB",DATUM["OSGB_1936",{_SHIFT}],{_DEGREES}{_PARAMETERS}',
    "EPSG:7405",  # with heights
]


def save(
    path: Path,
    geometry: list[shapely.Geometry] | None = None,
    crs: object = CRS,
    **columns: list[object],
) -> Path:
    """Write a file with two areas."""
    columns = columns or {"WD24CD": ["E05000002", "E05000001"], "WD24NM": ["Right", "Left"]}
    frame = gpd.GeoDataFrame(columns, geometry=geometry or [RIGHT, LEFT], crs=crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


def table(**columns: list[object]) -> pd.DataFrame:
    """Give attributes."""
    return pd.DataFrame(columns)


class TestByHand:
    """Small files with a known content."""

    @pytest.mark.parametrize("kind", ["gpkg", "geojson", "shp", "parquet"])
    def test_formats(self, tmp_path: Path, kind: str) -> None:
        """Every format gives the same areas in the order of the file."""
        crs = 4326 if kind == "geojson" else CRS
        frame = gpd.GeoSeries([RIGHT, LEFT], crs=CRS).to_crs(crs)
        areas = hs.read_areas(save(tmp_path / f"wards.{kind}", list(frame), crs=crs))
        AREAS.validate(areas)
        assert areas.index.tolist() == ["E05000002", "E05000001"]
        assert areas.index.name == "area_id"
        assert areas["name"].tolist() == ["Right", "Left"]
        # A detour by degrees moves the square by the 2 m between PROJ's way and OSTN15.
        assert areas.geometry.iloc[0].hausdorff_distance(RIGHT) < (4 if crs == 4326 else 1e-6)

    def test_columns_are_announced(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """The log says which columns were taken."""
        path = save(tmp_path / "a.gpkg", LSOA21CD=["E1", "E2"], pop2021=["1,473", "12"])
        with caplog.at_level(logging.INFO, logger="hotspots.areas"):
            areas = hs.read_areas(path)
        assert (
            "2 areas from a.gpkg: codes from LSOA21CD, names from the codes, population from "
            "pop2021" in caplog.text
        )
        assert areas["name"].tolist() == ["E1", "E2"]
        assert areas["population"].tolist() == [1473.0, 12.0]

    def test_other_columns_pass(self, tmp_path: Path) -> None:
        """Columns without a role stay, and one that would clash is renamed."""
        path = save(
            tmp_path / "a.gpkg",
            WD24CD=["E1", "E2"],
            WD24NM=["One", "Two"],
            name=["x", "y"],
            team=[7, 8],
        )
        areas = hs.read_areas(path)
        assert list(areas.columns) == ["name", "geometry", "name_in_file", "team"]
        assert areas["name"].tolist() == ["One", "Two"]
        assert areas["team"].tolist() == [7, 8]

    def test_chosen_columns(self, tmp_path: Path) -> None:
        """The user's choice goes before what is recognised; whole numbers become plain text."""
        path = save(
            tmp_path / "a.gpkg", WD24CD=["E1", "E2"], number=[12.0, 7.0], label=["One", None]
        )
        areas = hs.read_areas(path, id_column="number", name_column="label")
        assert areas.index.tolist() == ["12", "7"]
        assert areas["name"].tolist() == ["One", "7"]
        assert "WD24CD" in areas

    def test_degrees_by_ostn15(self, tmp_path: Path) -> None:
        """Degrees are moved by OSTN15: the worked example of the Ordnance Survey."""
        x, y = 1 + 42 / 60 + 57.8663 / 3600, 52 + 39 / 60 + 28.8282 / 3600
        triangle = shapely.Polygon([(x, y), (x + 0.01, y), (x, y + 0.01)])
        areas = hs.read_areas(save(tmp_path / "a.gpkg", [triangle], crs=4326, code=["A"]))
        corner = shapely.Point(651_409.804, 313_177.450)
        assert areas.geometry.iloc[0].exterior.distance(corner) < 0.01
        assert areas.crs == CRS

    def test_web_mercator(self, tmp_path: Path) -> None:
        """Other systems come by way of degrees."""
        frame = gpd.GeoSeries([RIGHT, LEFT], crs=CRS).to_crs(3857)
        areas = hs.read_areas(save(tmp_path / "a.gpkg", list(frame), crs=3857))
        assert areas.geometry.iloc[0].hausdorff_distance(RIGHT) < 4


class TestColumns:
    """Columns of the files that are in use."""

    @pytest.mark.parametrize(
        "codes",
        [
            "WD24CD",
            "wd14cd",
            "LSOA11CD",
            "lsoa21cd",
            "MSOA21CD",
            "OA21CD",
            "LAD23CD",
            "CTYUA23CD",
            "PCON24CD",
            "RGN23CD",
            "CSP22CD",
            "PFA23CD",
            "BUA22CD",
            "GSS_CODE",
            "gss_code",
            "ward_code",
            "Borough_Code",
            "SNT_code",
            "code",
            "area_id",
        ],
    )
    def test_codes(self, codes: str) -> None:
        """Code columns are recognised in any case."""
        assert find_codes(table(other=["x", "y"], **{codes: ["A", "B"]})) == codes

    def test_repeated_codes_are_of_another_level(self) -> None:
        """An LSOA file has the codes of its boroughs too; only the unique ones identify."""
        columns = {"LAD11CD": ["E09", "E09"], "LSOA11CD": ["E011", "E012"]}
        assert find_codes(table(**columns)) == "LSOA11CD"

    def test_any_column_of_gss_codes(self) -> None:
        """A column of GSS codes is recognised whatever it is called."""
        assert find_codes(table(district=["a", "b"], objectid=["E06000008", "W06000009"]))

    @pytest.mark.parametrize(
        ("codes", "names"),
        [
            ("WD24CD", "WD24NM"),
            ("lsoa21cd", "lsoa21nm"),
            ("GSS_CODE", "NAME"),
            ("ward_code", "ward_name"),
            ("ward_code", "Ward"),
            ("objectid", "district"),
            ("code", "name"),
            ("area_id", "name"),
            ("beat_code", "team_name"),
        ],
    )
    def test_names(self, codes: str, names: str) -> None:
        """Name columns are recognised."""
        columns = {"WD24NMW": ["", ""], codes: ["A", "B"], names: ["a", "b"]}
        assert find_names(table(**columns), codes) == names

    def test_partner_first(self) -> None:
        """The name that belongs to the code goes before others."""
        columns = {"name": ["?", "?"], "LAD24NM": ["?", "?"], "WD24NM": ["a", "b"]}
        assert find_names(table(WD24CD=["A", "B"], **columns), "WD24CD") == "WD24NM"

    @pytest.mark.parametrize(
        ("name", "values", "is_found"),
        [
            ("pop2021", ["1473", "1,384"], True),
            ("population", [1473, None], True),
            ("Total_Population", [1.0, 2.0], True),
            ("Pop_2011", ["", "5"], True),
            ("pop2021", ["1473", "many"], False),
            ("popular", [1, 2], False),
        ],
    )
    def test_population(self, name: str, values: list[object], *, is_found: bool) -> None:
        """Population is recognised if it is a number, also as text."""
        assert find_population(table(**{name: values})) == (name if is_found else None)

    def test_latest_population(self) -> None:
        """Of several years the latest is taken."""
        assert find_population(table(pop2021=[1], pop2011=[1])) == "pop2021"


class TestEdges:
    """Geometry that needs care."""

    def test_invalid_polygon(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """A bow tie is repaired, and the log says so."""
        with caplog.at_level(logging.INFO, logger="hotspots.areas"):
            areas = hs.read_areas(save(tmp_path / "a.gpkg", [BOW_TIE, RIGHT]))
        assert areas.is_valid.all()
        # The two triangles of the bow tie: 2 × 1000 × 500 / 2.
        assert areas.area.iloc[0] == pytest.approx(500_000)
        assert "repaired 1 invalid polygons: E05000002" in caplog.text

    def test_collection(self, tmp_path: Path) -> None:
        """Of a polygon with a stray line only the polygon stays."""
        line = shapely.LineString([(530_000, 180_000), (530_000, 179_999)])
        mixed = shapely.GeometryCollection([LEFT, line])
        areas = hs.read_areas(save(tmp_path / "a.gpkg", [mixed, RIGHT]))
        assert areas.geometry.iloc[0].equals(LEFT)

    def test_heights_are_dropped(self, tmp_path: Path) -> None:
        """Polygons with heights become flat."""
        areas = hs.read_areas(save(tmp_path / "a.gpkg", [shapely.force_3d(LEFT, 5.0), RIGHT]))
        assert not areas.has_z.any()

    def test_given_crs(self, tmp_path: Path) -> None:
        """A coordinate system that the file lacks, or has wrong, can be given."""
        path = save(tmp_path / "lacks.parquet", crs=None)
        assert hs.read_areas(path, crs=CRS).crs == CRS
        path = save(tmp_path / "wrong.gpkg", crs=4326)
        assert hs.read_areas(path, crs=27700).geometry.iloc[0].equals(RIGHT)

    @pytest.mark.parametrize("words", GRID_IN_WORDS)
    def test_grid_in_words(self, tmp_path: Path, words: str) -> None:
        """The national grid by any other name is the national grid: nothing moves."""
        areas = hs.read_areas(save(tmp_path / "a.parquet", crs=words))
        assert areas.geometry.iloc[0].equals(RIGHT)
        assert areas.crs == CRS

    def test_parquet_with_index(self, tmp_path: Path) -> None:
        """An areas table that was saved comes back as it was."""
        boroughs = hs.load_boroughs()
        boroughs.to_parquet(tmp_path / "a.parquet")
        areas = hs.read_areas(tmp_path / "a.parquet")
        assert areas.index.tolist() == boroughs.index.tolist()
        assert areas.geometry.geom_equals(boroughs.geometry).all()

    def test_other_geometry_name(self, tmp_path: Path) -> None:
        """The column of geometries may have any name in the file."""
        frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[LEFT], crs=CRS)
        frame.rename_geometry("shape").to_parquet(tmp_path / "a.parquet")
        assert hs.read_areas(tmp_path / "a.parquet").geometry.name == "geometry"

    def test_blanks_around_codes(self, tmp_path: Path) -> None:
        """Blanks around codes are dropped, and the path may be text."""
        path = save(tmp_path / "a.gpkg", code=[" A", "B "])
        assert hs.read_areas(str(path)).index.tolist() == ["A", "B"]

    def test_one_row(self, tmp_path: Path) -> None:
        """One area is enough."""
        assert len(hs.read_areas(save(tmp_path / "a.gpkg", [LEFT], code=["A"]))) == 1


class TestRelations:
    """What is written comes back."""

    def test_edges_stay_shared(self, tmp_path: Path) -> None:
        """Boroughs that went through degrees are still a coverage."""
        boroughs = hs.load_boroughs().iloc[:6]
        boroughs.to_crs(4326).reset_index().to_file(tmp_path / "a.gpkg")
        areas = hs.read_areas(tmp_path / "a.gpkg")
        polygons = areas.geometry.to_numpy()
        assert shapely.coverage_is_valid(polygons)
        np.testing.assert_allclose(areas.area, boroughs.area, rtol=1e-4)


class TestMessages:
    """Every refusal says what to do."""

    def test_missing_file(self, tmp_path: Path) -> None:
        """A file that is not there."""
        with pytest.raises(InputError, match=r"Invalid path '.*no\.gpkg'\. Must be an existing"):
            hs.read_areas(tmp_path / "no.gpkg")

    @pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.parquet", "a.docx"])
    def test_unreadable(self, tmp_path: Path, name: str) -> None:
        """A file that is not what its name says."""
        (tmp_path / name).write_text("nonsense", encoding="utf-8")
        with pytest.raises(InputError, match=r"cannot be read: .*save it as a GeoPackage"):
            hs.read_areas(tmp_path / name)

    def test_no_geometry(self, tmp_path: Path) -> None:
        """Tables are not areas."""
        (tmp_path / "a.csv").write_text("WD24CD,x\nE1,1\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"a\.csv' has no geometry"):
            hs.read_areas(tmp_path / "a.csv")
        pd.DataFrame({"code": ["A"]}).to_parquet(tmp_path / "a.parquet")
        with pytest.raises(InputError, match="cannot be read: Missing geo metadata"):
            hs.read_areas(tmp_path / "a.parquet")

    def test_no_rows(self, tmp_path: Path) -> None:
        """An empty file."""
        frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[LEFT], crs=CRS).iloc[:0]
        frame.to_parquet(tmp_path / "a.parquet")
        with pytest.raises(InputError, match=r"'a\.parquet' has no rows"):
            hs.read_areas(tmp_path / "a.parquet")

    def test_two_layers(self, tmp_path: Path) -> None:
        """Which of two layers is meant cannot be guessed, but named."""
        frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[LEFT], crs=CRS)
        for layer in ("wards", "teams"):
            frame.to_file(tmp_path / "a.gpkg", layer=layer)
        with pytest.raises(
            InputError,
            match=r"has 2 layers \(wards, teams\) .*Must be one.*layer= \(--areas-layer\)",
        ):
            hs.read_areas(tmp_path / "a.gpkg")
        assert hs.read_areas(tmp_path / "a.gpkg", layer="teams").index.tolist() == ["A"]
        with pytest.raises(InputError, match="Invalid layer 'team'. Must be one of wards, teams"):
            hs.read_areas(tmp_path / "a.gpkg", layer="team")

    def test_one_layer_of_polygons(self, tmp_path: Path) -> None:
        """Beside layers of points and attributes, with heights or without, it is the one meant."""
        frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[LEFT], crs=CRS)
        frame.set_geometry(frame.centroid).to_file(tmp_path / "a.gpkg", layer="calls")
        high = frame.set_geometry(shapely.force_3d(frame.geometry.to_numpy(), 10.0), crs=CRS)
        high.to_file(tmp_path / "a.gpkg", layer="wards")
        assert hs.read_areas(tmp_path / "a.gpkg").index.tolist() == ["A"]
        with pytest.raises(InputError, match="Invalid geometry 'Point'"):
            hs.read_areas(tmp_path / "a.gpkg", layer="calls")
        high.to_parquet(tmp_path / "a.parquet")
        with pytest.raises(InputError, match="a GeoParquet file has no layers"):
            hs.read_areas(tmp_path / "a.parquet", layer="wards")

    def test_no_crs(self, tmp_path: Path) -> None:
        """Without a coordinate system the message says what to type."""
        path = save(tmp_path / "a.parquet", crs=None)
        with pytest.raises(InputError, match=r"does not state its coordinate.*Use crs='EPSG:27700"):
            hs.read_areas(path)

    def test_bad_crs(self, tmp_path: Path) -> None:
        """A coordinate system that does not exist."""
        with pytest.raises(InputError, match=r"Invalid crs 'metres'\. Must be a coordinate system"):
            hs.read_areas(save(tmp_path / "a.gpkg"), crs="metres")

    def test_wrong_crs(self, tmp_path: Path) -> None:
        """Metres that are called degrees, and degrees that are called metres."""
        path = save(tmp_path / "a.gpkg", crs=4326)
        with pytest.raises(InputError, match=r"2 of 2 areas lie outside .*is WGS 84\. Must be in"):
            hs.read_areas(path)
        # East of Greenwich both numbers are positive, as metres are.
        degrees = [shapely.box(0.1, 51.5, 0.2, 51.6), shapely.box(0.2, 51.5, 0.3, 51.6)]
        path = save(tmp_path / "b.gpkg", degrees, crs=CRS)
        with pytest.raises(InputError, match=r"outside Great Britain \(E05000002, E05000001\)"):
            hs.read_areas(path)

    def test_abroad(self, tmp_path: Path) -> None:
        """An area in France is refused, even if only a part of it is there."""
        path = save(tmp_path / "a.gpkg", [shapely.box(0, 48, 1, 51.5)], crs=4326, code=["A"])
        with pytest.raises(InputError, match="1 of 1 areas lie outside Great Britain"):
            hs.read_areas(path)

    def test_unknown_columns(self, tmp_path: Path) -> None:
        """If nothing looks like codes the columns are listed."""
        path = save(tmp_path / "a.gpkg", colour=["red", "red"], size=[1, 2])
        with pytest.raises(InputError, match=r"among colour, size\. Must be one .* id_column"):
            hs.read_areas(path)
        for argument in ("id_column", "name_column"):
            with pytest.raises(InputError, match=rf"Invalid {argument} 'x'\. Must be one of col"):
                hs.read_areas(path, **{"id_column": "size", argument: "x"})

    def test_several_columns_of_codes(self) -> None:
        """Two unique columns of GSS codes: the user has to choose."""
        columns = {"a": ["E05000001", "E05000002"], "b": ["E06000001", "E06000002"]}
        with pytest.raises(InputError, match="Several columns look like codes of the areas: a, b"):
            find_codes(table(**columns))

    def test_repeated_codes(self, tmp_path: Path) -> None:
        """Repeated and missing codes are counted and shown, five at most."""
        codes = [f"E{number}" for number in range(6)] * 2 + [None, " "]
        path = save(tmp_path / "a.gpkg", [LEFT] * 14, WD24CD=codes)
        with pytest.raises(
            InputError,
            match=r"^Invalid id_column 'WD24CD'\. Must be unique and complete\. In this file 6 "
            r"codes are repeated \(E0, E1, E2, E3, E4, …\) and 2 codes are missing \(rows 12, 13",
        ):
            hs.read_areas(path)
        with pytest.raises(InputError, match="2 codes are missing"):
            hs.read_areas(path, id_column="WD24CD")

    def test_not_polygons(self, tmp_path: Path) -> None:
        """Points, empty and missing geometries are not areas."""
        path = save(tmp_path / "a.gpkg", [LEFT.centroid, RIGHT])
        with pytest.raises(
            InputError, match=r"Invalid geometry 'Point'\. Must be polygons\. 1 of 2 .*\(E05000002"
        ):
            hs.read_areas(path)
        path = save(tmp_path / "a.parquet", [None, shapely.Polygon()])
        with pytest.raises(InputError, match=r"Invalid geometry 'Polygon, missing'.* 2 of 2 areas"):
            hs.read_areas(path)

    def test_half_a_shapefile(self, tmp_path: Path) -> None:
        """A shapefile without its companions."""
        path = save(tmp_path / "a.shp")
        for suffix in (".shx", ".dbf"):
            path.with_suffix(suffix).unlink()
        with pytest.raises(InputError, match=r"a shapefile with its \.shx, \.dbf and \.prj beside"):
            hs.read_areas(path)


@pytest.mark.acceptance
class TestRealFiles:
    """Every file of areas beside the checkout."""

    @pytest.mark.parametrize(
        ("name", "n", "first", "label"),
        [
            ("boundaries/london_boroughs_gla_27700.gpkg", 33, "E09000021", "Kingston upon Thames"),
            (
                "boundaries/london_boroughs_spdata_27700.gpkg",
                33,
                "E09000021",
                "Kingston upon Thames",
            ),
            ("boundaries/london_lsoa_2021_27700.gpkg", 4994, "E01000001", "City of London 001A"),
            ("boundaries/london_wards_2014_27700.gpkg", 630, "E05000405", "Chessington South"),
            (
                "boundaries/london_wards_2024_simplified_27700.gpkg",
                684,
                "E05009288",
                "Aldersgate",
            ),
            ("asb/lancashire_wards.gpkg", 271, "E05001643", "Anchorsholme"),
            ("asb/lancashire_districts.geojson", 14, "E06000008", "Blackburn with Darwen"),
        ],
    )
    def test_file(self, shared_data: Path, name: str, n: int, first: str, label: str) -> None:
        """Codes and names are found without help, and polygons are valid."""
        areas = hs.read_areas(shared_data / name)
        assert len(areas) == n
        assert (areas.index[0], areas["name"].iloc[0]) == (first, label)
        assert areas.is_valid.all()
        assert set(areas.geom_type) <= {"Polygon", "MultiPolygon"}

    def test_every_boundary_file_is_tested(self, shared_data: Path) -> None:
        """A new file in the folder is read too."""
        for path in sorted((shared_data / "boundaries").glob("*.gpkg")):
            AREAS.validate(hs.read_areas(path))

    def test_population(self, shared_data: Path) -> None:
        """The residents of the LSOAs, which the file has as text, add up to London's."""
        areas = hs.read_areas(shared_data / "boundaries" / "london_lsoa_2021_27700.gpkg")
        # Census 2021: 8.8 million residents.
        assert areas["population"].sum() == pytest.approx(8.8e6, rel=0.01)

    def test_degrees_and_metres_agree(self, shared_data: Path) -> None:
        """Lancashire's districts, in degrees, hold its wards, in metres."""
        districts = hs.read_areas(shared_data / "asb" / "lancashire_districts.geojson")
        wards = hs.read_areas(shared_data / "asb" / "lancashire_wards.gpkg")
        lancashire = districts.union_all().buffer(500)
        assert wards.representative_point().within(lancashire).mean() > 0.99

    def test_wards_nest_in_boroughs(self, shared_data: Path) -> None:
        """Wards of 2014 belong to the borough that their file names."""
        wards = hs.read_areas(shared_data / "boundaries" / "london_wards_2014_27700.gpkg")
        middle = gpd.GeoDataFrame(geometry=wards.representative_point(), crs=CRS)
        borough = hs.assign_areas(middle, hs.load_boroughs(city=True))
        assert (borough == wards["LB_GSS_CD"]).mean() > 0.995


def test_geojson_is_in_degrees(tmp_path: Path) -> None:
    """A GeoJSON without a coordinate system is in degrees, as its standard says."""
    ring = [[-0.13, 51.50], [-0.12, 51.50], [-0.12, 51.51], [-0.13, 51.50]]
    feature = {
        "type": "Feature",
        "properties": {"GSS_CODE": "E05000001"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "a.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    areas = hs.read_areas(path)
    # A hundredth of a degree is 694 m of longitude and 1,113 m of latitude here.
    west, south, east, north = areas.total_bounds
    assert east - west == pytest.approx(694, abs=30)
    assert north - south == pytest.approx(1113, abs=30)
