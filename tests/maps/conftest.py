"""Tables to draw, and a browser to look at the page."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from shapely.ops import unary_union

from hotspots.tables import CRS, HOTSPOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WEST, SOUTH, SIDE = 520_000.0, 170_000.0, 5_000.0
DAYS = ["Fri–Sat", "Mon–Thu", "Sun", "every day"]


@pytest.fixture(scope="session")
def make_areas() -> Callable[..., gpd.GeoDataFrame]:
    """Give a maker of square areas beside each other."""

    def make(names: list[str]) -> gpd.GeoDataFrame:
        across = int(np.ceil(np.sqrt(len(names))))
        squares = [
            box(
                WEST + SIDE * (i % across),
                SOUTH + SIDE * (i // across),
                WEST + SIDE * (i % across + 1),
                SOUTH + SIDE * (i // across + 1),
            )
            for i in range(len(names))
        ]
        index = pd.Index([f"E{i + 1:08d}" for i in range(len(names))], name="area_id")
        return gpd.GeoDataFrame({"name": names}, geometry=squares, index=index, crs=CRS)

    return make


@pytest.fixture(scope="session")
def make_hotspots() -> Callable[..., gpd.GeoDataFrame]:
    """Give a maker of valid hotspots tables: some in each area, six 150 m cells each."""

    def make(
        areas: gpd.GeoDataFrame, per_area: int = 3, *, monthly: bool = False, **columns: object
    ) -> gpd.GeoDataFrame:
        rng = np.random.default_rng(5)
        rows = []
        for area_id, area in areas.iterrows():
            west, south, east, north = area.geometry.bounds
            busy = rng.gamma(4, 0.4)
            for rank in range(1, per_area + 1):
                while True:
                    x = 150 * np.floor(rng.uniform(west + 300, east - 300) / 150)
                    y = 150 * np.floor(rng.uniform(south + 300, north - 300) / 150)
                    cells = [(0, 0), (1, 0), (1, 1), (0, 1), (-1, 0), (1, -1)][: rng.integers(2, 7)]
                    ground = unary_union(
                        [
                            box(x + 150 * i, y + 150 * j, x + 150 * i + 150, y + 150 * j + 150)
                            for i, j in cells
                        ]
                    )
                    known = {row["hotspot_id"] for row in rows}
                    hotspot_id = f"{area_id}-s150-{x:.0f}-{y:.0f}"
                    if ground.within(area.geometry) and hotspot_id not in known:
                        break
                expected = round(busy * 3 / (rank + 2), 4)
                n = float(round(expected * 110))
                start = int(rng.integers(14, 23))
                days = DAYS[rng.integers(0, len(DAYS))]
                hours = f"{days} {start:02d}:00–{(start + 4) % 24:02d}:00"
                rows.append(
                    {
                        "hotspot_id": hotspot_id,
                        "name": f"{area['name']} {rank}",
                        "borough": area_id,
                        "area": area["name"],
                        "rank": rank,
                        "location": f"On or near High Street {rank}",
                        "grid_ref": f"TQ {rng.integers(1000, 9999)} {rng.integers(1000, 9999)}",
                        "weekdays": None if monthly else "4,5",
                        "start_hour": np.nan if monthly else float(start),
                        "end_hour": np.nan if monthly else float((start + 4) % 24),
                        "hours": None if monthly else hours,
                        "harm_per_week": expected * 1.5,
                        "harm_low": expected,
                        "harm_high": expected * 2,
                        "count_rank": rank,
                        "expected_per_week": expected,
                        "expected_low": 0.0,
                        "expected_high": float(np.ceil(expected * 2 + 1)),
                        "expected_all_hours": round(expected * 2.2, 4),
                        "forecast": round(expected * 9),
                        "forecast_low": float(round(expected * 5)),
                        "forecast_high": float(round(expected * 14)),
                        "trend": "no trend beyond chance",
                        "persistence": "persistent",
                        "n": n,
                        "n_nights": np.nan if monthly else float(round(n * 0.7)),
                        "n_months": 12,
                        "n_in_hours": np.nan if monthly else float(round(n * 0.45)),
                        "own_hours_share": np.nan if monthly else 0.8,
                        "place_q": 0.04,
                        "own_hours_p": np.nan if monthly else 0.001,
                        "own_hours": None if monthly else "Fri–Sat 21:00–01:00",
                        "n_context": float(rank == 2) * 4,
                        "n_places": len(cells),
                        "area_m2": ground.area,
                        "main_type": "nuisance (81 %)",
                        "main_heading": "Rowdy or inconsiderate behaviour (64 %)",
                        "top_caller_share": 1.0 if rank == 3 else 0.12,
                        "top_point_share": 0.3,
                        "rank_without_top": rank,
                        "is_one_caller": rank == 3,
                        "judgement": None,
                        "since_last": "new" if rank == 1 else "kept (was another)",
                        "why": f"Rank {rank} of at most 10: {n:.0f} ASB reports on "
                        f"{n * 0.7:.0f} nights. Mostly rowdy or inconsiderate behaviour (64 %).",
                        "source": "cad",
                        "geometry": ground,
                    }
                )
        table = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS).set_index("hotspot_id")
        for name in (
            "weekdays",
            "hours",
            "own_hours",
            "trend",
            "persistence",
            "judgement",
            "since_last",
        ):
            table[name] = table[name].astype("str").mask(table[name].isna())
        table = table.assign(**columns)
        HOTSPOTS.validate(table)
        return table

    return make


@dataclass
class Look:
    """What a browser saw of a page."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium, or skip; in CI its absence is a failure."""
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no 'chromium' on the path to open the map in"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only with a browser)

    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        started.close()


@pytest.fixture
def look_at(browser: Browser) -> Iterator[Callable[..., Look]]:
    """Give a function that opens a file and notes every request and every complaint."""
    contexts = []

    def look(path: Path, width: int = 1280, height: int = 800) -> Look:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        seen = Look(context.new_page())

        def answer(route: Any) -> None:
            seen.requests.append(route.request.url)
            if route.request.url == path.as_uri():
                route.continue_()
            else:
                route.abort()

        context.route("**/*", answer)
        seen.page.on(
            "console",
            lambda said: (
                seen.complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.goto(path.as_uri())
        return seen

    yield look
    for context in contexts:
        context.close()
