"""How bad, and how likely next? Weekly intensity, the hotspots found from it, and their harm."""

from hotspots.risk.backtest import backtest
from hotspots.risk.backtest_record import Backtest
from hotspots.risk.candidates import grow_hotspot
from hotspots.risk.describe import describe_hotspots
from hotspots.risk.details import Details, DetailTask, gathered, latest_days
from hotspots.risk.evidence import with_own_hours
from hotspots.risk.forecast import forecast
from hotspots.risk.forecast_record import Forecast
from hotspots.risk.harm import HarmWeights, as_weights, read_harm_weights
from hotspots.risk.harm_counts import HarmCounts, HarmTask, added_up
from hotspots.risk.harm_intensity import HarmIntensity, weekly_harm
from hotspots.risk.hotspots import HotspotList, find_hotspots
from hotspots.risk.intensity import Intensity, weekly_intensity
from hotspots.risk.judged_list import JudgedList, decided
from hotspots.risk.judgement_file import read_judgements
from hotspots.risk.judgements import Judgement
from hotspots.risk.judging import as_judgements, judge_hotspots
from hotspots.risk.low_reporting import find_low_reporting
from hotspots.risk.matching import HotspotMatch, match_hotspots
from hotspots.risk.record import ListRecord, record_list
from hotspots.risk.review import ListReview, review_list
from hotspots.risk.score import RiskScores, score_risk
from hotspots.risk.sensitivity import WeightSensitivity, weight_sensitivity
from hotspots.risk.smooth_rates import smooth_rates
from hotspots.risk.spread import Spread, check_spread
from hotspots.risk.victims import (
    HighRiskVictims,
    VictimTally,
    VictimTask,
    find_high_risk_victims,
    gathered_victims,
)

__all__ = [
    "Backtest",
    "DetailTask",
    "Details",
    "Forecast",
    "HarmCounts",
    "HarmIntensity",
    "HarmTask",
    "HarmWeights",
    "HighRiskVictims",
    "HotspotList",
    "HotspotMatch",
    "Intensity",
    "JudgedList",
    "Judgement",
    "ListRecord",
    "ListReview",
    "RiskScores",
    "Spread",
    "VictimTally",
    "VictimTask",
    "WeightSensitivity",
    "added_up",
    "as_judgements",
    "as_weights",
    "backtest",
    "check_spread",
    "decided",
    "describe_hotspots",
    "find_high_risk_victims",
    "find_hotspots",
    "find_low_reporting",
    "forecast",
    "gathered",
    "gathered_victims",
    "grow_hotspot",
    "judge_hotspots",
    "latest_days",
    "match_hotspots",
    "read_harm_weights",
    "read_judgements",
    "record_list",
    "review_list",
    "score_risk",
    "smooth_rates",
    "weekly_harm",
    "weekly_intensity",
    "weight_sensitivity",
    "with_own_hours",
]
