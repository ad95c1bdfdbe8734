"""Under which names the parts of an incident appear in the files of forces and partners.

Best first: a name further up wins if a table has two. Upper and lower case, spaces and underscores
do not matter, so each is written once.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALIKE: Final = 0.8
_SHORTEST: Final = 4
_CLOCK_WORDS: Final = frozenset({"date", "time", "datetime", "hour", "on", "at", "of", "and"})
_END_WORDS: Final = {
    "to": "from",
    "end": "start",
    "ended": "start",
    "latest": "earliest",
    "last": "first",
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs_of(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.split() for pair in text.split(","))
    return tuple((east, north) for east, north in pairs)


# Easting and northing, longitude and latitude: names that belong together, best first.
GRID_PAIRS: Final = _pairs_of(
    """
    easting northing, eastings northings, bng_easting bng_northing, bng_e bng_n,
    os_easting os_northing, osgb_easting osgb_northing, osgr_easting osgr_northing, osgr_e osgr_n,
    os_e os_n, incident_easting incident_northing, location_easting location_northing,
    loc_easting loc_northing, event_easting event_northing, call_easting call_northing,
    address_easting address_northing, property_easting property_northing,
    grid_easting grid_northing, gis_easting gis_northing, map_easting map_northing,
    geo_easting geo_northing, easting_m northing_m, x_easting y_northing, easting_x northing_y,
    gridref_e gridref_n, grid_e grid_n, e_coord n_coord, east north, x_coordinate y_coordinate,
    x_coord y_coord, coord_x coord_y, coordinate_x coordinate_y, coords_x coords_y, osgb_x osgb_y,
    bng_x bng_y, os_x os_y, gridref_x gridref_y, grid_x grid_y, incident_x incident_y,
    location_x location_y, loc_x loc_y, map_x map_y, geo_x geo_y, geom_x geom_y, point_x point_y,
    centroid_x centroid_y, x y, e n
    """
)
DEGREE_PAIRS: Final = _pairs_of(
    """
    longitude latitude, lon lat, long lat, lng lat, longitude_wgs84 latitude_wgs84,
    wgs84_longitude wgs84_latitude, wgs84_lon wgs84_lat, lon_wgs84 lat_wgs84,
    incident_longitude incident_latitude, location_longitude location_latitude,
    loc_longitude loc_latitude, loc_lon loc_lat, loc_long loc_lat, gps_longitude gps_latitude,
    gps_lon gps_lat, gps_long gps_lat, geo_longitude geo_latitude, geo_lon geo_lat,
    geo_long geo_lat, map_longitude map_latitude, decimal_longitude decimal_latitude,
    longitude_x latitude_y, x_longitude y_latitude, x_lon y_lat, x_long y_lat,
    centroid_longitude centroid_latitude
    """
)

# The clock time beside a date; without a date, most of these hold the whole moment.
_BARE_CLOCKS: Final = ("time", "hour", "time_of_day", "hour_of_day", "clock_time")
CLOCKS: Final = _words(
    """
    received_time time_received call_time time_of_call call_received_time incident_time
    time_of_incident event_time time_of_event occurrence_time occurred_time time_occurred
    start_time time_start time_from from_time committed_from_time occurred_from_time first_time
    earliest_time reported_time time_reported report_time time_of_report complaint_time logged_time
    time_logged log_time created_time time_created opened_time time_opened
    """
)
_STARTS: Final = _words(
    """
    start received received_at received_on received_datetime received_date_and_time
    datetime_received date_and_time_received call_received call_received_at call_received_datetime
    call_datetime call_start call_created call_taken incident_datetime incident_date_and_time
    datetime_of_incident date_and_time_of_incident incident_start event_datetime event_start
    occurrence_datetime occurrence_start occurred_from occurred_at occurred_on occurred
    committed_from committed_on_from start_datetime datetime_from from_datetime from earliest
    reported_at reported_on reported reported_datetime report_datetime datetime_reported
    date_and_time_reported datetime date_and_time
    """
)
# When a record was made: near enough if nothing says when it was reported.
RECORDED: Final = _words(
    """
    logged logged_at log_datetime datetime_logged created created_at created_on created_datetime
    creation_datetime datetime_created opened opened_at opened_on timestamp
    """
)

_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "id": _words(
        """
        incident_id cad_ref cad_reference cad_number cad_no cad_id cad incident_ref
        incident_reference incident_reference_number incident_number incident_no incident_urn
        inc_ref inc_no storm_ref storm_reference storm_number storm_log log_number log_no log_ref
        event_id event_ref event_number event_no occurrence_id occurrence_number occurrence_no
        occurrence_ref niche_ref niche_occurrence niche_occurrence_number connect_ref
        connect_reference call_id call_ref call_reference call_number call_no report_id report_ref
        report_reference report_number complaint_id complaint_ref complaint_reference
        complaint_number complaint_no request_id request_ref request_number service_request
        service_request_id service_request_number sr_number enquiry_ref enquiry_number case_id
        case_ref case_reference case_number case_no urn unique_reference unique_reference_number
        unique_ref unique_id reference reference_number reference_no ref_number ref_no ref
        record_id record_number row_id id uid uuid guid global_id object_id ogc_fid fid
        """
    ),
    "start": (*_STARTS, *CLOCKS, *RECORDED),
    "date": _words(
        """
        date received_date date_received call_date date_of_call call_received_date incident_date
        date_of_incident event_date date_of_event occurrence_date date_of_occurrence occurred_date
        date_occurred start_date date_start date_from from_date committed_from_date
        occurred_from_date first_date earliest_date reported_date date_reported report_date
        date_of_report complaint_date date_of_complaint logged_date date_logged log_date
        created_date date_created creation_date opened_date date_opened open_date
        """
    ),
    "time": (*_BARE_CLOCKS, *CLOCKS),
    "month": ("month", "year_month", "month_year", "reported_month", "month_reported"),
    "end": _words(
        """
        end ended occurred_to committed_to committed_on_to end_datetime datetime_to to_datetime
        incident_end event_end occurrence_end latest to
        """
    ),
    "end_date": _words(
        """
        end_date date_end date_to to_date committed_to_date occurred_to_date last_date latest_date
        """
    ),
    "end_time": _words(
        """
        end_time time_end time_to to_time committed_to_time occurred_to_time last_time latest_time
        """
    ),
    "easting": tuple(east for east, _ in GRID_PAIRS),
    "northing": tuple(north for _, north in GRID_PAIRS),
    "longitude": tuple(east for east, _ in DEGREE_PAIRS),
    "latitude": tuple(dict.fromkeys(north for _, north in DEGREE_PAIRS)),
    "geometry": _words(
        """
        geometry geom the_geom geom_wkt geometry_wkt wkt_geom wkt_geometry wkt wkb wkb_geometry
        geom_wkb geometry_wkb shape_wkt point_wkt point point_geometry ora_geometry
        """
    ),
    "grid_reference": _words(
        """
        grid_reference grid_ref ngr os_grid_reference os_grid_ref osgr os_ref os_reference
        national_grid_reference national_grid_ref bng_ref map_reference map_ref
        """
    ),
    "area_code": _words(
        """
        area_code ward_code ward_cd ward_gss ward_gss_code wd25cd wd24cd wd23cd wd22cd wd21cd
        wd20cd wd19cd wd18cd wd11cd oa21cd oa11cd oa_code lsoa21cd lsoa11cd lsoa_code lsoa_cd
        lsoa_code_2021 lsoa_code_2011 lsoa21 lsoa11 lsoa_2021 lsoa_2011 lsoa msoa21cd msoa11cd
        msoa_code gss_code gss ons_code neighbourhood_code snt_code beat_code lad25cd lad24cd
        lad23cd lad22cd lad21cd lad_code borough_code borough_gss_code la_code local_authority_code
        """
    ),
    "borough_name": _words(
        """
        borough borough_name london_borough lad25nm lad24nm lad23nm lad22nm lad21nm lad_name
        la_name local_authority local_authority_name district district_name council
        """
    ),
    "location": _words(
        """
        location location_text location_name location_description location_desc location_address
        location_of_incident incident_location incident_address incident_street event_location
        street street_name road road_name address full_address address_line_1 address_1
        property_address place place_name premises estate estate_name site site_name
        """
    ),
    "codes": _words(
        """
        opening_codes opening_code opening_code_1 opening_code_2 opening_code_3 opening_type
        opening_1 opening_2 opening_3 opening_type_1 opening_type_2 opening_type_3 opening_class
        open_code open_codes opened_as initial_code initial_codes codes code op_code op_codes op01
        op02 op03 op1 op2 op3
        """
    ),
    "closing": _words(
        """
        closing_codes closing_code closing_code_1 closing_code_2 closing_code_3 closing_type
        closing_1 closing_2 closing_3 closing_type_1 closing_type_2 closing_type_3 close_type_1
        close_type_2 close_type_3 closing_class close_code close_codes closed_as final_code
        final_codes cl_code cl_codes cl01 cl02 cl03 cl1 cl2 cl3
        """
    ),
    "crime_type": ("crime_type", "crime_category"),
    "qualifiers": _words(
        """
        qualifiers qualifier qualifier_1 qualifier_2 qualifier_3 qualifier_code qualifier_codes
        """
    ),
    "asb_type": ("asb_type", "type_of_asb", "asb_category", "nsir_type", "type"),
    "heading": _words(
        """
        heading asb_heading category incident_category incident_type type_of_incident
        complaint_type complaint_category type_of_complaint nature_of_complaint nature_of_incident
        nature noise_type nuisance_type call_type event_type case_type case_category issue_type
        issue_category request_type service_request_type sub_category sub_type
        """
    ),
    "duplicate": ("duplicate", "is_duplicate", "duplicate_flag", "duplicate_yn", "dup_flag", "dup"),
    "channel": _words(
        """
        channel source_channel contact_channel call_origin call_source origin contact_method
        method_of_contact method_of_report report_method reporting_method how_reported how_received
        reported_via received_via report_source source_of_report source_of_call initiated_by
        """
    ),
    # Not the ID of a caller: that is the telephone number, which is no pseudonym.
    "person_key": _words(
        """
        person_key person_id caller_key caller_hash victim_key victim_id victim_hash
        complainant_key complainant_id customer_id tenant_id
        """
    ),
}
_WEIGHTS: Final = _words(
    """
    weight count asb_count n_incidents incident_count count_of_incidents number_of_incidents
    no_of_incidents total_incidents
    """
)
ALIASES: Final[dict[str, tuple[str, ...]]] = {**_ALIASES, "weight": _WEIGHTS}
"""The names under which each part may appear, best first."""


def simplify(name: object) -> str:
    """Reduce a column name to lower case and underscores, for matching."""
    return re.sub(r"[^0-9a-z]+", "_", str(name).lower()).strip("_")


def key_of(name: object) -> str:
    """Reduce a column name to its letters and digits: "Call Received" and "CallReceived" agree."""
    return simplify(name).replace("_", "")


def words_of(name: object) -> list[str]:
    """Split a column name into its words, in lower case: "DateFrom" has two."""
    return simplify(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))).split("_")


def family_of(name: object) -> frozenset[str]:
    """Reduce a name to what it is the time of: the same for both ends of an interval."""
    words = (_END_WORDS.get(word, word) for word in words_of(name) if word)
    return frozenset(words) - _CLOCK_WORDS


def nearest_column(names: Iterable[str], aliases: Iterable[str]) -> str:
    """Give the column whose name is nearest to one of the aliases; "" if none is near."""
    by_key = {key_of(name): name for name in names if len(key_of(name)) >= _SHORTEST}
    best, found = 0.0, ""
    for alias in map(key_of, aliases):
        if len(alias) >= _SHORTEST:
            for near in difflib.get_close_matches(alias, list(by_key), n=1, cutoff=_ALIKE):
                alike = difflib.SequenceMatcher(None, near, alias).ratio()
                if alike > best:
                    best, found = alike, by_key[near]
    return found
