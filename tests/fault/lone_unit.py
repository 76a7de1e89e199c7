"""A unit on its own: agent and display as processes, a simulated radio, no hub."""

import os
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import tomli_w

from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue
from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.scenario import Scenario, Shopper
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.demo.processes import SCRIPTS
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from tests.scenario.shop import JACKET, WELCOME, identity_key, profile
from tests.store.builders import take_in

Walk = tuple[tuple[float, float], ...]
"""Seconds since the start, and metres from the unit then."""


def write_unit(folder: Path, now: datetime, walks: Mapping[str, Walk], tables: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write a unit whose slice holds these shoppers, and who walk so; return its configuration.

    ``tables`` change the configuration, table by table.
    """
    stock = tuple(item.model_copy(update={"counted_at": now}) for item in JACKET.stock)
    operations = tuple(
        SliceOperation(kind="put", customer=name, profile=profile(name, now).model_dump(mode="json")) for name in walks
    )
    page = SlicePage(
        store="bench",
        snapshot=True,
        operations=operations,
        cursor="1",
        checkpoint=True,
        checksum=operations_checksum(operations),
        lease_until=now + timedelta(hours=1),
    )
    stores = open_stores(folder, "bench", load_unit_key(folder, None))
    take_in(stores.slice, [page])
    jacket = JACKET.model_copy(update={"stock": stock})
    stores.catalogue.put_catalogue(Catalogue(store="bench", currency="EUR", products=(jacket,)), "1")
    stores.catalogue.put_campaigns(CampaignFile(version=1, campaigns=(WELCOME,)), "1")
    stores.close()
    scenario = folder / "shoppers.json"
    scenario.write_text(Scenario(round_s=10_000, shoppers=tuple(_shoppers(walks.items()))).model_dump_json())
    tree: dict[str, Any] = {
        "store": "bench",
        "unit": "bench",
        "zone": "Bench",
        "folder": str(folder),
        "notice": {"version": "bench"},
        "radio": {"backend": "simulated", "scenario": str(scenario)},
        "screen": {"socket": str(folder / "display.sock")},
        "admin": {"socket": str(folder / "admin.sock")},
        "display": {"offscreen": True, "size": "1920x1080"},
        "web": {"port": free_port()},
        "clock": {"trust": "always"},
    }
    for name, changes in tables.items():
        tree[name] = {**tree.get(name, {}), **changes}
    config = folder / "agent.toml"
    config.write_text(tomli_w.dumps(tree))
    return config


@contextmanager
def started(script: str, config: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Start a console script; give its process, and the seconds until it told systemd that it is ready."""
    address = folder / f"{script}.notify"
    address.unlink(missing_ok=True)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as on a unit
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, (folder / f"{script}.log").open("ab") as log:
        notify.bind(str(address))
        notify.settimeout(60)
        began_s = time.monotonic()
        process = subprocess.Popen(
            [str(SCRIPTS / script), "run", "--config", str(config)],
            env={**env, "NOTIFY_SOCKET": str(address)},
            stdout=log,
            stderr=log,
        )
        try:
            while b"READY=1" not in notify.recv(4096):
                pass
            yield process, time.monotonic() - began_s
        finally:
            process.terminate()
            process.wait(15)


def _shoppers(walks: Iterable[tuple[str, Walk]]) -> Iterator[Shopper]:
    for name, walk in walks:
        yield Shopper(name=name, identity_key=identity_key(name).hex(), interval_s=0.1, walk=walk)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
