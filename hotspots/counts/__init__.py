"""How many? Incidents become counts by place, date and hour."""

from hotspots.counts.counting import Counts, count_incidents, period_of, place_positions

__all__ = ["Counts", "count_incidents", "period_of", "place_positions"]
