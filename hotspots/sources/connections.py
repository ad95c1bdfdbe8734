"""Connections to databases: for reading only, and without a word about the password.

SQLAlchemy finds the driver and speaks the dialect; whatever it or the driver has to say about a
failure is put in the words of this package.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from urllib.parse import quote

from hotspots.errors import InputError, invalid
from hotspots.sources.values import NUMERIC, POSTGRES_KINDS, decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection, CursorResult, Engine

Answer = TypeVar("Answer")

_EXTRA: Final = 'Install it: pip install "asb-hotspots[sql]".'
_SCHEME: Final = re.compile(r"(?P<dialect>[A-Za-z]\w+)(?:\+\w+)?://")
_NO_DATABASE: Final = ("file", "http", "https", "ftp", "ftps", "sftp", "s3")
_SECRET: Final = re.compile(r"pass|pwd|secret|token|odbc_connect", re.IGNORECASE)
_URL_RULE: Final = "a database URL such as postgresql://user:password@host:5432/database"
# Types of PostgreSQL with values that Python cannot hold, such as the date 'infinity'.
_TIMES: Final = (1082, 1114, 1184)
_CANCELLED: Final = "57014"
_READ_ONLY: Final = ("25006", "attempt to write a readonly database")
_LOST: Final = ("08", "57P")


def is_database_url(text: str) -> bool:
    r"""Say whether a text names a database, and not a file or a page.

    Parameters
    ----------
    text : str
        Such as "postgresql://…" or "sqlite:///calls.db".

    Examples
    --------
    >>> is_database_url("postgresql+psycopg://analyst@host/calls")
    True
    >>> is_database_url("C:/data/calls.csv"), is_database_url("https://host/calls.csv")
    (False, False)
    """
    found = _SCHEME.match(text)
    return found is not None and found["dialect"].lower() not in _NO_DATABASE


def require_sqlalchemy() -> None:
    """Say how to install SQLAlchemy if it is not there.

    Raises
    ------
    InputError
        If it is not.
    """
    try:
        import sqlalchemy  # noqa: F401, PLC0415 (an extra)
    except ImportError:
        pass
    else:
        return
    msg = f"A database was given, but 'sqlalchemy' is not there. Must be installed. {_EXTRA}"
    raise InputError(msg)


def parse_url(url: str | URL | Engine) -> URL:
    """Read a URL; a message shows no more of it than its dialect.

    Parameters
    ----------
    url : str, sqlalchemy.URL or sqlalchemy.Engine
        With or without a password.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    from sqlalchemy import URL, Engine  # noqa: PLC0415 (an extra)
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    if isinstance(url, Engine):
        return url.url
    if isinstance(url, URL):
        return url
    if not isinstance(url, str) or not is_database_url(url):
        shown = url if isinstance(url, str) and not re.search(r"[@?]", url) else "…"
        raise invalid("database", shown, _URL_RULE)
    parsed: URL | None = None
    with suppress(ArgumentError, ValueError):
        parsed = make_url(url)
    # A password with an @ ends too early, and its rest would be taken for the host.
    if parsed is None or (parsed.host is not None and url.count("@") > 1):
        raise invalid(
            "database",
            url[: url.index("://")] + "://…",
            _URL_RULE,
            "In user and password write @ as %40, : as %3A, / as %2F and % as %25.",
        )
    return parsed


def load_dialect(url: URL) -> Any:  # noqa: ANN401 (a Dialect, made without its driver)
    """Find what SQLAlchemy knows about the kind of database.

    Parameters
    ----------
    url : sqlalchemy.URL
        From `parse_url`.

    Raises
    ------
    InputError
        If it does not know the kind, or the driver is asynchronous.
    """
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 (an extra)

    kind: Any = None
    with suppress(ArgumentError):
        kind = _with_driver(url).get_dialect()
    if kind is None:
        raise invalid(
            "database",
            f"{url.drivername}://…",
            "of a kind that SQLAlchemy knows, such as postgresql or sqlite",
            "Check the spelling, or install the package that adds it.",
        )
    # With parameters in this style names keep their % as it is.
    dialect = kind(paramstyle="named")
    if dialect.is_async:
        raise invalid(
            "database",
            f"{url.drivername}://…",
            "one with a driver that is not asynchronous",
            f"Leave out the driver: {url.get_backend_name()}://….",
        )
    return dialect


def name_of(url: URL) -> str:
    """Write a URL without its password and options, for messages and reports."""
    host = url.host or ""
    host = f"[{host}]" if ":" in host else host
    host += f":{url.port}" if url.port else ""
    user = f"{url.username}@" if url.username else ""
    return f"{_backend(url)}://{user}{host}/{url.database or ''}"


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """Open a database for reading only; roll back and close it whatever happens.

    Parameters
    ----------
    url : sqlalchemy.URL
        From `parse_url`.

    Yields
    ------
    sqlalchemy.Connection

    Raises
    ------
    InputError
        If the driver is missing, or the database cannot be reached or refuses the user.
    """
    engine = ask(lambda: _make_engine(url), url, "connect")
    connection = ask(engine.connect, url, "connect")
    try:
        ask(lambda: _prepare(connection), url, "connect")
        yield connection
    finally:
        close_quietly(connection)
        engine.dispose()


