"""Who goes where, and when? From the officers there really are to visits to hotspots."""

from hotspots.tasking.capacity import Capacity, team_capacity
from hotspots.tasking.coverage import Shortfall, find_shortfall
from hotspots.tasking.plan import Problem, TaskPlan, recommend_tasks
from hotspots.tasking.results import TaskResults
from hotspots.tasking.tactics import Power, Tactic, TacticsLibrary
from hotspots.tasking.tactics_file import read_tactics
from hotspots.tasking.teams import Team, read_teams
from hotspots.tasking.tours import Tour, read_tours

__all__ = [
    "Capacity",
    "Power",
    "Problem",
    "Shortfall",
    "Tactic",
    "TacticsLibrary",
    "TaskPlan",
    "TaskResults",
    "Team",
    "Tour",
    "find_shortfall",
    "read_tactics",
    "read_teams",
    "read_tours",
    "recommend_tasks",
    "team_capacity",
]
