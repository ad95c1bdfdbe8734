"""A real PostgreSQL for the tests that need one."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Database:
    """A schema of its own in a real PostgreSQL with PostGIS."""

    url: str
    schema: str

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement with full rights; SCHEMA stands for the name of the schema."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            result = connection.exec_driver_sql(
                statement.replace("SCHEMA", self.schema), execution_options={"no_parameters": True}
            )
            return [tuple(row) for row in result] if result.returns_rows else []

    def with_option(self, **options: str) -> str:
        """Give the URL with further options of the connection."""
        url = sa.make_url(self.url).update_query_dict(options)
        return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def database_url() -> str:
    """Give the URL of the test database, or skip."""
    url = os.environ.get("HOTSPOTS_TEST_DATABASE", "")
    if not url:
        pytest.skip("no HOTSPOTS_TEST_DATABASE: .ci/start-postgres FOLDER starts one")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give an empty schema, and drop it afterwards."""
    made = Database(database_url, f"test_{uuid.uuid4().hex[:12]}")
    made.execute("create schema SCHEMA")
    yield made
    made.execute("drop schema SCHEMA cascade")