def close_quietly(opened: Connection | CursorResult[Any]) -> None:
    """Close a connection or cursor; one that is lost already is closed."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 (an extra)

    with suppress(SQLAlchemyError):
        opened.close()


def ask(
    call: Callable[[], Answer], url: URL, doing: Literal["connect", "query"] = "query"
) -> Answer:
    """Call a function that asks the database, and put its errors in words of this package.

    Parameters
    ----------
    call : callable
        Takes nothing; what it returns is returned.
    url : sqlalchemy.URL
        Of the database.
    doing : {"query", "connect"}
        What it is about, for the message.

    Raises
    ------
    InputError
        If the database or its driver has an error.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 (an extra)

    try:
        return call()
    except InputError:
        raise
    except (SQLAlchemyError, OSError, TypeError, ValueError) as error:
        explained = _explained(error, url, doing)
    # Not within the except: what the driver says may hold the password.
    raise explained


def _backend(url: URL) -> str:
    return _with_driver(url).get_backend_name()


def _with_driver(url: URL) -> URL:
    """Name the driver of the extra, unless the caller names one."""
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _make_engine(url: URL) -> Engine:
    """Load the driver; nothing is connected yet."""
    from sqlalchemy import create_engine  # noqa: PLC0415 (an extra)
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    target = _for_reading(url) if _backend(url) == "sqlite" else _with_driver(url)
    try:
        return create_engine(target, poolclass=NullPool, hide_parameters=True)
    except ImportError as error:
        driver = error.name or target.drivername
    is_ours = target.drivername == "postgresql+psycopg"
    remedy = _EXTRA if is_ours else "Install the package that has it."
    msg = f"The driver of '{name_of(url)}' is not there, '{driver}'. Must be installed. {remedy}"
    raise InputError(msg)


def _for_reading(url: URL) -> URL:
    """Make SQLite open a file for reading only: it would make one that does not exist."""
    database = str(url.database)
    if database.startswith("file:"):
        return url
    if not Path(database).is_file():
        msg = f"No database file '{name_of(url)}'. Must be a file that exists. Check the path."
        raise InputError(msg)
    uri = Path(database).absolute().as_uri()
    return url.set(database=uri).update_query_dict({"mode": "ro", "uri": "true"})


def _prepare(connection: Connection) -> None:
    """Make sure that nothing is written, and that any value can be handed over."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.text_factory = decode_text
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
    elif connection.dialect.name == "postgresql":
        # Every statement sees the same rows, as the same query may run twice.
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        if connection.dialect.driver == "psycopg":
            _prepare_psycopg(raw)


def _prepare_psycopg(raw: Any) -> None:  # noqa: ANN401 (a psycopg.Connection)
    """Let psycopg hand over as text, exactly as PostgreSQL writes it, what is read as text."""
    from psycopg import DataError  # noqa: PLC0415 (an extra)
    from psycopg.abc import Buffer  # noqa: PLC0415, TC002
    from psycopg.adapt import Loader  # noqa: PLC0415
    from psycopg.pq import Format  # noqa: PLC0415
    from psycopg.types.string import TextLoader  # noqa: PLC0415

    def lenient(usual: type[Any]) -> type[Loader]:
        class LenientLoader(Loader):
            """Gives None for a time that Python cannot hold."""

            def __init__(self, oid: int, context: object = None) -> None:
                super().__init__(oid)
                self._usual = usual(oid, context)

            def load(self, data: Buffer) -> object:
                try:
                    return self._usual.load(data)
                except DataError:
                    return None

        return LenientLoader

    for info in raw.adapters.types:
        if info.oid not in POSTGRES_KINDS and info.oid != NUMERIC:
            raw.adapters.register_loader(info.oid, TextLoader)
        if info.array_oid:
            raw.adapters.register_loader(info.array_oid, TextLoader)
    for code in _TIMES:
        raw.adapters.register_loader(code, lenient(raw.adapters.get_loader(code, Format.TEXT)))


def _explained(error: Exception, url: URL, doing: str) -> InputError:
    """Say what happened and what to do, with the first line of what the driver says."""
    original = getattr(error, "orig", None) or error
    lines = [" ".join(line.split()) for line in str(original).splitlines() if line.strip()]
    reason = _without_secrets(lines[0] if lines else type(original).__name__, url).rstrip(".")
    state = str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")
    is_lost = getattr(error, "connection_invalidated", False) or state.startswith(_LOST)
    name = name_of(url)
    if doing == "connect":
        return InputError(
            f"Cannot connect to '{name}': {reason}. Must be a database that runs and lets this "
            "user in. Check the host, port and name of the database, the user and the password."
        )
    if state == _CANCELLED:
        return InputError(
            f"The query of '{name}' was stopped: {reason}. Must be done within the time that the "
            "server allows. Ask for fewer rows, or for a longer statement_timeout."
        )
    if is_lost:
        return InputError(
            f"The connection to '{name}' was lost: {reason}. Must last until the last row. Check "
            "that the database still runs, and read again."
        )
    if state == _READ_ONLY[0] or _READ_ONLY[1] in reason:
        return InputError(
            f"The query would change '{name}': {reason}. Must only read. Give a SELECT that calls "
            "nothing that writes, or the name of a table."
        )
    return InputError(
        f"The query of '{name}' failed: {reason}. Must be a query that the database can run. Check "
        'the names of tables and columns (those with capital letters stand in "…") and the rights.'
    )


def _without_secrets(text: str, url: URL) -> str:
    """Blank out the password, in every form in which the URL holds it."""
    secrets = [str(url.password)] if url.password else []
    for key, value in url.query.items():
        if _SECRET.search(key):
            secrets += [value] if isinstance(value, str) else value
    for secret in secrets:
        for form in (secret, quote(secret, safe=""), quote(secret)):
            text = text.replace(form, "***")
    return text
