"""How many? Incidents become counts by place, date and hour."""

from hotspots.counts.counting import (
    Counts,
    check_counts,
    count_incidents,
    count_task,
    count_with,
    counts_of,
    run,
)
from hotspots.counts.steps import Steps, count_steps
from hotspots.counts.tally import CountTask

__all__ = [
    "CountTask",
    "Counts",
    "Steps",
    "check_counts",
    "count_incidents",
    "count_steps",
    "count_task",
    "count_with",
    "counts_of",
    "run",
]
