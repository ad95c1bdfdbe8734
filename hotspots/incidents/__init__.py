"""What was reported? Reading, recoding, accepting or rejecting, and grouping into episodes."""

from hotspots.incidents.codes import Code, load_codes
from hotspots.incidents.episodes import find_episodes
from hotspots.incidents.reading import REASONS, SCOPE_REASONS, Reading, read_incidents, tier_of

__all__ = [
    "REASONS",
    "SCOPE_REASONS",
    "Code",
    "Reading",
    "find_episodes",
    "load_codes",
    "read_incidents",
    "tier_of",
]
