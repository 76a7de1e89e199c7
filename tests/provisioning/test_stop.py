"""The hub's own process is stopped, as by systemd, while units listen."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_agent.contracts.config import HubServerConfig
from edge_agent.errors import HubError
from edge_agent.sync.enrol import enrol
from provisioning.hub.context import Hub
from tests.provisioning.hubs import STORE, Clock, RunningHub
from tests.provisioning.test_limits import listening
from tests.sync.units import unit_at

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]  # a busy machine takes its time to start a hub

UNITS = ("door", "window")


@contextlib.asynccontextmanager
async def hub_process(folder: Path, log: Path) -> AsyncIterator[tuple[RunningHub, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clock = Clock()
    hub = Hub.open(HubServerConfig(folder=folder, port=port), clock)
    hub.fleet.add_store(STORE, "Europe/Vienna", clock())
    file = folder / "hub.toml"
    file.write_text(f'port = {port}\nfolder = "{folder}"\n')
    with log.open("wb") as output:
        command = [Path(sys.executable).with_name("edge-fleet"), "hub", "--config", file]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        while "the hub serves" not in log.read_text():
            assert process.poll() is None, log.read_text()
            await asyncio.sleep(0.05)
        yield RunningHub(hub, f"https://127.0.0.1:{port}", clock), process
    finally:
        process.kill()
        process.wait()
        hub.close()


async def test_a_hub_that_is_stopped_ends_its_streams_and_has_nothing_to_complain_about(tmp_path: Path) -> None:
    log = tmp_path / "hub.log"
    async with contextlib.AsyncExitStack() as units, hub_process(tmp_path / "hub", log) as (served, process):
        streams = []
        for name in UNITS:
            folder = tmp_path / name
            await asyncio.to_thread(enrol, served.url, served.claim(unit=name), folder, folder / "agent.toml")
            unit = await units.enter_async_context(unit_at(served.url, folder))
            streams.append(await units.enter_async_context(listening(unit)))
            await unit.pull.pull_slice()  # it keeps this connection for later
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 60) == 0
        for stream in streams:
            with pytest.raises(HubError, match="ended the nudge stream"):
                await stream
    said = log.read_text()
    assert "Finished server process" in said
    assert [word for word in ("WARNING", "ERROR", "Traceback") if word in said] == []
