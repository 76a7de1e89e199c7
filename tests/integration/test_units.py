"""Three agents, one broker, one customer: the one that serves her is killed, and another continues her visit."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.bus.brokers import free_port, mosquitto
from tests.integration.processes import SCRIPTS, Process, until, write_toml
from tests.integration.store import KEYS, STORE, Hub, enrol_unit, port_open, store_file

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

ANNA = "c-anna"
HEARS = {"door": None, "rack": (1.0, 3599), "desk": (1.6, 45)}
"""From how far each unit hears her, and until when, in seconds after its start. The door coordinates."""


class Shop:
    """A hub, a broker and the units of HEARS, none of which has a screen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = mosquitto(folder)
        self.hub = Hub(folder / "platform")
        self.agents: dict[str, Process] = {}
        self._broker = subprocess.Popen(self.broker.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def open(self) -> None:
        """Start the hub and enrol the units."""
        data = self.folder / "store.json"
        data.write_text(json.dumps(store_file()))
        self.hub.fleet("store", "add", STORE)
        for unit in HEARS:
            config, claim = write_toml(self.folder / f"{unit}.toml", self._config(unit)), self.folder / f"{unit}.claim"
            words = ["--zone", unit.title(), "--config-file", str(config), "--claim-file", str(claim)]
            self.hub.fleet("unit", "add", STORE, unit, *words)
        self.hub.fleet("load", STORE, "--file", str(data))
        self.hub.start()
        until(lambda: port_open(self.broker.port), "the broker")
        for unit in HEARS:
            enrol_unit(self.hub, self.folder / f"{unit}.claim", self.folder / unit, self._enrolled(unit))

    def start(self, unit: str) -> None:
        """Start a unit's agent; she comes four seconds later."""
        hears = HEARS[unit]
        walk = [] if hears is None else [[4, hears[0]], [hears[1], hears[0]]]
        anna = {"name": ANNA, "identity_key": KEYS[ANNA], "interval_s": 0.2, "walk": walk}
        scenario = {"round_s": 3600, "strangers": 3, "shoppers": [anna] if walk else []}
        (self.folder / f"{unit}.json").write_text(json.dumps(scenario))
        command = [str(SCRIPTS / "edge-agent"), "run", "--config", str(self._enrolled(unit))]
        self.agents[unit] = Process(command, self.folder / f"{unit}.log")

    def contacts(self, unit: str) -> list[tuple[str, ...]]:
        """What the journal of a unit holds of contacts with customers."""
        with closing(sqlite3.connect(f"file:{self.folder / unit / 'journal.db'}?mode=ro", uri=True)) as journal:
            query = "SELECT customer, campaign, channel, visit, decision, message_class FROM contacts ORDER BY at"
            return journal.execute(query).fetchall()

    def close(self) -> None:
        for agent in self.agents.values():
            agent.kill()
        self.hub.stop()
        self._broker.kill()
        self._broker.wait()

    def _enrolled(self, unit: str) -> Path:
        return self.folder / f"{unit}-agent.toml"

    def _config(self, unit: str) -> dict[str, object]:
        return {
            "notice": {"version": "2026-1"},
            "broker": {"host": "127.0.0.1", "port": self.broker.port},
            "units": {"coordinator": "door"},
            "radio": {"backend": "simulated", "scenario": str(self.folder / f"{unit}.json")},
            "presence": {"card_dwell_s": 6.0},
            "display": {"enabled": False},
            "screen": {"socket": str(self.folder / f"{unit}.sock")},
            "admin": {"socket": str(self.folder / f"{unit}-admin.sock")},
            "web": {"port": free_port()},
            "clock": {"trust": "always"},
        }


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    try:
        made.open()
        yield made
    finally:
        made.close()


def test_another_unit_continues_the_visit_of_one_that_was_killed(shop: Shop) -> None:
    shop.start("door")
    shop.agents["door"].wait_for("bus: running")
    for unit in ("rack", "desk"):
        shop.start(unit)
    shop.hub.wait_for(ANNA, "visit.started", "clerk.notified")
    shop.agents["rack"].kill()
    shop.hub.wait_for(ANNA, "visit.ended")
    (started,) = shop.hub.of_type("visit.started", ANNA)
    (carded,) = shop.hub.of_type("clerk.notified", ANNA)
    (ended,) = shop.hub.of_type("visit.ended", ANNA)
    assert (carded["data"]["zone"], ended["data"]["zone"]) == ("Rack", "Desk")
    assert started["data"]["visit"] == carded["data"]["visit"] == ended["data"]["visit"]
    (card,) = shop.contacts("rack")
    assert [shop.contacts(unit) for unit in ("door", "desk")] == [[card], [card]], "all of them count it"
