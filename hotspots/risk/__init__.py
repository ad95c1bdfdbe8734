"""How bad, and how likely next? Weekly intensity, and the hotspots found from it."""

from hotspots.risk.candidates import grow_hotspot
from hotspots.risk.describe import describe_hotspots
from hotspots.risk.details import Details, DetailTask, gathered, latest_days
from hotspots.risk.evidence import with_own_hours
from hotspots.risk.hotspots import HotspotList, find_hotspots
from hotspots.risk.intensity import Intensity, weekly_intensity
from hotspots.risk.judged_list import JudgedList, decided
from hotspots.risk.judgement_file import read_judgements
from hotspots.risk.judgements import Judgement
from hotspots.risk.judging import as_judgements, judge_hotspots
from hotspots.risk.matching import HotspotMatch, match_hotspots
from hotspots.risk.record import ListRecord, record_list
from hotspots.risk.review import ListReview, review_list

__all__ = [
    "DetailTask",
    "Details",
    "HotspotList",
    "HotspotMatch",
    "Intensity",
    "JudgedList",
    "Judgement",
    "ListRecord",
    "ListReview",
    "as_judgements",
    "decided",
    "describe_hotspots",
    "find_hotspots",
    "gathered",
    "grow_hotspot",
    "judge_hotspots",
    "latest_days",
    "match_hotspots",
    "read_judgements",
    "record_list",
    "review_list",
    "weekly_intensity",
    "with_own_hours",
]
