"""A whole small store as real processes: hub, broker, display, agent, and tablets."""

import json
import socket
import sqlite3
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from edge_agent.cli.enrol import enrol
from provisioning.cli import main as edge_fleet
from tests.bus.brokers import free_port, mosquitto
from tests.integration.processes import SCRIPTS, Process, typed, until, write_toml
from tests.integration.tablet import Tablet

STORE, UNIT = "corner", "door"
KEYS = {
    f"c-{name}": f"{number:02x}0102030405060708090a0b0c0d0e0f"
    for number, name in enumerate(("anna", "bea", "cleo", "dora"))
}
SALUTATION = "Frau Mag. Zwetschkenbaum"
JACKET = "4006381333931"


def consents() -> list[dict[str, str]]:
    purposes = ("screen", "clerk", "clerk_name", "analytics")
    return [
        {"purpose": purpose, "receipt": f"r-{purpose}", "granted_at": "-30d", "expires_at": "+300d"}
        for purpose in purposes
    ]


def store_file() -> dict[str, Any]:
    """A jacket, a campaign about it, and two customers who looked at it."""
    return {
        "version": 1,
        "catalogue": {
            "currency": "EUR",
            "products": [
                {
                    "product": JACKET,
                    "names": {"en": "Trail Jacket"},
                    "price": {"amount": "149.00", "currency": "EUR"},
                    "department": "outdoor",
                    "place": {"en": "rack 4"},
                    "stock": [{"quantity": 3, "counted_at": "-1h"}],
                    "content_class": "public",
                }
            ],
        },
        "campaigns": {
            "version": 1,
            "campaigns": [
                {
                    "campaign": "viewed-here",
                    "title": "What you looked at is here",
                    "message_class": "offer",
                    "audience": {"viewed": [JACKET]},
                    "card": "opportunity",
                    "department": "outdoor",
                    "wording": {
                        "en": {"headline": "{ $badge }, welcome back", "opening": "Would you like to try it on?"}
                    },
                    "value": 40,
                    "probability": 0.3,
                    "caps": [{"count": 20, "per_s": 86_400}],
                }
            ],
        },
        "customers": [
            {
                "customer": name,
                "languages": ["en"],
                "age": "adult",
                "salutation": SALUTATION,
                "consents": consents(),
                "viewed": [{"product": JACKET, "viewed_at": "-20h"}],
                "valid_until": "+1d",
                "devices": [{"kind": "rolling", "device": "phone", "identity_key": key}],
            }
            for name, key in KEYS.items()
        ],
    }


class Hub:
    """``edge-fleet hub`` with one store."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder, self.port = folder, free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.config = write_toml(folder / "hub.toml", {"port": self.port, "folder": str(folder / "hub")})
        self.process: Process | None = None

    def fleet(self, *words: str) -> None:
        """Type a command of ``edge-fleet``. In this process: the tests of the demo start it as people do."""
        typed(edge_fleet, *words, "--config", str(self.config))

    def fill(self, unit_config: Path, claim: Path, content: Mapping[str, Any] | None = None) -> None:
        """Make the store and a unit, and load customers, products and campaigns."""
        (self._folder / "store.json").write_text(json.dumps(content or store_file()))
        self.fleet("store", "add", STORE)
        words = ["--zone", "Outdoor", "--config-file", str(unit_config), "--claim-file", str(claim)]
        self.fleet("unit", "add", STORE, UNIT, *words)
        self.fleet("load", STORE, "--file", str(self._folder / "store.json"))

    def start(self) -> None:
        command = [str(SCRIPTS / "edge-fleet"), "hub", "--config", str(self.config)]
        self.process = Process(command, self._folder / "hub.log")
        until(lambda: port_open(self.port), "the hub")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()

    def events(self) -> list[dict[str, Any]]:
        """What has arrived, in order."""
        with closing(sqlite3.connect(f"file:{self._folder / 'hub' / 'hub.db'}?mode=ro", uri=True)) as database:
            return [json.loads(row[0]) for row in database.execute("SELECT body FROM events ORDER BY sequence")]

    def cursor(self) -> str:
        """Where a unit stands that has pulled everything."""
        with closing(sqlite3.connect(f"file:{self._folder / 'hub' / 'hub.db'}?mode=ro", uri=True)) as database:
            return ".".join(map(str, database.execute("SELECT epoch, sequence FROM stores").fetchone()))

    def of(self, customer: str) -> list[str]:
        """Types of a customer's events, in order."""
        return [event["type"] for event in self.events() if event["data"].get("customer") == customer]

    def of_type(self, kind: str, customer: str) -> list[dict[str, Any]]:
        """A customer's events of one type."""
        return [e for e in self.events() if (e["type"], e["data"].get("customer")) == (kind, customer)]

    def wait_for(self, customer: str, *types: str) -> None:
        until(lambda: set(types) <= set(self.of(customer)), lambda: f"{types} of {customer}; have {self.of(customer)}")

    def delete(self, customer: str) -> None:
        """The platform says that she has withdrawn."""
        self._platform("DELETE", f"customers/{customer}")

    def put(self, record: Mapping[str, Any]) -> None:
        """The platform says what it knows of a customer now."""
        self._platform("PUT", f"customers/{record['customer']}", json=record)

    def redeem(self, code: str, order: str) -> dict[str, Any]:
        """The platform says that a code of a screen was redeemed."""
        redemption = {"code": code, "order_id": order, "at": datetime.now(UTC).isoformat()}
        answer: dict[str, Any] = self._platform("POST", "redemptions", json=redemption).json()
        return answer

    def _platform(self, method: str, path: str, **more: Any) -> httpx2.Response:
        token = (self._folder / "hub" / "platform.token").read_text().strip()
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        with httpx2.Client(verify=tls, trust_env=False, headers={"Authorization": f"Bearer {token}"}) as client:
            answer = client.request(method, f"{self.url}/v1/platform/stores/{STORE}/{path}", **more)
            return answer.raise_for_status()


