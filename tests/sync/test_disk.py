"""The disk refuses: the pull goes on with what it can do, and says which path and what to do."""

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
from tests.sync.units import Unit


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


def test_a_configuration_that_cannot_be_written_names_its_path(tmp_path: Path) -> None:
    config = AgentConfig(store=STORE, unit="door", zone="Outdoor")
    with no_file_may_grow_beyond(8), pytest.raises(DiskError, match=r"desired\.toml: File too large; check"):
        write_config(tmp_path / "desired.toml", config)
    assert list(tmp_path.iterdir()) == []
