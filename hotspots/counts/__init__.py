"""How many? Incidents become counts by place, date and hour."""

from hotspots.counts.counting import Counts, count_incidents, count_task, count_with, run
from hotspots.counts.tally import CountTask

__all__ = ["CountTask", "Counts", "count_incidents", "count_task", "count_with", "run"]
