"""What the values of one column look like: times, coordinates, codes, or none of these.

Nothing is decided here: each question is answered with a share of the values that are given, and
the suggestion of a mapping weighs the shares. A few thousand rows say enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import from_grid_reference, load_boroughs
from hotspots.errors import InputError
from hotspots.incidents.clock import read_moments
from hotspots.incidents.names import key_of, words_of
from hotspots.incidents.parts import MISSING_TEXTS
from hotspots.times import london_wall

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Times = np.ndarray[Any, np.dtype[np.datetime64]]

Order = Literal["day-first", "month-first", "ambiguous", "mixed", ""]

ROWS: Final = 2_000
"""Rows of a sample that are looked at, evenly spaced."""

_YEARS: Final = (np.datetime64("1990-01-01"), np.datetime64("2100-01-01"))
_SPREADSHEET_YEARS: Final = np.datetime64("1901-01-01")
# Three groups with something between them, or a month by name, or eight digits.
_DATE: Final = re.compile(
    r"^(?:[A-Za-z]{3,9},? )?(?:[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/. ,]{1,2}[0-9]{1,4}(?![0-9])"
    r"|[A-Za-z]{3,9} [0-9]{1,2},? [0-9]{4}|(?:19|20)[0-9]{6}(?:[ T]?[0-9]{4}(?:[0-9]{2})?)?$)"
)
_MONTH: Final = re.compile(
    r"^(?:(?:19|20)[0-9]{2}[-/ ]?(?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/](?:19|20)[0-9]{2}"
    r"|[A-Za-z]{3,9}[-/ ]?(?:(?:19|20)?[0-9]{2}))$"
)
_SLASHED: Final = re.compile(
    r"^(?P<a>[0-9]{1,2})(?P<s>[-/.])(?P<b>[0-9]{1,2})(?P<rest>(?P=s)[0-9]{2,4}\b.*)$"
)
_CLOCK: Final = re.compile(
    r"^(?:(?:1899-12-3[01]|1900-01-0[01])[ T])?(?:[01]?[0-9]|2[0-4])"
    r"(?::[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"|(?:[.:]?[0-5][0-9])? ?[AaPp]\.?[Mm]\.?)$"
)
_BARE_CLOCK: Final = re.compile(r"^(?:[01]?[0-9]|2[0-4])(?:\.?[0-5][0-9])?$")
_DIGITS_CLOCK: Final = re.compile(r"^(?:[01]?[0-9]|2[0-3])[0-5][0-9]$")
_GRID: Final = re.compile(
    r"^[HJNOST][A-HJ-Z] ?(?:[0-9]{2} ?[0-9]{2}|[0-9]{3} ?[0-9]{3}|[0-9]{4} ?"
    r"[0-9]{4}|[0-9]{5} ?[0-9]{5})$"
)
_POINT: Final = re.compile(r"^(?:SRID=[0-9]+; *)?POINT *(?:ZM|Z|M)? *\(", re.IGNORECASE)
_HEX_POINT: Final = re.compile(
    r"^(?:01(?:01|E9|D1)[0-9A-F]{6}|00[0-9A-F]{6}(?:01|E9|D1))"
    r"[0-9A-F]{32,}$",
    re.IGNORECASE,
)
_GSS: Final = re.compile(r"^[EWSN](?P<kind>[0-9]{2})[0-9]{6}$")
_REFERENCE: Final = re.compile(
    r"^(?:[A-Za-z]{0,8}[-/_]?|[A-Za-z]{1,4} )[0-9][0-9A-Za-z]*(?:[-/_.:][0-9A-Za-z]+)*$"
)
_UUID: Final = re.compile(r"^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$", re.IGNORECASE)
_PHONE: Final = re.compile(r"(?:\+|\b)[0-9](?:[ ()-]?[0-9]){8,}")
_TITLED: Final = re.compile(r"\b(?:mr|mrs|ms|miss|dr|mx)\b", re.IGNORECASE)
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}\b", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$")
_DECIMAL_COMMA: Final = re.compile(r"^[+-]?[0-9]+,[0-9]+$")
_YES_NO: Final = frozenset({"y", "n", "yes", "no", "ye", "true", "false", "t", "f", "0", "1"})
_LONDON_LETTERS: Final = ("TQ", "TL")
_FEWEST_DECIMALS: Final = 3
_HALF: Final = 0.5
_MOST: Final = 0.8
_NEARLY_ALL: Final = 0.95
_MONTHS: Final = 12
_FEWEST_HOURS: Final = 12
_FEWEST_CLOCKS: Final = 20
_FEWEST_MONTHS: Final = 2
_CENTURY: Final = 100
# Days of a spreadsheet, and seconds or milliseconds since 1970, in our years.
_SERIALS: Final = ((30_000, 60_000), (6e8, 4e9), (6e11, 4e12))


@dataclass(frozen=True)
class System:
    """A coordinate system, and where London and Great Britain lie in it.

    Parameters
    ----------
    crs : str
        Its code.
    words : str
        What it is.
    london, britain : pair of pair of float
        Least and greatest x, least and greatest y.
    """

    crs: str
    words: str
    london: tuple[tuple[float, float], tuple[float, float]]
    britain: tuple[tuple[float, float], tuple[float, float]]


NATIONAL_GRID: Final = System(
    "EPSG:27700",
    "the British National Grid",
    ((500_000, 565_000), (150_000, 205_000)),
    ((1, 700_000), (1, 1_300_000)),
)
DEGREES: Final = System(
    "EPSG:4326",
    "longitude and latitude",
    ((-0.6, 0.4), (51.2, 51.8)),
    ((-9.0, 2.5), (49.0, 61.0)),
)
SYSTEMS: Final = (
    NATIONAL_GRID,
    DEGREES,
    System(
        "EPSG:3857",
        "Web Mercator, as web maps use",
        ((-62_000, 42_000), (6_660_000, 6_755_000)),
        ((-1_000_000, 280_000), (6_270_000, 8_600_000)),
    ),
    System(
        "EPSG:32630",
        "UTM zone 30N",
        ((665_000, 740_000), (5_675_000, 5_740_000)),
        ((60_000, 860_000), (5_420_000, 6_800_000)),
    ),
    System(
        "EPSG:32631",
        "UTM zone 31N",
        ((250_000, 320_000), (5_675_000, 5_740_000)),
        ((-150_000, 480_000), (5_420_000, 6_800_000)),
    ),
    System(
        "EPSG:3035",
        "the European grid",
        ((3_585_000, 3_660_000), (3_170_000, 3_232_000)),
        ((2_900_000, 3_850_000), (2_900_000, 4_500_000)),
    ),
)
"""Systems that numbers are compared with, the likeliest first."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a sample.

    Parameters
    ----------
    position : int
        Where it stands in the table.
    name : str
        Its name.
    values : Series
        Its values on the rows that are looked at.
    """

    position: int
    name: str
    values: pd.Series[Any]

    @cached_property
    def key(self) -> str:
        """Letters and digits of the name."""
        return key_of(self.name)

    @cached_property
    def words(self) -> frozenset[str]:
        """Words of the name."""
        return frozenset(words_of(self.name)) - {""}

    @cached_property
    def texts(self) -> pd.Series[Any]:
        """Trimmed texts, None where there is nothing."""
        texts = [_text(value) for value in self.values.tolist()]
        return pd.Series(texts, dtype="object")

    @cached_property
    def is_filled(self) -> Flags:
        """Whether each row has a value."""
        return np.asarray(self.texts.notna(), dtype=bool)

    @property
    def n_filled(self) -> int:
        """Rows with a value."""
        return int(self.is_filled.sum())

    @property
    def filled(self) -> float:
        """Share of the rows that have a value."""
        return self.n_filled / max(len(self.texts), 1)

    @cached_property
    def counts(self) -> pd.Series[Any]:
        """How often each different text occurs, the most frequent first."""
        counts = self.texts[self.is_filled].value_counts(sort=False)
        return counts.sort_values(ascending=False, kind="stable")

    @property
    def is_constant(self) -> bool:
        """Whether several rows have one value and no other."""
        return self.n_filled > 1 and len(self.counts) == 1

    def share(self, pattern: re.Pattern[str]) -> float:
        """Give the share of the given values that match a pattern from the beginning."""
        return self.share_of({text for text in self.counts.index if pattern.match(text)})

    def share_of(self, texts: set[str] | frozenset[str]) -> float:
        """Give the share of the given values that are one of some texts."""
        if self.n_filled == 0:
            return 0.0
        return float(self.counts[[text in texts for text in self.counts.index]].sum()) / (
            self.n_filled
        )

    # Numbers and coordinates

    @cached_property
    def _tidy(self) -> pd.Series[Any]:
        """Texts whose numbers have no separators of thousands, and a point for a decimal comma.

        As in the reader, commas are decimal commas where more of them can be that alone.
        """
        is_thousands = self.texts.str.match(_THOUSANDS, na=False)
        is_decimal = self.texts.str.match(_DECIMAL_COMMA, na=False)
        if (is_decimal & ~is_thousands).sum() > is_thousands.sum():
            return self.texts.where(~is_decimal, self.texts.str.replace(",", "."))
        return self.texts.where(~is_thousands, self.texts.str.replace(",", ""))

    @cached_property
    def numbers(self) -> Numbers:
        """Numbers, NaN where there is none; "530,100" is one, and "530100,5"."""
        numbers = pd.to_numeric(self._tidy, errors="coerce")
        found = np.array(numbers, dtype=np.float64)
        found[~np.isfinite(found)] = np.nan
        return found

    @property
    def is_numeric(self) -> bool:
        """Whether four in five of the given values are numbers."""
        return self.n_filled > 0 and np.isfinite(self.numbers).sum() >= _MOST * self.n_filled

    def within(self, bounds: tuple[float, float]) -> float:
        """Give the share of the given values, without zeros, that lie within bounds."""
        given = self.is_filled & (self.numbers != 0)
        if not given.any():
            return 0.0
        numbers = self.numbers[given]
        return float(((numbers >= bounds[0]) & (numbers <= bounds[1])).mean())

    @cached_property
    def has_decimals(self) -> bool:
        """Whether most numbers have several decimals, as degrees do and counts do not."""
        texts = self._tidy[self.is_filled & np.isfinite(self.numbers)]
        decimals = texts.map(lambda text: len(text.partition(".")[2]))
        return len(decimals) > 0 and float((decimals >= _FEWEST_DECIMALS).mean()) > _HALF

    @cached_property
    def is_counter(self) -> bool:
        """Whether the numbers only rise from row to row, as those of records do."""
        return self.is_whole and bool((np.diff(self.numbers[self.is_filled]) > 0).all())

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers from 0 up."""
        numbers = self.numbers[self.is_filled]
        return len(numbers) > 0 and bool(((numbers >= 0) & (numbers % 1 == 0)).all())

    @cached_property
    def grid_share(self) -> float:
        """Share of National Grid references, in any square."""
        return self.share_of({text for text in self.counts.index if _is_grid_reference(text)})

    @cached_property
    def london_grid_share(self) -> float:
        """Share of National Grid references in the squares of London."""
        return self.share_of(
            {
                text
                for text in self.counts.index
                if _is_grid_reference(text) and text.upper().startswith(_LONDON_LETTERS)
            }
        )

    @cached_property
    def point_share(self) -> float:
        """Share of points written as WKT or as WKB in hexadecimal."""
        return self.share(_POINT) + self.share(_HEX_POINT)

    def points(self) -> tuple[Numbers, Numbers, int]:
        """Give x and y of the points, and their SRID if one is stated and no other."""
        texts = [str(text) for text in self.texts[self.is_filled]]
        shapes, srids = [], set()
        for text in texts:
            stated = re.match(r"^SRID=([0-9]+); *", text, re.IGNORECASE)
            srids |= {int(stated[1])} if stated else set()
            plain = text[stated.end() :] if stated else text
            read = shapely.from_wkb if _HEX_POINT.match(plain) else shapely.from_wkt
            shapes.append(read(plain, on_invalid="ignore"))
        points = [shape for shape in shapes if shape is not None and shape.geom_type == "Point"]
        srids |= set(shapely.get_srid(points).tolist()) - {0, -1}
        srid = srids.pop() if len(srids) == 1 else 0
        return shapely.get_x(points), shapely.get_y(points), srid

    # Times

    @cached_property
    def order(self) -> Order:
        """Order of day and month in dates such as 03/04/2025; "" if there are none."""
        parts = self._slashed
        if len(parts) == 0:
            return ""
        first, second = parts["a"].astype("int64"), parts["b"].astype("int64")
        is_day_first, is_month_first = bool((first > _MONTHS).any()), bool((second > _MONTHS).any())
        if is_day_first and is_month_first:
            return "mixed"
        if is_day_first:
            return "day-first"
        return "month-first" if is_month_first else "ambiguous"

    @cached_property
    def _slashed(self) -> pd.DataFrame:
        found = pd.Series(self.counts.index, dtype="object").str.extract(_SLASHED)
        found = found[found["a"].notna()]
        is_most = len(found) >= _HALF * len(self.counts)
        return found if is_most else found.iloc[:0]

    def span(self, order: Order) -> float:
        """Give the days between the first and the last date, if day and month have this order."""
        parts = self._slashed
        day, month = ("a", "b") if order == "day-first" else ("b", "a")
        year = parts["rest"].str.extract(r"^[-/.]([0-9]{2,4})")[0].astype("int64")
        dates = pd.to_datetime(
            pd.DataFrame(
                {
                    "year": year.where(year >= _CENTURY, year + 20 * _CENTURY),
                    "month": parts[month].astype("int64"),
                    "day": parts[day].astype("int64"),
                }
            ),
            errors="coerce",
        )
        return float((dates.max() - dates.min()) / pd.Timedelta(days=1))

    @cached_property
    def moments(self) -> Times:
        """London wall-clock times, NaT where there is none."""
        nothing = np.full(len(self.texts), np.datetime64("NaT", "us"))
        if pd.api.types.is_datetime64_any_dtype(self.values.dtype):
            return _wall(self.values.reset_index(drop=True))
        if self.share(_DATE) + self.share(_MONTH) < _HALF and not self._is_serial:
            return nothing
        texts = pd.Series(self.counts.index, dtype="object")
        exchanged = texts.str.replace(_SLASHED, r"\g<b>\g<s>\g<a>\g<rest>", regex=True)
        walls = _wall(exchanged if self.order == "month-first" else texts)
        if self.order == "mixed":
            walls = np.where(np.isnat(walls), _wall(exchanged), walls)
        read = dict(zip(self.counts.index, walls, strict=True))
        found = [read.get(text, np.datetime64("NaT", "us")) for text in self.texts]
        return np.array(found, dtype="datetime64[us]") if found else nothing

    @property
    def _is_serial(self) -> bool:
        """Whether the name speaks of a time and the numbers could be days or seconds since."""
        if not self.is_numeric or not self.words & {"date", "time", "datetime", "timestamp"}:
            return False
        return max(map(self.within, _SERIALS)) > _MOST

    @cached_property
    def is_moment(self) -> Flags:
        """Whether each row has a time of our days."""
        return np.asarray((self.moments >= _YEARS[0]) & (self.moments < _YEARS[1]))

    @property
    def moment_share(self) -> float:
        """Share of the given values that are dates or times."""
        return float(self.is_moment.sum()) / max(self.n_filled, 1)

    @property
    def has_clock(self) -> bool:
        """Whether its times are not all midnights."""
        moments = self.moments[self.is_moment]
        return bool((moments != moments.astype("datetime64[D]")).any())

    @property
    def is_month(self) -> bool:
        """Whether the dates are months, written so or as the first day of each."""
        if self.share(_MONTH) >= _MOST:
            return True
        days = np.unique(self.moments[self.is_moment].astype("datetime64[D]"))
        are_first = bool((days == days.astype("datetime64[M]")).all())
        named = "month" in self.words
        return are_first and not self.has_clock and len(days) > (0 if named else _FEWEST_MONTHS)

    @cached_property
    def clock_share(self) -> float:
        """Share of clock times without a date.

        Bare numbers count if the name speaks of time, or if they are hours and minutes as digits
        that vary over the day: of other numbers of four digits only one in seven is a clock time.
        """
        if pd.api.types.is_datetime64_any_dtype(self.values.dtype):
            return float((self.moments < _SPREADSHEET_YEARS).sum()) / max(self.n_filled, 1)
        if self.words & {"time", "hour", "hr", "clock"}:
            fraction = self.within((1e-9, 1 - 1e-9))
            return max(self.share(_CLOCK) + self.share(_BARE_CLOCK), fraction)
        digits = [text for text in self.counts.index if _DIGITS_CLOCK.match(text)]
        share = self.share_of(set(digits))
        is_varied = len({text[:-2].zfill(2) for text in digits}) >= _FEWEST_HOURS
        if share >= _NEARLY_ALL and len(digits) >= _FEWEST_CLOCKS and is_varied:
            return share
        return self.share(_CLOCK)

    # Words and codes

    @cached_property
    def gss(self) -> dict[str, float]:
        """Share of each kind of GSS code, by its two digits: 05 wards, 01 LSOA, 09 boroughs."""
        shares: dict[str, float] = {}
        for text, n in self.counts.items():
            match = _GSS.match(str(text))
            if match:
                shares[match["kind"]] = shares.get(match["kind"], 0.0) + n / self.n_filled
        return shares

    @property
    def borough_share(self) -> float:
        """Share of names of boroughs."""
        return self.share_of(
            {
                text
                for text in self.counts.index
                if text.lower().replace("&", "and") in _borough_names()
            }
        )

    @property
    def is_yes_no(self) -> bool:
        """Whether all values are a yes or a no."""
        return self.n_filled > 0 and all(text.lower() in _YES_NO for text in self.counts.index)

    @property
    def reference_share(self) -> float:
        """Share of values that look like references: digits, maybe with letters, in one piece."""
        return self.share(_REFERENCE) + self.share(_UUID)

    @cached_property
    def personal_share(self) -> float:
        """Share of values that look like telephone numbers, addresses or names of people."""
        return self.share_of({text for text in self.counts.index if is_personal(text)})


