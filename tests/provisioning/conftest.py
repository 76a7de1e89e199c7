from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from provisioning.hub.storage import Database, open_database
from provisioning.hub.tables import metadata
from tests.provisioning.hubs import RunningHub, running_hub
from tests.provisioning.postgres import postgres_url, programs


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    if programs() is None:
        pytest.skip("PostgreSQL is absent; install it with: apt-get install postgresql")
    with postgres_url() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind that the hub runs on."""
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    opened = open_database(url, tmp_path)
    yield opened
    if url is not None:
        with opened.writing() as connection:
            for table in metadata.sorted_tables:
                connection.execute(text(f"TRUNCATE {table.name} CASCADE"))
    opened.close()
