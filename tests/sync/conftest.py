from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.provisioning.hubs import RunningHub, running_hub
from tests.sync.units import Unit, enrolled_unit


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
async def unit(served: RunningHub, tmp_path: Path) -> AsyncIterator[Unit]:
    async with enrolled_unit(served, tmp_path / "unit") as enrolled:
        yield enrolled
