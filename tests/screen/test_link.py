"""The agent's end of the display's socket, against displays of every kind."""

import asyncio
import contextlib
import logging
import os
import random
import resource
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from display.link import Link
from edge_agent.clock import SystemClock
from edge_agent.contracts.base import MESSAGE_MAX_BYTES, Contract
from edge_agent.contracts.screen import (
    Capture,
    Captured,
    Clear,
    Hello,
    LoopPlayed,
    Panel,
    PanelState,
    Refused,
    Scene,
    Show,
    Shown,
    State,
)
from edge_agent.errors import DisplayError
from edge_agent.events import DisplayJoined, DisplayLost, FromScreen, Input
from edge_agent.screen.link import CONNECTIONS_MAX, UNSEEN, ScreenLink
from edge_agent.screen.shots import SHOT_MAX_BYTES, Shots
from edge_agent.supervisor import Health

HELLO = Hello(width_px=1920, height_px=1080)


class Display:
    """A display that does as the test says."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.setblocking(False)
        self.socket.connect(str(path))

    async def send(self, message: Contract | bytes) -> None:
        packet = message if isinstance(message, bytes) else message.model_dump_json().encode()
        await asyncio.get_running_loop().sock_sendall(self.socket, packet)

    async def receive(self) -> bytes:
        """Return one packet; empty where the agent has hung up."""
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 1 << 17), 30)
        except ConnectionResetError:
            return b""


class Setting:
    """A running link, what it emitted, and displays that are closed at the end."""

    def __init__(self, path: Path, stack: contextlib.ExitStack) -> None:
        self.path = path
        self.emitted: list[Input] = []
        self.link = ScreenLink(path, self.emitted.append, Health("screen", SystemClock("always")))
        self._stack = stack

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.005)

    async def connect(self) -> Display:
        await self.until(self.path.exists)
        display = Display(self.path)
        self._stack.callback(display.socket.close)
        return display

    async def join(self, hello: Contract | bytes = HELLO) -> Display:
        display = await self.connect()
        before = self.count(DisplayJoined)
        await display.send(hello)
        await self.until(lambda: self.count(DisplayJoined) == before + 1)
        return display

    def count(self, kind: type[Input]) -> int:
        return sum(isinstance(each, kind) for each in self.emitted)


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    with contextlib.ExitStack() as stack:
        made = Setting(tmp_path / "run" / "display.sock", stack)
        task = asyncio.create_task(made.link.run())
        yield made
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def scene(message_id: str = "m1") -> Scene:
    return Scene(message_id=message_id, layout="product", mode="generic", language="en", headline="Hello")


async def test_what_is_said_is_heard_on_both_sides(setting: Setting) -> None:
    display = await setting.join()
    assert setting.link.health.report.state == "running"
    setting.link.send(Show(scene=scene()))
    assert Show.model_validate_json(await display.receive()).scene.message_id == "m1"
    await display.send(Shown(message_id="m1", first_frame_s=1.0))
    await setting.until(lambda: setting.count(FromScreen))
    assert setting.emitted == [DisplayJoined(HELLO), FromScreen(Shown(message_id="m1", first_frame_s=1.0))]
    display.socket.close()
    await setting.until(lambda: setting.count(DisplayLost))
    assert setting.link.health.report.state == "waiting"
    setting.link.send(Show(scene=scene()))  # to nobody


async def test_the_state_names_the_content_that_was_published_before_the_display_came(setting: Setting) -> None:
    setting.link.content_changed("v7")
    display = await setting.join()
    setting.link.send(State())
    assert State.model_validate_json(await display.receive()).content_version == "v7"


async def test_only_its_group_may_connect(setting: Setting) -> None:
    await setting.until(setting.path.exists)
    await setting.until(lambda: stat.S_IMODE(setting.path.stat().st_mode) == 0o660)


async def test_while_a_display_lives_a_second_one_is_refused_and_that_is_said_once(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    first = await setting.join()
    for _ in range(5):
        second = await setting.connect()
        await second.send(HELLO)
        assert await second.receive() == b""
    setting.link.send(Show(scene=scene("m2")))
    assert Show.model_validate_json(await first.receive()).scene.message_id == "m2"
    assert setting.emitted == [DisplayJoined(HELLO)]
    assert sum("another one is connected" in record.message for record in caplog.records) == 1


async def test_a_dead_display_makes_room_at_once(setting: Setting) -> None:
    first = await setting.join()
    first.socket.close()
    await setting.until(lambda: setting.count(DisplayLost))
    second = await setting.join()
    setting.link.send(Show(scene=scene("m2")))
    assert Show.model_validate_json(await second.receive()).scene.message_id == "m2"


async def test_two_displays_do_not_fight(setting: Setting) -> None:
    """Two real ones: the second waits longer and longer, and takes over when the first has gone."""
    await setting.until(setting.path.exists)
    first, second = (Link(setting.path, lambda: HELLO) for _ in range(2))
    now_s = 0.0

    async def turn(*links: Link) -> None:
        nonlocal now_s
        now_s += 0.05
        for link in links:
            link.turn(now_s)
        joined = setting.count(DisplayJoined)
        await asyncio.sleep(0.005)
        if setting.count(DisplayJoined) > joined:
            setting.link.send(State())

    while not setting.count(DisplayJoined):
        await turn(first)
    for _ in range(400):
        await turn(first, second)
    assert setting.count(DisplayJoined) == 1
    assert 1 <= setting.link.faults["second display"] <= 15
    first.close()
    async with asyncio.timeout(30):
        while setting.count(DisplayJoined) < 2:
            await turn(second)
    second.close()


async def test_an_agent_out_of_file_descriptors_says_so_instead_of_dying(tmp_path: Path) -> None:
    link = ScreenLink(tmp_path / "display.sock", lambda _: None, Health("screen", SystemClock("always")))
    task = asyncio.create_task(link.run())
    async with asyncio.timeout(30):
        while link.health.report.problem != "no display is connected":
            await asyncio.sleep(0.01)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
        lowest_free = os.dup(caller.fileno())
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            caller.connect(str(tmp_path / "display.sock"))
            with pytest.raises(DisplayError, match="Too many open files"):
                await task
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "first",
    [
        b"garbage",
        b"{}",
        Shown(message_id="m", first_frame_s=1),
        HELLO.model_copy(update={"protocol": 99}),
        b"x" * 70_000,
    ],
    ids=["garbage", "nothing", "no hello", "protocol", "oversized"],
)
async def test_who_does_not_introduce_himself_is_dropped_and_said_once(
    first: Contract | bytes, setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        display = await setting.connect()
        await display.send(first)
        assert await display.receive() == b""
    assert setting.emitted == []
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1
    await setting.join()


async def test_silent_connections_do_not_keep_the_display_out(setting: Setting) -> None:
    idle = [await setting.connect() for _ in range(CONNECTIONS_MAX - 1)]
    await setting.join()
    assert len(idle) == CONNECTIONS_MAX - 1


async def test_a_flood_of_garbage_is_one_line_and_the_loop_stays_free(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    display = await setting.join()
    flood = asyncio.create_task(_send_all(display, [b"garbage %d" % number for number in range(500)]))
    turns = 0
    while not flood.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 500
    await display.send(Shown(message_id="m1", first_frame_s=1.0))
    await setting.until(lambda: setting.count(FromScreen))
    assert setting.link.faults["garbage"] == 500
    assert sum("is not a message" in record.message for record in caplog.records) == 1


async def _send_all(display: Display, packets: list[bytes]) -> None:
    for packet in packets:
        await display.send(packet)


async def test_random_and_mutilated_packets_change_nothing(setting: Setting) -> None:
    rng = random.Random(4)
    good = Shown(message_id="m1", first_frame_s=1.0).model_dump_json().encode()
    display = await setting.join()
    for _ in range(200):
        packet = bytearray(good if rng.random() < 0.5 else rng.randbytes(rng.randrange(1, 300)))
        packet[rng.randrange(len(packet))] = rng.randrange(0x80, 0x100)
        await display.send(bytes(packet))
    await display.send(b"y" * (MESSAGE_MAX_BYTES + 1))
    await display.send(b'{"type":' * 20_000)
    await display.send(HELLO)
    await display.send(good)
    await setting.until(lambda: setting.count(FromScreen))
    assert setting.emitted == [DisplayJoined(HELLO), FromScreen(Shown(message_id="m1", first_frame_s=1.0))]


async def test_what_the_display_refuses_is_said(setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    display = await setting.join()
    for _ in range(3):
        await display.send(Refused(reason="no such picture"))
    await setting.until(lambda: setting.count(FromScreen) == 3)
    assert sum("it refused what it was told: no such picture" in record.message for record in caplog.records) == 1


async def test_a_display_that_never_reads_is_dropped_and_gets_the_state_when_it_is_back(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    display = await setting.join()
    for _ in range(10_000):
        setting.link.send(Clear(message_id="m1", reason="done"))
    assert sum("does not read" in record.message for record in caplog.records) == 1
    await setting.until(lambda: setting.count(DisplayLost) == 1)
    again = await setting.join()
    setting.link.send(State())
    assert State.model_validate_json(await again.receive())
    assert display.socket.fileno() >= 0


async def test_a_leftover_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "display.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as leftover:
        leftover.bind(str(path))
    assert path.exists()
    link = ScreenLink(path, lambda _: None, Health("screen", SystemClock("always")))
    task = asyncio.create_task(link.run())
    async with asyncio.timeout(30):
        while not _connects(path):
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        return probe.connect_ex(str(path)) == 0


async def test_a_socket_that_cannot_be_made_says_which_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "display.sock", tmp_path / ("x" * 200)):
        link = ScreenLink(path, lambda _: None, Health("screen", SystemClock("always")))
        with pytest.raises(DisplayError, match=r"screen\.socket"):
            await link.run()
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("state", ["on", "off", "covered", "absent"])
async def test_a_panel_that_somebody_must_mend_is_said(state: PanelState, setting: Setting) -> None:
    display = await setting.join()
    assert setting.link.panel is None
    await display.send(Panel(state=state))
    await setting.until(lambda: setting.count(FromScreen))
    report = setting.link.health.report
    assert (report.state, report.problem) == (("waiting", UNSEEN[state]) if state in UNSEEN else ("running", ""))
    assert setting.link.panel == state
    assert setting.emitted[-1] == FromScreen(Panel(state=state))
    await display.send(Panel(state="on"))
    await setting.until(lambda: setting.count(FromScreen) == 2)
    assert setting.link.health.report.state == "running"
    display.socket.close()
    await setting.until(lambda: setting.count(DisplayLost))
    assert setting.link.panel is None


async def test_what_the_loop_played_is_passed_on(setting: Setting) -> None:
    display = await setting.join()
    at = "2026-03-14T13:00:00Z"
    told = {"item": "spring", "picture": "ab" * 32, "from_at": at, "until_at": at, "plays": 2, "on_screen_s": 20.0}
    played = LoopPlayed.model_validate(told)
    await display.send(played)
    await display.send(b'{"type": "loop_played", "plays": 1e400}')
    await setting.until(lambda: setting.link.faults["garbage"])
    assert setting.emitted[1:] == [FromScreen(played)]


# --- pictures -----------------------------------------------------------------------------------

JPEG = b"\xff\xd8\xff" + bytes(1000)


async def asked(display: Display) -> str:
    return Capture.model_validate_json(await display.receive()).request


async def test_a_picture_is_taken_when_the_display_has_written_it(setting: Setting, tmp_path: Path) -> None:
    frame = tmp_path / "frame.jpg"
    frame.write_bytes(JPEG + b"old")
    display = await setting.join()
    shot = asyncio.create_task(Shots(setting.link, frame).take())
    request = await asked(display)
    frame.write_bytes(JPEG)
    await display.send(Captured(request="of-somebody-else", redacted=False))
    await display.send(Captured(request=request, redacted=True))
    taken = await shot
    assert (taken.jpeg, taken.redacted) == (JPEG, True)
    await display.send(Captured(request=request, redacted=False))  # once is enough
    await display.send(Shown(message_id="m1", first_frame_s=1.0))
    await setting.until(lambda: setting.count(FromScreen))
    assert setting.emitted == [DisplayJoined(HELLO), FromScreen(Shown(message_id="m1", first_frame_s=1.0))]


async def test_pictures_for_two_are_not_mixed_up(setting: Setting) -> None:
    display = await setting.join()
    first, second = (asyncio.create_task(setting.link.capture()) for _ in range(2))
    requests = [await asked(display) for _ in range(2)]
    for request, redacted in zip(reversed(requests), (True, False), strict=True):
        await display.send(Captured(request=request, redacted=redacted))
    assert [(await one).redacted for one in (first, second)] == [False, True]


async def test_without_a_display_there_is_no_picture(setting: Setting, tmp_path: Path) -> None:
    with pytest.raises(DisplayError, match="edge-display"):
        await Shots(setting.link, tmp_path / "frame.jpg").take()


async def test_why_the_display_wrote_none_is_said(setting: Setting) -> None:
    display = await setting.join()
    shot = asyncio.create_task(setting.link.capture())
    await display.send(Refused(message_id=await asked(display), reason="the disk is full"))
    with pytest.raises(DisplayError, match="the disk is full"):
        await shot
    assert setting.count(FromScreen) == 0


async def test_a_display_that_goes_meanwhile_is_said_at_once(setting: Setting) -> None:
    display = await setting.join()
    shot = asyncio.create_task(setting.link.capture())
    await asked(display)
    display.socket.close()
    with pytest.raises(DisplayError, match="disconnected"):
        await shot


async def test_a_display_that_never_answers_is_not_waited_for_for_ever(setting: Setting) -> None:
    display = await setting.join()
    shot = asyncio.create_task(setting.link.capture())
    await asked(display)
    with pytest.raises(DisplayError, match="journalctl -u edge-display"):
        await shot


@pytest.mark.parametrize("content", [b"", b"no picture", JPEG + bytes(SHOT_MAX_BYTES), None])
async def test_a_file_that_is_no_picture_of_the_display_is_not_handed_on(
    content: bytes | None, setting: Setting, tmp_path: Path
) -> None:
    frame = tmp_path / "frame.jpg"
    if content is not None:
        frame.write_bytes(content)
    display = await setting.join()
    shot = asyncio.create_task(Shots(setting.link, frame).take())
    await display.send(Captured(request=await asked(display), redacted=False))
    with pytest.raises(DisplayError, match=r"display\.frame_file .*frame\.jpg"):
        await shot
