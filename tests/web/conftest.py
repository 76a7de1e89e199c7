from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bus.brokers import Broker, free_port, mosquitto


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    started = mosquitto(tmp_path)
    await started.start()
    yield started
    started.kill()


@pytest.fixture
def nobody() -> Broker:
    """A broker that is not there."""
    return Broker([], free_port())


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A small page in place of the clerk's."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text('<!doctype html><script type="importmap">{"imports": {}}</script>hello')
    (folder / "app.js").write_text("export {};")
    return folder
