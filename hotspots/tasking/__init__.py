"""Who goes where, and when? From the officers there really are to visits to hotspots."""

from hotspots.tasking.capacity import Capacity, team_capacity
from hotspots.tasking.coverage import Shortfall, find_shortfall
from hotspots.tasking.experiments import Experiment, TrialResult
from hotspots.tasking.plan import Problem, TaskPlan, recommend_tasks
from hotspots.tasking.results import TaskResults
from hotspots.tasking.tactics import Power, Tactic, TacticsLibrary
from hotspots.tasking.tactics_file import read_tactics
from hotspots.tasking.teams import Team, read_teams
from hotspots.tasking.tours import Tour, read_tours
from hotspots.tasking.trial_design import design_experiment
from hotspots.tasking.trial_history import hotspot_history

__all__ = [
    "Capacity",
    "Experiment",
    "Power",
    "Problem",
    "Shortfall",
    "Tactic",
    "TacticsLibrary",
    "TaskPlan",
    "TaskResults",
    "Team",
    "Tour",
    "TrialResult",
    "design_experiment",
    "find_shortfall",
    "hotspot_history",
    "read_tactics",
    "read_teams",
    "read_tours",
    "recommend_tasks",
    "team_capacity",
]
