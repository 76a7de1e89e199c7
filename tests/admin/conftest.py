"""A control socket in this process, and what stands behind it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import pytest

from edge_agent.admin.reporter import Reporter, Sources
from edge_agent.admin.server import AdminSocket
from edge_agent.clock import SystemClock
from edge_agent.contracts.admin import ANSWER, Answer, QueueStatus
from edge_agent.contracts.base import Contract
from edge_agent.contracts.examination import FINDINGS_MAX, Examination, Finding
from edge_agent.contracts.explanation import Explanation
from edge_agent.errors import DisplayError
from edge_agent.events import Instant
from edge_agent.supervisor import Health
from edge_agent.telling import Shot, Sighting
from edge_agent.visit.view import Present, View
from tests.scenario.shop import CONFIG, START

HELD = {"c-anna", "c-bert"}
"""Whose profiles are held."""


class Command:
    """A local command that does as the test says."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.setblocking(False)
        self._path = path

    async def connect(self) -> None:
        async with asyncio.timeout(30):
            while True:
                try:
                    return self.socket.connect(str(self._path))
                except BlockingIOError:  # so many wait to be accepted
                    await asyncio.sleep(0.01)

    async def say(self, message: Contract | bytes) -> None:
        packet = message if isinstance(message, bytes) else message.model_dump_json().encode()
        await asyncio.get_running_loop().sock_sendall(self.socket, packet)

    async def hear(self) -> Answer | None:
        """Return one answer; ``None`` where the agent has hung up."""
        async with asyncio.timeout(30):
            try:
                packet = await asyncio.get_running_loop().sock_recv(self.socket, 1 << 17)
            except ConnectionResetError:  # it did not read all that was said
                packet = await asyncio.get_running_loop().sock_recv(self.socket, 1 << 17)
        return ANSWER.validate_json(packet) if packet else None


class Setting:
    """A running control socket of a unit that sees what the test says."""

    def __init__(self, path: Path, stack: AsyncExitStack) -> None:
        self.path = path
        self.people: list[Present] = []
        self.views = 0
        self.shot: Shot | None = None
        self.explained: list[tuple[str, datetime]] = []
        clock = SystemClock("always")
        sources = Sources(
            config=CONFIG,
            version="1.2.3",
            view=self._view,
            customers=lambda: 7,
            adapters=lambda now_s: [],
            parts=lambda: [self.server.health.report],
            queues=lambda: [QueueStatus(queue="radio", waiting=1, dropped=2)],
            screen=lambda: None,
            heard=lambda: 100,
            holds=lambda customer: customer in HELD,
            explain=self._explain,
        )
        self.reporter = Reporter(sources, clock)
        self.server = AdminSocket(path, self.reporter, self.examine, self.shoot, Health("admin", clock), unread_s=2.0)
        self._stack = stack

    def _view(self, at_most: int, instant: Instant) -> View:
        self.views += 1
        return View(tuple(self.people[:at_most]), len(self.people[at_most:]), None, 0.0, None, None, None)

    def _explain(self, customer: str, at: datetime, _now: Instant) -> Explanation:
        self.explained.append((customer, at))
        return Explanation(at=at, silent=None if customer in HELD else "profile_expired")

    async def shoot(self) -> Shot:
        if self.shot is None:
            raise DisplayError("no display is connected")
        return self.shot

    async def examine(self) -> Examination:
        found = Finding(severity="ok", about="clock", what="It is set.")
        return Examination(
            at=START, unit="u", store="s", zone="Z", timezone="UTC", version="1", findings=(found,) * FINDINGS_MAX
        )

    async def connect(self) -> Command:
        command = Command(self.path)
        self._stack.callback(command.socket.close)
        await command.connect()
        return command

    async def ask(self, message: Contract | bytes) -> Command:
        command = await self.connect()
        await command.say(message)
        return command

    def saw(self, customer: str, rssi_dbm: int = -60, device: str = "phone") -> None:
        self.server.saw(Sighting(customer, device, 3, rssi_dbm, -59, 1.0))


def present(customer: str, badge: int | None = 3) -> Present:
    return Present(customer, badge, 1.5, None, None, on_screen=False)


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    async with AsyncExitStack() as stack:
        made = Setting(tmp_path / "run" / "admin.sock", stack)
        running = asyncio.create_task(made.server.run())
        async with asyncio.timeout(30):
            while made.server.health.report.state != "running":
                await asyncio.sleep(0.005)
        yield made
        assert not running.done(), running
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
