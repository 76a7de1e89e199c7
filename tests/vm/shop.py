"""The shop around the unit: the customer's phone, and the hub."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of

HOST_AS_SEEN_BY_GUEST = "10.0.2.2"
STORE, UNIT = "corner", "door"
IDENTITY_KEY = bytes(range(16))
"""As in store.json."""
ROTATION_EXPONENT = 10
NEAR_DBM, FAR_DBM = -45, -95


class Phones:
    """The phones that the virtual radio hears."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.none()

    def none(self) -> None:
        """Nobody is there."""
        self._write([])

    def customer(self, rssi_dbm: int = NEAR_DBM) -> None:
        """The sample customer's phone advertises its present Eddystone-EID."""
        now_s = int(time.time())
        key = temporary_key(IDENTITY_KEY, window_of(now_s))
        eid = ephemeral_id(key, ROTATION_EXPONENT, slot_of(now_s, ROTATION_EXPONENT))
        data = EddystoneEid(tx_power_dbm=-4, eid=eid).encode()
        self._write([{"address": "C0:00:00:00:00:01", "data": data.hex(), "rssi_dbm": rssi_dbm}])

    def _write(self, phones: list[dict[str, Any]]) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(phones))
        draft.replace(self._file)


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

    def wait_for_events(self, *types: str, timeout_s: float) -> None:
        """Wait until at least one event of each type has arrived; AssertionError names what did."""
        end = time.monotonic() + timeout_s
        while not set(types) <= set(self.events()):
            assert time.monotonic() < end, f"wanted {types}, arrived: {self.events()}"
            time.sleep(0.5)
