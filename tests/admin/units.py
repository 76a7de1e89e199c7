"""Units whose shoppers are simulated and known, without a hub: for the field tools."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge_agent.admin.client import asking
from edge_agent.contracts.admin import Snapshot, Watch
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue
from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from tests.bus.brokers import free_port
from tests.integration.processes import Process, running, write_toml
from tests.scenario.shop import JACKET, WELCOME, identity_key, profile
from tests.store.builders import take_in

STORE = "vienna-1"

Walk = Sequence[tuple[float, float]]
"""(second, metres) points."""


@dataclass
class Unit:
    """A unit's files."""

    folder: Path
    config: Path
    socket: Path

    def snapshot(self) -> Snapshot:
        """Ask its agent how it is now."""
        with asking(self.socket, Watch()) as conversation:
            answer = conversation.receive(30)
        assert isinstance(answer, Snapshot)
        return answer


def make_unit(folder: Path, walks: Mapping[str, Walk], *, strangers: int = 0, **settings: Any) -> Unit:
    """Write a unit that knows, and hears, these customers; each advertises ten times a second."""
    now = datetime.now(UTC)
    _fill(folder / "unit", list(walks), now)
    shoppers = [
        {"name": name, "identity_key": identity_key(name).hex(), "interval_s": 0.1, "walk": [list(p) for p in walk]}
        for name, walk in walks.items()
    ]
    scenario = folder / "scenario.json"
    scenario.write_text(json.dumps({"round_s": 3600, "shoppers": shoppers, "strangers": strangers}))
    unit = Unit(folder, folder / "agent.toml", folder / "admin" / "admin.sock")
    tree = {
        "store": STORE,
        "unit": "entrance",
        "zone": "Outdoor",
        "folder": str(folder / "unit"),
        "notice": {"version": "1"},
        "radio": {"backend": "simulated", "scenario": str(scenario)},
        "screen": {"socket": str(folder / "display.sock")},
        "admin": {"socket": str(unit.socket)},
        "web": {"port": free_port()},
        "clock": {"trust": "always"},
        **settings,
    }
    write_toml(unit.config, tree)
    return unit


@contextmanager
def at_work(unit: Unit) -> Iterator[Process]:
    """Run its agent until the block ends."""
    log = unit.folder / "agent.log"
    with running("edge-agent", "run", "--config", str(unit.config), log=log) as agent:
        agent.wait_for('"admin: running')
        yield agent


def _fill(folder: Path, customers: list[str], now: datetime) -> None:
    operations = tuple(
        SliceOperation(kind="put", customer=name, profile=profile(name, now).model_dump(mode="json"))
        for name in customers
    )
    folder.mkdir(parents=True)
    stores = open_stores(folder, STORE, load_unit_key(folder, None))
    page = SlicePage(
        store=STORE,
        snapshot=True,
        operations=operations,
        cursor="1",
        checkpoint=True,
        checksum=operations_checksum(operations),
        lease_until=now + timedelta(hours=1),
    )
    take_in(stores.slice, [page])
    stock = tuple(item.model_copy(update={"counted_at": now}) for item in JACKET.stock)
    jacket = JACKET.model_copy(update={"stock": stock})
    stores.catalogue.put_catalogue(Catalogue(store=STORE, currency="EUR", products=(jacket,)), "1")
    stores.catalogue.put_campaigns(CampaignFile(version=1, campaigns=(WELCOME,)), "1")
    stores.close()
