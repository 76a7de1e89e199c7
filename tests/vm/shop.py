"""The shop around the unit: the customer's phone, and the hub."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.frames.overflow import of_bits
from edge_agent.identify.background import overflow_bit
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of
from tests.vm.strangers import Stranger

HOST_AS_SEEN_BY_GUEST = "10.0.2.2"
STORE, UNIT = "corner", "door"
IDENTITY_KEY = bytes(range(16))
"""As in store.json."""
ROTATION_EXPONENT = 10
NEAR_DBM = -45
STRANGERS_EVERY_MS = 5000
"""Slow, for the guest's processor is emulated and each of them is a D-Bus object."""

NEIGHBOUR_ADDRESS = "C0:00:00:00:00:03"
BACKGROUND_ADDRESS = "C0:00:00:00:00:02"
BACKGROUND_SERVICE = "00000000-0000-0000-0000-000000000012"
BACKGROUND_CHARACTERISTIC = "3f6a2c11-9d1e-4e0b-8a57-6c1d2b7f9e40"

Deaf = Literal["never", "until reset", "always"]


class Phones:
    """The phones that the virtual radio hears."""

    def __init__(self, folder: Path) -> None:
        """``folder``: where the radio reads what is in the air; see virtual_radio.py."""
        self._folder = folder
        self._written = 0
        self._deaf: Deaf = "never"
        self._strangers: list[dict[str, Any]] = []
        self._customers: list[dict[str, Any]] = []
        self._peripheral: dict[str, str] | None = None
        self._write()

    def none(self) -> None:
        """Nobody is there."""
        self._customers, self._strangers, self._peripheral = [], [], None
        self._write()

    def customer(self, rssi_dbm: int = NEAR_DBM) -> None:
        """The sample customer's phone advertises its present Eddystone-EID."""
        now_s = int(time.time())
        key = temporary_key(IDENTITY_KEY, window_of(now_s))
        eid = ephemeral_id(key, ROTATION_EXPONENT, slot_of(now_s, ROTATION_EXPONENT))
        data = EddystoneEid(tx_power_dbm=-4, eid=eid).encode()
        self._customers = [{"address": "C0:00:00:00:00:01", "data": data.hex(), "rssi_dbm": rssi_dbm}]
        self._write()

    def neighbour(self) -> None:
        """The beacon of a neighbour unit is in the air as well."""
        beacon = IBeacon("5a4bcfce-174e-4bac-a814-092e77f6b7e5", 0x0102, 0x0305, -59)
        data = beacon.encode().hex()
        self._customers.append({"address": NEIGHBOUR_ADDRESS, "data": data, "rssi_dbm": NEAR_DBM})
        self._write()

    def strangers(self, strangers: Iterable[Stranger]) -> None:
        """Strangers pass, besides who is there already."""
        self._strangers = [
            {"address": one.address, "data": one.data.hex(), "rssi_dbm": -70, "interval_ms": STRANGERS_EVERY_MS}
            for one in strangers
        ]
        self._write()

    def in_background(self, token: bytes) -> None:
        """An iPhone whose app is in the background: it shows a bit, and gives its token to whoever asks."""
        data = of_bits([overflow_bit(BACKGROUND_SERVICE) or 0]).encode()
        self._peripheral = {
            "address": BACKGROUND_ADDRESS,
            "data": data.hex(),
            "service": BACKGROUND_SERVICE,
            "characteristic": BACKGROUND_CHARACTERISTIC,
            "value": token.hex(),
        }
        self._write()

    def deafen(self, until: Deaf) -> None:
        """The radio acknowledges everything and hears nothing, until it is reset, or for ever."""
        self._deaf = until
        self._write()

    def _write(self) -> None:
        air = {"deaf": self._deaf, "advertisers": self._customers + self._strangers, "peripheral": self._peripheral}
        self._written += 1
        draft = self._folder / "draft"
        draft.write_text(json.dumps(air))
        draft.rename(self._folder / f"{self._written}.json")


class RunningHub:
    """A hub on the host, as ``edge-fleet`` runs it, and what the platform can see there."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"https://{HOST_AS_SEEN_BY_GUEST}:{port}"
        self._config = folder / "hub.toml"
        self._database = folder / "hub" / "hub.db"
        self._config.write_text(
            f'port = {port}\nnames = ["{HOST_AS_SEEN_BY_GUEST}", "127.0.0.1"]\nfolder = "{folder / "hub"}"\n'
        )

    def fleet(self, *words: str) -> None:
        """Run an ``edge-fleet`` command on this hub."""
        subprocess.run([*self.command(*words)], check=True)

    def command(self, *words: str) -> list[str]:
        """Return an ``edge-fleet`` command line for this hub."""
        return [str(Path(sys.executable).with_name("edge-fleet")), *words, "--config", str(self._config)]

    def events(self) -> list[str]:
        """Return the types of the events that arrived, in order."""
        with sqlite3.connect(f"file:{self._database}?mode=ro", uri=True) as database:
            return [row[0] for row in database.execute("SELECT type FROM events ORDER BY sequence")]

    def visits(self) -> tuple[int, int]:
        """Return how many visits have started, and how many have ended."""
        events = self.events()
        return events.count("visit.started"), events.count("visit.ended")

    def wait_for_visits(self, *, running: int, timeout_s: float) -> None:
        """Wait until so many visits have started and not ended."""
        end = time.monotonic() + timeout_s
        while (counts := self.visits())[0] - counts[1] != running:
            assert time.monotonic() < end, f"wanted {running} visits that go on; started and ended: {counts}"
            time.sleep(0.5)

    def visits_stay(self, counts: tuple[int, int], for_s: float) -> None:
        """Watch for so long that no visit starts and none ends."""
        end = time.monotonic() + for_s
        while time.monotonic() < end:
            assert (now := self.visits()) == counts, f"visits started and ended: {counts} before, {now} now"
            time.sleep(0.5)

    def kept(self) -> bytes:
        """Return everything that it has stored."""
        return b"".join(file.read_bytes() for file in sorted(self._database.parent.glob("hub.db*")))

    def wait_for_events(self, *types: str, timeout_s: float) -> None:
        """Wait until at least one event of each type has arrived; AssertionError names what did."""
        end = time.monotonic() + timeout_s
        while not set(types) <= set(self.events()):
            assert time.monotonic() < end, f"wanted {types}, arrived: {self.events()}"
            time.sleep(0.5)
