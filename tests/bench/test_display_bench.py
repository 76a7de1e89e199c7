"""What the display costs as a process: first frames, idling, the loop, memory. Run by ``make bench``.

Prints a table beside the targets of the design; asserts nothing about speed, because machines differ. The display runs
without a screen: what waiting for a real one adds is at most one frame, and is not in these figures.
"""

import json
import select
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.contracts.base import Contract
from edge_agent.contracts.screen import Badge, Clear, ContentChanged, Prepare, Scene, Show, State
from tests.bench.weight import Weight, weigh
from tests.display.units import Unit

PICTURES = Path(__file__).parents[2] / "edge_agent/simulator/scenarios/flagship/pictures"
ROUNDS = 15
SCENES = 1000
IDLE_S = 8
LOOP_S = 18
CALM_S = 2.1
"""The display lets so much time pass between the begins of two scenes, so that nothing flickers."""

BADGE = Badge(number=0, colour="blue", shape="diamond", label="Blue diamond")


def product(number: int, picture: str | None) -> Scene:
    return Scene(
        message_id=f"m{number}",
        layout="product",
        mode="badge",
        language="en",
        headline=f"The trail jacket is here {number}",
        body="Waterproof, 340 g, and it packs into its own pocket.",
        badges=(BADGE,),
        product_name="Ridgeline trail jacket",
        price="€179.00",
        place="Rack 4",
        picture=picture,
        minimum_s=0,
    )


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    unit = Unit(tmp_path, "1920x1080", frames=False)
    yield unit
    unit.end()


def test_the_process(unit: Unit, capsys: pytest.CaptureFixture[str]) -> None:
    picture = unit.add((PICTURES / "trail-jacket.svg").read_bytes())
    loop = [unit.add_colour((40 * number, 90, 120), (1920, 1080)) for number in range(4)]
    unit.publish("one", loop[0], duration_s=6, more=[picture])
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(unit.socket))
    listener.listen(1)
    began_s = time.monotonic()
    process = unit.start()
    with listener, listener.accept()[0] as connection, capsys.disabled():
        print("\ndisplay, 1920x1080, no screen")
        row("start to hello", f"{time.monotonic() - began_s:.2f} s")
        connection.recv(1 << 16)
        send(connection, State(content_version="one"))
        time.sleep(2)
        row("memory after the start", memory(weigh(process.pid)), "<= 120 MB")
        told(
            "prepared, with a picture",
            [first_frame(connection, product(n, picture), True) for n in range(ROUNDS)],
            "p99 <= 50 ms",
        )
        told("words alone", [first_frame(connection, product(100 + n, None)) for n in range(ROUNDS)])
        told("with a picture", [first_frame(connection, product(200 + n, picture)) for n in range(ROUNDS)])
        time.sleep(2)
        row("idle, static scene", f"{100 * spent(process.pid, IDLE_S):.2f} % of a core", "<= 1 %")
        for number in range(SCENES):
            quickly(connection, product(1000 + number, None))
        time.sleep(22)  # the permit of the last one lapses
        row(f"memory after {SCENES} scenes", memory(weigh(process.pid)), "<= 120 MB")
        unit.publish("four", *loop, duration_s=6, more=[picture])
        send(connection, ContentChanged(version="four"))
        time.sleep(1)
        looping = spent(process.pid, LOOP_S)
        row(f"loop of 4 pictures, one every 6 s, {LOOP_S} s", f"{100 * looping:.2f} % of a core")


def told(kind: str, columns: list[tuple[float, float]], wanted: str = "p99 <= 100 ms") -> None:
    """Print what first frames of one kind took."""
    row(f"command -> present call, {kind}", cuts([shown_ms for shown_ms, _ in columns]), wanted)
    row("  of it, until the poster was ready", cuts([ready_ms for _, ready_ms in columns]))


def first_frame(connection: socket.socket, scene: Scene, prepare: bool = False) -> tuple[float, float]:
    """Show one scene and clear it; return milliseconds to its present call, and until its poster was ready."""
    if prepare:
        send(connection, Prepare(scene=scene))
    time.sleep(CALM_S)
    sent_s = time.monotonic()
    send(connection, Show(scene=scene, permit_until_s=sent_s + 20))
    shown = receive(connection, "shown")
    send(connection, Clear(message_id=scene.message_id, reason="done"))
    receive(connection, "proof_of_play")
    ready_s = max(sent_s, shown.get("composed_s") or sent_s)
    return 1000 * (shown["first_frame_s"] - sent_s), 1000 * (ready_s - sent_s)


def quickly(connection: socket.socket, scene: Scene) -> None:
    """Show a scene until the next one; group scenes follow each other at once."""
    group = scene.model_copy(update={"layout": "group"})
    send(connection, Show(scene=group, permit_until_s=time.monotonic() + 20))
    receive(connection, "shown")


def spent(pid: int, seconds: float) -> float:
    """Return the share of one core that the process takes within some seconds."""
    before_s = weigh(pid).cpu_s
    time.sleep(seconds)
    return (weigh(pid).cpu_s - before_s) / seconds


def send(connection: socket.socket, message: Contract) -> None:
    connection.send(message.model_dump_json().encode())


def receive(connection: socket.socket, kind: str) -> dict[str, float]:
    while select.select([connection], [], [], 30)[0]:
        message: dict[str, float] = json.loads(connection.recv(1 << 16))
        assert message["type"] != "refused" or message["message_id"] is None, message  # a busy machine: no picture
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind}")


def cuts(column: list[float]) -> str:
    found = statistics.quantiles(column, n=100, method="inclusive")
    return f"p50 {found[49]:.0f} ms, p99 {found[98]:.0f} ms"


def memory(weight: Weight) -> str:
    return f"RSS {weight.rss_mb:.0f} MB, PSS {weight.pss_mb:.0f} MB"


def row(name: str, value: str, wanted: str = "") -> None:
    print(f"  {name:<58} {value:<30} {wanted}", flush=True)
