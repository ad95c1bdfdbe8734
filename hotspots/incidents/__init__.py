"""What was reported? Reading, recoding, accepting or rejecting, and grouping into episodes."""

from hotspots.incidents.account import Account
from hotspots.incidents.batch import MILLIONTHS, Batch, batch_of
from hotspots.incidents.codes import Code, load_codes
from hotspots.incidents.dataset import Dataset, Together, open_incidents
from hotspots.incidents.episodes import find_episodes
from hotspots.incidents.mapping import Mapping
from hotspots.incidents.overview import Overview, overview
from hotspots.incidents.reading import (
    Reading,
    join_incidents,
    read_dataset,
    read_incidents,
    tier_of,
)
from hotspots.incidents.rows import REASONS, SCOPE_REASONS

__all__ = [
    "MILLIONTHS",
    "REASONS",
    "SCOPE_REASONS",
    "Account",
    "Batch",
    "Code",
    "Dataset",
    "Mapping",
    "Overview",
    "Reading",
    "Together",
    "batch_of",
    "find_episodes",
    "join_incidents",
    "load_codes",
    "open_incidents",
    "overview",
    "read_dataset",
    "read_incidents",
    "tier_of",
]
