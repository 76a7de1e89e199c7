"""The disk refuses: the pull goes on with what it can do, and says which path and what to do."""

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent.contracts.config import AgentConfig
from edge_agent.errors import DiskError, HubError
from edge_agent.events import SliceChanged
from edge_agent.store.slice import SliceStore
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


@contextmanager
def read_only(slices: SliceStore) -> Iterator[None]:
    """What a worn-out card becomes; the hub of these tests lives in this process, and goes on writing."""
    slices._file.write.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        slices._file.write.execute("PRAGMA query_only = OFF")


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
async def test_who_changes_while_the_disk_refuses_is_not_known_until_it_takes_the_change(
    served: RunningHub, unit: Unit
) -> None:
    served.hub.slices.put(STORE, [customer("anna"), customer("bea"), customer("carla")], served.clock())
    await unit.pull.pull_slice()
    served.hub.slices.tombstone(STORE, "anna", served.clock())
    served.hub.slices.put(STORE, [customer("bea")], served.clock())
    known = unit.stores.slice.profile
    with read_only(unit.stores.slice):
        for _ in range(2):
            with pytest.raises(HubError, match="pulled again"):
                await unit.pull.pull_slice()
            refused = unit.told[-1]
            assert isinstance(refused, SliceChanged)
            assert refused.changed == frozenset({"anna", "bea"})
            assert [known(name) is None for name in ("anna", "bea", "carla")] == [True, True, False]
            assert {name for name, tokens in unit.stores.slice.tokens() if tokens} == {"carla"}
    await unit.pull.pull_slice()
    assert [known(name) is None for name in ("anna", "bea", "carla")] == [True, False, False]
    assert unit.stores.slice.tokens_of("bea")
    assert set(unit.stores.slice.tombstones.owed()) == {"anna"}


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
