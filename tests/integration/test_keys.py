"""Whatever is wrong with the key, the agent comes up, says so, and serves what needs no profile."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.constants import UNIT_CREDENTIAL
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from tests.bus.brokers import free_port
from tests.integration.processes import events_of, running, until, write_toml
from tests.integration.store import STORE, UNIT, Hub, enrol_unit
from tests.store.builders import page, put, tag, take_in

pytestmark = pytest.mark.integration


def settings(folder: Path, **more: object) -> Path:
    return write_toml(
        folder / "agent.toml",
        {
            "store": STORE,
            "unit": UNIT,
            "zone": "Outdoor",
            "folder": str(folder / "unit"),
            "notice": {"version": "1"},
            "radio": {"backend": "off"},
            "screen": {"socket": str(folder / "display.sock")},
            "admin": {"socket": str(folder / "admin.sock")},
            "web": {"port": free_port()},
            **more,
        },
    )


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path / "platform")
    yield made
    made.stop()


def profiles(folder: Path) -> list[int]:
    """Ids of the rows in the slice."""
    with closing(sqlite3.connect(f"file:{folder / 'unit' / 'slice.db'}?mode=ro", uri=True)) as database:
        return [row for (row,) in database.execute("SELECT id FROM profiles WHERE key IS NOT NULL")]


def hub_key(folder: Path, new: bytes | None = None) -> bytes:
    """Return the key that the hub keeps for the unit; replace it first, as an old backup would."""
    with closing(sqlite3.connect(folder / "platform" / "hub" / "hub.db")) as database, database:
        if new is not None:
            database.execute("UPDATE slice_keys SET key = ?", (new.hex(),))
        [(key,)] = database.execute("SELECT key FROM slice_keys")
    return bytes.fromhex(key)


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_the_hub_unlocks_the_slice_and_its_key_stays_in_memory(tmp_path: Path, hub: Hub) -> None:
    hub.fill(write_toml(tmp_path / "part.toml", {"slice": {"unlock": "hub"}}), tmp_path / "claim")
    hub.start()
    enrol_unit(hub, tmp_path / "claim", tmp_path / "unit", tmp_path / "enrolled.toml")
    hub.stop()
    config = settings(tmp_path, hub={"url": hub.url, "poll_s": 1}, slice={"unlock": "hub"})

    with running("edge-agent", "run", "--config", str(config), log=tmp_path / "first.log") as agent:
        agent.wait_for("key: the hub cannot be reached")
        assert profiles(tmp_path) == []
        hub.start()
        agent.wait_for("key: running")
        until(lambda: len(profiles(tmp_path)) == 4, lambda: agent.log)
        key = hub_key(tmp_path)
        unit = everything_in(tmp_path / "unit")
        for secret in (key, key.hex().encode()):
            assert secret not in unit
            assert secret not in (tmp_path / "first.log").read_bytes()
            assert secret not in (tmp_path / "platform" / "hub.log").read_bytes()
        assert not (tmp_path / "unit" / "unit.key").exists()
        assert agent.stop(limit_s=20) == 0
        held = profiles(tmp_path)

    hub.stop()
    hub_key(tmp_path, bytes(range(32)))  # an old backup of the hub
    with running("edge-agent", "run", "--config", str(config), log=tmp_path / "second.log") as agent:
        agent.wait_for("key: the hub cannot be reached")
        assert profiles(tmp_path) == held
        hub.start()
        agent.wait_for("sealed with another key")
        agent.wait_for("key: running")
        until(lambda: len(fresh := profiles(tmp_path)) == 4 and not set(fresh) & set(held), lambda: agent.log)
        assert agent.said("sealed with another key") == 1
        assert agent.ended is None


def test_a_broken_credential_is_told_and_looked_at_again(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / UNIT_CREDENTIAL).write_bytes(b"short")
    config, env = settings(tmp_path), {"CREDENTIALS_DIRECTORY": str(credentials)}
    with running("edge-agent", "run", "--config", str(config), log=tmp_path / "agent.log", env=env) as agent:
        agent.wait_for("is at work")
        agent.wait_for("key: credential unit-key: 5 bytes, must be 32; make a new one")
        (credentials / UNIT_CREDENTIAL).write_bytes(bytes(range(32)))
        agent.wait_for("key: running")
        assert agent.stop(limit_s=20) == 0
    assert sum("5 bytes" in line for line in events_of(agent.log)) == 1


def test_a_damaged_slice_costs_one_restart(tmp_path: Path) -> None:
    folder = tmp_path / "unit"
    stores = open_stores(folder, STORE, load_unit_key(folder, None))
    take_in(
        stores.slice, [page([put(f"c{n}", tokens=[tag(f"{n:032x}")]) for n in range(400)], snapshot=True, store=STORE)]
    )
    stores.close()
    content = bytearray((folder / "slice.db").read_bytes())
    for leaf in range(len(content) // 8192 * 4096, len(content), 4096):
        content[leaf : leaf + 8] = b"\xff" * 8
    (folder / "slice.db").write_bytes(content)
    config = settings(tmp_path)

    words = ("edge-agent", "run", "--config", str(config))
    with running(*words, log=tmp_path / "first.log") as first:
        assert first.wait() == 1
    assert (folder / "slice.db.corrupt-1").exists()
    with running(*words, log=tmp_path / "second.log") as second:
        second.wait_for("key: running")
        assert second.stop(limit_s=20) == 0
    assert "Traceback" not in first.log + second.log
