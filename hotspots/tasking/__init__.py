"""Who goes where, and when? From the officers there really are to visits to hotspots."""

from hotspots.tasking.capacity import Capacity, team_capacity
from hotspots.tasking.coverage import Shortfall, find_shortfall
from hotspots.tasking.plan import Problem, TaskPlan, recommend_tasks
from hotspots.tasking.teams import Team, read_teams
from hotspots.tasking.tours import Tour, read_tours

__all__ = [
    "Capacity",
    "Problem",
    "Shortfall",
    "TaskPlan",
    "Team",
    "Tour",
    "find_shortfall",
    "read_teams",
    "read_tours",
    "recommend_tasks",
    "team_capacity",
]