def columns_of(sample: pd.DataFrame) -> list[Column]:
    """Divide a sample into columns, on evenly spaced rows.

    Parameters
    ----------
    sample : DataFrame
        Raw rows.

    Returns
    -------
    list of Column
        In the order of the table.
    """
    positions = np.arange(len(sample))
    if len(sample) > ROWS:
        positions = np.linspace(0, len(sample) - 1, ROWS).round().astype(np.int64)
    rows = sample.iloc[positions]
    return [
        Column(position, str(name), rows.iloc[:, position])
        for position, name in enumerate(sample.columns)
    ]


def is_personal(text: str) -> bool:
    """Say whether a text holds an e-mail address, a postcode, a name with a title or a number."""
    found = _PHONE.search(text) or _POSTCODE.search(text) or _TITLED.search(text)
    return "@" in text or found is not None


def _text(value: object) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            return None
        # 101.0 in a column with gaps is the whole number 101.
        return str(int(value)) if float(value).is_integer() else str(value)
    text = value.hex() if isinstance(value, bytes) else str(value).strip()
    return None if text in MISSING_TEXTS else text


def _is_grid_reference(text: str) -> bool:
    if not _GRID.match(text.upper()):
        return False
    try:
        x, y = from_grid_reference(text)
    except InputError:
        return False
    (_, east), (_, north) = NATIONAL_GRID.britain
    return 0 <= x <= east and 0 <= y <= north


@cache
def _borough_names() -> frozenset[str]:
    return frozenset(load_boroughs(city=True)["name"].str.lower())


def _wall(values: pd.Series[Any]) -> Times:
    """Read values as times on the London clock."""
    return london_wall(read_moments(values).start)
