"""What an analysis leaves: the map, tables for other programs, the plan, how it was made."""

from hotspots.products.audience import check_product_marking, check_victims
from hotspots.products.experiments import read_experiment, save_experiment
from hotspots.products.folder import MANIFEST, PLAN, check_folder, whole_folder
from hotspots.products.geojson import to_degrees
from hotspots.products.manifest import make_manifest
from hotspots.products.page import about_victims, draw_map, short_lists
from hotspots.products.replan import replan, save_plan
from hotspots.products.results import read_task_results
from hotspots.products.save import save_folder, spread_of
from hotspots.products.saved import read_record

__all__ = [
    "MANIFEST",
    "PLAN",
    "about_victims",
    "check_folder",
    "check_product_marking",
    "check_victims",
    "draw_map",
    "make_manifest",
    "read_experiment",
    "read_record",
    "read_task_results",
    "replan",
    "save_experiment",
    "save_folder",
    "save_plan",
    "short_lists",
    "spread_of",
    "to_degrees",
    "whole_folder",
]
