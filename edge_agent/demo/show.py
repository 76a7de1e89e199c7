"""Set up a sample store, start everything, tell what happens, and sum up."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import ssl
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final

import click
import httpx2
import tomli_w

from edge_agent.demo.broker import broker_command
from edge_agent.demo.processes import SCRIPTS, ProcessError, Processes

SAMPLE: Final = Path(__file__).parents[1] / "simulator" / "scenarios" / "flagship"
STORE: Final = "flagship"
UNIT: Final = "entrance"
ZONE: Final = "Outdoor"
STRANGERS: Final = 12
DEPARTMENTS: Final = "department=outdoor&department=footwear&department=service"
READY_S: Final = 60.0
"""On a slow machine everything is up within this."""

_WINDOW: Final = "1280x720"
_LAST_EVENTS_S: Final = 3.0


class Show:
    """One run of the demo, in a folder of its own that is gone afterwards."""

    def __init__(self, seconds: float | None, headless: bool, port: int) -> None:
        self._seconds = seconds
        self._headless = headless or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        self._port = free_port(port)
        self._hub_port = free_port(8443)
        self._broker_port = free_port(1883)
        self._folder = Path(tempfile.mkdtemp(prefix="edge-agent-demo-"))
        self._hub_url = f"https://127.0.0.1:{self._hub_port}"
        shared_memory = Path("/dev/shm")  # noqa: S108 (tmpfs; the name below is new)
        self._frame = (shared_memory if shared_memory.is_dir() else self._folder) / f"{self._folder.name}.jpg"

    async def run(self) -> None:
        """Run until the time is over, or until Ctrl-C. Raises ProcessError where a part fails."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            async with Processes(self._folder / "logs") as processes:
                await first_of(stop.wait(), self._set_up(processes))
                if not stop.is_set():
                    self._announce()
                    await first_of(stop.wait(), processes.watch(), self._tell(), self._time_over())
                    await self._sum_up()
        finally:
            self._frame.unlink(missing_ok=True)
            shutil.rmtree(self._folder, ignore_errors=True)

    # --- set up -------------------------------------------------------------------------------

    async def _set_up(self, processes: Processes) -> None:
        click.echo("Setting up a sample store (hub, broker, screen, unit) ...")
        hub = ["--config", str(self._write("hub.toml", self._hub_config()))]
        fleet, agent = str(SCRIPTS / "edge-fleet"), str(SCRIPTS / "edge-agent")
        claim, config = self._folder / "claim", self._folder / "agent.toml"
        unit = self._write("unit.toml", self._unit_config())

        await processes.start("broker", broker_command(self._folder, self._broker_port))
        await processes.call(fleet, "store", "add", STORE, *hub)
        await processes.call(
            fleet,
            "unit",
            "add",
            STORE,
            UNIT,
            "--zone",
            ZONE,
            "--config-file",
            str(unit),
            "--claim-file",
            str(claim),
            *hub,
        )
        await processes.call(fleet, "load", STORE, "--file", str(SAMPLE / "store.json"), *hub)
        click.echo("  hub: a store, a unit, products, campaigns and customers who opted in")
        await processes.start("hub", [fleet, "hub", *hub])
        await self._wait("hub", self._hub_port, processes)
        await processes.call(
            agent, "enrol", "--hub", self._hub_url, "--claim-file", str(claim),
            "--folder", str(self._folder / "unit"), "--config", str(config),
        )  # fmt: skip
        click.echo("  unit: enrolled with its one-time claim")
        await processes.start("agent", [agent, "run", "--config", str(config)])
        await processes.start("display", [str(SCRIPTS / "edge-display"), "run", "--config", str(config)])
        await self._wait("agent", self._port, processes)

    def _hub_config(self) -> dict[str, Any]:
        folder = self._folder / "hub"
        return {"folder": str(folder), "database": f"sqlite:///{folder / 'hub.db'}", "port": self._hub_port}

    def _unit_config(self) -> dict[str, Any]:
        return {
            "notice": {"version": "demo"},
            "broker": {"host": "127.0.0.1", "port": self._broker_port},
            "radio": {"backend": "simulated", "scenario": str(SAMPLE / "shoppers.json")},
            "presence": {"card_dwell_s": 12},
            "screen": {
                "languages": ["en", "de"],
                "socket": str(self._folder / "display.sock"),
                "maximum_s": 20,
                "qr_url": "https://northbound.example/q/{code}",
            },
            "admin": {"socket": str(self._folder / "admin.sock")},
            "display": {
                "brand": "Northbound Outfitters",
                "offscreen": self._headless,
                "size": "1920x1080" if self._headless else _WINDOW,
                "frame_file": str(self._frame),
            },
            "web": {"port": self._port, "live_view": "demo"},
            "clock": {"trust": "always"},
            "visit": {"reentry_s": 0},  # the same people come again every few minutes, as if it were another day
            "limits": {"caps": []},
        }

    def _write(self, name: str, tree: dict[str, Any]) -> Path:
        path = self._folder / name
        path.write_text(tomli_w.dumps(tree), encoding="utf-8")
        return path

    async def _wait(self, name: str, port: int, processes: Processes) -> None:
        """Wait until a process answers on its port."""
        try:
            async with asyncio.timeout(READY_S):
                await first_of(_answers(port), processes.watch())
        except TimeoutError as error:
            raise ProcessError(f"{name} does not answer:\n{processes.tail(name)}") from error

    # --- show ---------------------------------------------------------------------------------

    def _announce(self) -> None:
        pages = f"http://127.0.0.1:{self._port}"
        socket = self._folder / "admin.sock"
        agent = os.path.relpath(SCRIPTS / "edge-agent")
        where = "drawn offscreen; watch it here" if self._headless else "in its own window, and here"
        click.echo(
            f"""
  The clerk's tablet    {pages}/?{DEPARTMENTS}
  The screen            {pages}/live     ({where})
  What happens          {pages}/story    (and below)
  What the unit hears   {agent} watch --socket {socket}
  Why this, why not     {agent} explain --socket {socket}
  How the unit is       {agent} doctor --socket {socket}
  A picture of it all   {agent} screenshot screen.jpg --socket {socket}

Open the tablet page, wait for a card and claim it; with &tablet=second at the end of its address it is
a second tablet. Five customers with the shop's app come and go, one of them reads German; {STRANGERS} strangers
pass by, of whom no trace is kept. Ctrl-C ends the demo.
"""
        )

    async def _tell(self) -> None:
        """Print what happens, one line per fact."""
        url = f"http://127.0.0.1:{self._port}/story/lines"
        with contextlib.suppress(httpx2.HTTPError):
            async with httpx2.AsyncClient(trust_env=False, timeout=None) as client, client.stream("GET", url) as lines:
                async for event in httpx2.EventSource(lines):
                    click.echo(event.data)
        await asyncio.sleep(float("inf"))  # the agent has ended: watch() says so

    async def _time_over(self) -> None:
        await asyncio.sleep(float("inf") if self._seconds is None else self._seconds)

    async def _sum_up(self) -> None:
        """Print what the hub has heard of."""
        token = (self._folder / "hub" / "platform.token").read_text().strip()
        tls = ssl.create_default_context(cafile=self._folder / "unit" / "identity" / "ca.pem")
        async with httpx2.AsyncClient(trust_env=False, verify=tls, timeout=10) as client:
            waiting = await self._outbox(client)
            answer = await client.get(
                f"{self._hub_url}/v1/platform/stores/{STORE}/summary", headers={"Authorization": f"Bearer {token}"}
            )
        events: dict[str, int] = answer.raise_for_status().json()["events"]
        click.echo(
            f"\nSummary: visits {events.get('visit.started', 0)}, impressions {events.get('content.shown', 0)}, "
            f"cards {events.get('clerk.notified', 0)} ({events.get('clerk.claimed', 0)} claimed), "
            f"events delivered to the hub {sum(events.values())}, still waiting {waiting}."
        )

    async def _outbox(self, client: httpx2.AsyncClient) -> int:
        """Give the last events a moment to be delivered; return how many still wait."""
        waiting = 0
        for _ in range(int(_LAST_EVENTS_S / 0.2)):
            text = (await client.get(f"http://127.0.0.1:{self._port}/metrics")).text
            line = next(line for line in text.splitlines() if line.startswith("edge_agent_outbox_events "))
            waiting = int(float(line.split()[1]))
            if not waiting:
                break
            await asyncio.sleep(0.2)
        return waiting


async def first_of(*works: Awaitable[object]) -> None:
    """Wait until the first of these ends, and raise what it raised; cancel the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def free_port(wanted: int) -> int:
    """Return ``wanted`` if that port of the loopback is free, else any that is."""
    for port in (wanted, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as server:
                number: int = server.getsockname()[1]
                return number
        except OSError:
            continue
    raise ProcessError("no TCP port of 127.0.0.1 is free")


async def _answers(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