def enrol_unit(hub: Hub, claim: Path, folder: Path, config: Path) -> None:
    """Give a unit its identity; its configuration is written to ``config``."""
    typed(enrol, "--hub", hub.url, "--claim-file", str(claim), "--folder", str(folder), "--config", str(config))


class Store:
    """Everything; the parts can be killed and started again one by one."""

    def __init__(
        self,
        folder: Path,
        content: Mapping[str, Any] | None = None,
        keys: Mapping[str, str] = KEYS,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """``content``: what the store file holds. ``keys``: customer -> identity key. ``settings``: of the unit."""
        self._content = content
        self._keys = keys
        self._settings = settings or {}
        self.folder = folder
        self.unit = folder / "unit"
        self.config = folder / "agent.toml"
        self.socket = folder / "display.sock"
        self.scenario = folder / "scenario.json"
        self.broker = mosquitto(folder)
        self._broker_process: subprocess.Popen[bytes] | None = None
        self.web_port = free_port()
        self.hub = Hub(folder / "platform")
        self.agent: Process
        self.display: Process
        self.tablets: list[Tablet] = []

    def open(self) -> None:
        """Start all but the agent."""
        self._broker_process = subprocess.Popen(
            self.broker.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        settings: dict[str, dict[str, Any]] = {
            "notice": {"version": "2026-1"},
            "broker": {"host": "127.0.0.1", "port": self.broker.port},
            "radio": {"backend": "simulated", "scenario": str(self.scenario)},
            "presence": {"screen_dwell_s": 0.5, "card_dwell_s": 1.0, "smoothing_s": 1.0},
            "screen": {"socket": str(self.socket), "minimum_s": 1.0, "maximum_s": 300.0},
            "admin": {"socket": str(self.folder / "admin.sock")},
            "display": {"offscreen": True, "size": "640x360"},
            "web": {"port": self.web_port},
            "clock": {"trust": "always"},
        }
        for part, values in self._settings.items():
            settings[part] = {**settings.get(part, {}), **values}
        unit = write_toml(self.folder / "unit.toml", settings)
        claim = self.folder / "claim"
        self.hub.fill(unit, claim, self._content)
        self.hub.start()
        until(lambda: port_open(self.broker.port), "the broker")
        enrol_unit(self.hub, claim, self.unit, self.config)

    def start_agent(self, *present: str) -> None:
        """Start the agent in a shop where these customers stand one metre away.

        They come four seconds later, so that the display has found the agent.
        """
        shoppers = [
            {"name": name, "identity_key": self._keys[name], "interval_s": 0.2, "walk": [[4, 1.0], [3599, 1.0]]}
            for name in present
        ]
        self.scenario.write_text(json.dumps({"round_s": 3600, "shoppers": shoppers, "strangers": 3}))
        script = SCRIPTS / "edge-agent"
        self.agent = Process([str(script), "run", "--config", str(self.config)], self.folder / "agent.log")

    def stop_agent(self) -> None:
        if self.agent.ended is None:
            assert self.agent.stop() == 0, self.agent.log

    def start_display(self) -> None:
        """Start it, unless it runs."""
        if hasattr(self, "display") and self.display.ended is None:
            return
        script = SCRIPTS / "edge-display"
        log = self.folder / "display.log"
        before = log.read_text().count("no agent at") if log.exists() else 0
        self.display = Process([str(script), "run", "--config", str(self.config)], log)
        self.display.wait_for("no agent at", times=before + 1)

    def tablet(self, name: str, department: str = "outdoor") -> Tablet:
        made = Tablet(self.broker.port, name, STORE, department)
        self.tablets.append(made)
        return made

    def close_tablets(self) -> None:
        while self.tablets:
            self.tablets.pop().close()

    def close(self) -> None:
        self.close_tablets()
        for process in (getattr(self, "agent", None), getattr(self, "display", None)):
            if process is not None:
                process.kill()
        self.hub.stop()
        if self._broker_process is not None:
            self._broker_process.kill()
            self._broker_process.wait()


def port_open(port: int) -> bool:
    """Whether something listens on a port of the loopback."""
    with closing(socket.socket()) as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
