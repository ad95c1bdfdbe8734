"""Who goes where, and when? The first tasking list, from hotspots and the visits teams can make."""

from hotspots.tasking.tasks import Tour, read_tours, recommend_tasks

__all__ = ["Tour", "read_tours", "recommend_tasks"]
