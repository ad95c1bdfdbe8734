"""Which queries are run: one statement that reads, or the name of a table.

The text is divided into the words, names, texts and comments of SQL, so that a semicolon or an
INSERT in a text or a comment is not taken for one. The database has the last word: it is opened
for reading only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hotspots.errors import InputError, invalid
from hotspots.sources.raw import LONGEST_DETAIL

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import IdentifierPreparer

_RULE: Final = "one SELECT (or WITH … SELECT) statement, or the name of a table or view"
_TOKEN: Final = re.compile(
    r"""
      (?P<space>  \s+ | --[^\n]* | /\*.*?\*/ )
    | (?P<text>   [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | (?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag) )
    | (?P<quoted> "(?:[^"]|"")+" | `(?:[^`]|``)+` )
    | (?P<word>   [^\W\d][\w$]* )
    | (?P<other>  . )
    """,  # noqa: E501 (one kind a line)
    re.VERBOSE | re.DOTALL,
)
_NAMES: Final = ("word", "quoted")
_MOST_PARTS: Final = 3
# What each verb is followed by where it is one, and not the name of a column.
_CHANGES: Final = {"INSERT": {"INTO"}, "DELETE": {"FROM"}, "MERGE": {"INTO"}}


class _Token(NamedTuple):
    """A part of a statement that is neither space nor comment."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word in capitals; nothing for anything else."""
        return self.text.upper() if self.kind == "word" else ""


def make_statement(query: str | None, preparer: IdentifierPreparer) -> str:
    """Turn what the analyst gave into the one statement that is run.

    Parameters
    ----------
    query : str
        A SELECT or WITH statement, or the name of a table or view. A name may have a schema, and
        follows the rules of SQL: with capital letters or spaces it stands in quotation marks.
    preparer : IdentifierPreparer
        Writes names the way the database does.

    Returns
    -------
    str
        Without a semicolon.

    Raises
    ------
    InputError
        If it is missing, is several statements, or does something other than read.

    Examples
    --------
    >>> from sqlalchemy.dialects.postgresql import dialect
    >>> preparer = dialect().identifier_preparer
    >>> make_statement('public."Calls 2025"', preparer)
    'SELECT * FROM public."Calls 2025"'
    >>> make_statement("SELECT received FROM calls;", preparer)
    'SELECT received FROM calls'
    """
    if not isinstance(query, str) or not query.strip():
        raise invalid(
            "query", query, _RULE, 'Give it, such as "SELECT * FROM calls", or just "calls".'
        )
    tokens = _tokens(query)
    end = next((i for i, token in enumerate(tokens) if token.text == ";"), len(tokens))
    if any(token.text != ";" for token in tokens[end:]):
        raise _refused(query, "Give one statement at a time.")
    tokens = tokens[:end]
    name = _table_name(tokens, preparer)
    if name:
        return f"SELECT * FROM {name}"  # noqa: S608 (the name is quoted)
    first = next((token.word for token in tokens if token.text != "("), "")
    if first not in ("SELECT", "WITH") or _changes(tokens):
        raise _refused(query, "Nothing is written to the database: give a query that reads.")
    return query[tokens[0].start : tokens[-1].end]


def _tokens(query: str) -> list[_Token]:
    return [
        _Token(str(found.lastgroup), found.group(), found.start(), found.end())
        for found in _TOKEN.finditer(query)
        if found.lastgroup != "space"
    ]


def _table_name(tokens: list[_Token], preparer: IdentifierPreparer) -> str:
    """Write the name of a table the way the database does; nothing if it is not one."""
    parts, dots = tokens[::2], tokens[1::2]
    is_name = (
        len(parts) == len(dots) + 1 <= _MOST_PARTS
        and all(part.kind in _NAMES for part in parts)
        and all(dot.text == "." for dot in dots)
    )
    return ".".join(_identifier(part, preparer) for part in parts) if is_name else ""


def _identifier(part: _Token, preparer: IdentifierPreparer) -> str:
    if part.kind == "quoted":
        mark = part.text[0]
        return preparer.quote_identifier(part.text[1:-1].replace(mark * 2, mark))
    # Without quotation marks the database itself folds the case; reserved words need them.
    plain = preparer.quote(part.text.lower())
    return part.text if plain == part.text.lower() else plain


def _changes(tokens: list[_Token]) -> bool:
    """Say whether a SELECT or WITH statement writes somewhere."""
    around = zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
    for before, token, after in around:
        if token.word == "INTO":
            return True
        # The statement within or after the brackets of a WITH.
        if before is None or before.text not in ("(", ")") or after is None:
            continue
        if after.word in _CHANGES.get(token.word, ()):
            return True
        if token.word == "UPDATE" and after.kind in _NAMES:
            return True
    return False


def _refused(query: str, remedy: str) -> InputError:
    shown = " ".join(query.split())
    if len(shown) > LONGEST_DETAIL:
        shown = shown[:LONGEST_DETAIL] + "…"
    return invalid("query", shown, _RULE, remedy)
