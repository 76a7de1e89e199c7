"""The disk refuses: the pull goes on with what it can do, and says which path and what to do."""

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent.contracts.config import AgentConfig
from edge_agent.errors import DiskError
from edge_agent.sync.configuration import write_config
from tests.provisioning.hubs import STORE, RunningHub, customer
from tests.sync.test_pull import DIGEST, catalogue, put_picture, running, until
from tests.sync.units import Unit

LARGE = bytes(range(256)) * 1024
LARGE_DIGEST = hashlib.sha256(LARGE).hexdigest()


@contextmanager
def no_file_may_grow_beyond(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.integration
async def test_a_picture_that_the_disk_refuses_keeps_no_other_away(served: RunningHub, unit: Unit) -> None:
    await put_picture(served)
    await put_picture(served, LARGE_DIGEST, LARGE)
    both = catalogue(LARGE_DIGEST, DIGEST)
    sizes = [item.model_copy(update={"size_bytes": len(LARGE)}) for item in both.content[:1]]
    served.hub.content.put_catalogue(STORE, both.model_copy(update={"content": (*sizes, *both.content[1:])}))
    with no_file_may_grow_beyond(200_000), pytest.raises(DiskError, match=rf"{LARGE_DIGEST}.*File too large.*full"):
        await unit.pull.pull_knowledge()
    assert {path.name for path in unit.config.content_folder.iterdir()} == {DIGEST, "playlist.json"}
    await unit.pull.pull_knowledge()  # there is room again
    assert (unit.config.content_folder / LARGE_DIGEST).read_bytes() == LARGE


@pytest.mark.integration
async def test_a_disk_that_takes_no_content_at_all_does_not_end_the_pull(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    unit.config.content_folder.write_bytes(b"not a folder")
    async with running(unit.pull):
        await until(lambda: "content: File exists; check" in caplog.text)
        served.hub.slices.put(STORE, [customer("anna")], served.clock())
        await until(lambda: "anna" in unit.held())


@pytest.mark.integration
async def test_what_a_power_cut_left_of_a_picture_is_swept(served: RunningHub, unit: Unit) -> None:
    unit.config.content_folder.mkdir()
    (unit.config.content_folder / f".{DIGEST}.0a1b2c3d").write_bytes(b"half of it")
    await put_picture(served)
    served.hub.content.put_catalogue(STORE, catalogue(DIGEST))
    await unit.pull.pull_knowledge()
    assert {path.name for path in unit.config.content_folder.iterdir()} == {DIGEST, "playlist.json"}


def test_a_configuration_that_cannot_be_written_names_its_path(tmp_path: Path) -> None:
    config = AgentConfig(store=STORE, unit="door", zone="Outdoor")
    with no_file_may_grow_beyond(8), pytest.raises(DiskError, match=r"desired\.toml: File too large; check"):
        write_config(tmp_path / "desired.toml", config)
    assert list(tmp_path.iterdir()) == []
