"""A real hub on a loopback port, over TLS by its own authority; and what it is filled with."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from edge_agent.contracts.claim import Claim
from edge_agent.contracts.config import HubServerConfig
from edge_agent.contracts.platform import CustomerRecord
from edge_agent.sync.identity import trust
from provisioning.clock import utc_now
from provisioning.hub.context import Hub
from provisioning.hub.server import listen, make_server

STORE = "vienna"
UNIT = "door"
IDENTITY_KEY = "00112233445566778899aabbccddeeff"


@dataclass
class Clock:
    """The hub's time; a test moves it on."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class RunningHub:
    hub: Hub
    url: str
    clock: Clock

    def claim(self, store: str = STORE, unit: str = UNIT) -> Claim:
        self.hub.fleet.add_unit(store, unit, "Outdoor", {}, self.clock())
        return self.hub.enrolment.new_claim(store, unit, self.clock())

    def platform(self) -> httpx2.AsyncClient:
        """Return a client as the CDP has one."""
        return httpx2.AsyncClient(
            verify=trust(self.hub.authority.pem),
            base_url=f"{self.url}/v1/platform/stores/{STORE}",
            headers={"Authorization": f"Bearer {self.hub.platform_token}"},
            trust_env=False,
        )


@contextlib.asynccontextmanager
async def running_hub(folder: Path, database: str | None = None) -> AsyncIterator[RunningHub]:
    """Serve a hub with one store, until the block ends."""
    clock = Clock()
    config = HubServerConfig(folder=folder, database=database)
    hub = Hub.open(config, clock)
    hub.fleet.add_store(STORE, "Europe/Vienna", clock())
    with listen(config.model_copy(update={"port": 0})) as opened:
        server = make_server(hub)
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield RunningHub(hub, f"https://127.0.0.1:{opened.getsockname()[1]}", clock)
        finally:
            server.should_exit = True
            await serving
            hub.close()


def customer(name: str, **fields: object) -> CustomerRecord:
    """Return an adult with a phone who has consented to the screen; ``consents`` may name other purposes."""
    purposes = fields.pop("consents", ("screen",))
    assert isinstance(purposes, tuple)
    consents = [
        {"purpose": p, "receipt": "r1", "granted_at": "2020-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z"}
        for p in purposes
    ]
    return CustomerRecord.model_validate(
        {
            "customer": name,
            "age": "adult",
            "consents": consents,
            "valid_until": datetime(2099, 1, 1, tzinfo=UTC),
            "devices": [{"kind": "rolling", "device": "phone", "identity_key": IDENTITY_KEY}],
            **fields,
        }
    )


def customers(names: Iterable[str], **fields: object) -> list[CustomerRecord]:
    return [customer(name, **fields) for name in names]
