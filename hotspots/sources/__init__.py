"""What is in the file? Files, folders, zips and databases become chunks of raw rows."""

from hotspots.sources.databases import QuerySource, is_database_url, query_source, read_query
from hotspots.sources.files import Source, find_sources, read_chunks, split_source
from hotspots.sources.frames import frame_chunks
from hotspots.sources.opening import AnySource, FrameSource, open_chunks
from hotspots.sources.raw import (
    BROKEN_REASONS,
    LONGEST_DETAIL,
    POINT_X,
    POINT_Y,
    RawChunk,
    no_broken,
)
from hotspots.sources.sheets import sheet_notes
from hotspots.sources.text import read_text

__all__ = [
    "BROKEN_REASONS",
    "LONGEST_DETAIL",
    "POINT_X",
    "POINT_Y",
    "AnySource",
    "FrameSource",
    "QuerySource",
    "RawChunk",
    "Source",
    "find_sources",
    "frame_chunks",
    "is_database_url",
    "no_broken",
    "open_chunks",
    "query_source",
    "read_chunks",
    "read_query",
    "read_text",
    "sheet_notes",
    "split_source",
]
