"""What an unknown file seems to mean: a mapping for the analyst to correct, and a trial of it."""

from hotspots.incidents.suggesting.suggestion import Suggestion, suggest_mapping
from hotspots.incidents.suggesting.trial import first_rows, suggest_dataset

__all__ = ["Suggestion", "first_rows", "suggest_dataset", "suggest_mapping"]
