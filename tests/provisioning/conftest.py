from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.provisioning.hubs import RunningHub, running_hub


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path / "hub") as running:
        yield running
