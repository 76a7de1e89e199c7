"""What the screen costs: composing, first frames, idling, memory. Run by ``make bench``.

Prints a table; asserts nothing about speed, because machines differ.
"""

import json
import os
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from display.scenes.compose import Composer
from display.text.typeset import open_typesetter
from display.themes import house
from edge_agent.contracts.base import Contract
from edge_agent.contracts.screen import Badge, Prepare, Scene, Show, State

SIZE = (1920, 1080)
ROUNDS = 20
IDLE_S = 10
PICTURE = Path(__file__).parents[2] / "edge_agent/simulator/scenarios/flagship/pictures/trail-jacket.svg"
DIGEST = "a" * 64


def product(number: int) -> Scene:
    badge = Badge(number=0, colour="blue", shape="diamond", label="Blue diamond")
    return Scene(
        message_id=f"m{number}",
        layout="product",
        mode="badge",
        language="en",
        headline=f"The trail jacket is here {number}",
        body="Waterproof, 340 g, and it packs into its own pocket.",
        badges=(badge,),
        product_name="Ridgeline trail jacket",
        price="€179.00",
        place="Rack 4",
        picture=DIGEST,
        minimum_s=0,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / DIGEST).write_bytes(PICTURE.read_bytes())
    (tmp_path / "agent.toml").write_text(
        f'store = "s"\nunit = "u"\nzone = "z"\nfolder = "{tmp_path}"\n[screen]\nsocket = "{tmp_path}/d.sock"\n'
    )
    return tmp_path


def test_compose_a_product_scene(folder: Path, benchmark: Callable[..., object]) -> None:
    composer = Composer(SIZE, house(), open_typesetter(house().fonts), folder / "content", "Northline")
    benchmark(composer.compose, product(1))


def test_the_process(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(f"{folder}/d.sock")
    listener.listen(1)
    started_s = time.monotonic()
    command = [sys.executable, "-m", "display", "run", "--config", f"{folder}/agent.toml", "--offscreen"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    connection, _ = listener.accept()
    try:
        start_s = time.monotonic() - started_s
        connection.recv(1 << 16)
        send(connection, State())
        shown_ms = {
            prepared: [first_frame_ms(connection, n, prepared) for n in rounds(prepared)] for prepared in (0, 1)
        }
        time.sleep(2)
        cpu_s = cpu_seconds(process.pid)
        time.sleep(IDLE_S)
        idle = (cpu_seconds(process.pid) - cpu_s) / IDLE_S
        memory = {key: value for key, value in status(process.pid) if key in ("VmRSS", "VmHWM", "RssAnon")}
    finally:
        process.terminate()
        process.wait()
        listener.close()
        connection.close()
    rows = [("start to hello", f"{start_s:.2f} s", "")]
    for prepared, name in ((1, "prepared"), (0, "not prepared")):
        cuts = statistics.quantiles(shown_ms[prepared], n=100, method="inclusive")
        target = "p99 <= 50 ms" if prepared else "p99 <= 100 ms"
        rows.append((f"show to first frame, {name}", f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms", target))
    rows.append(("idle, static scene", f"{100 * idle:.2f} % of a core", "<= 1 %"))
    rows.append((f"memory after {2 * ROUNDS} scenes", f"RSS {memory['VmRSS']}, peak {memory['VmHWM']}", "<= 120 MB"))
    with capsys.disabled():
        print(f"\ndisplay, {SIZE[0]}x{SIZE[1]} offscreen")
        for name, value, target in rows:
            print(f"  {name:<34} {value:<34} {target}")


def rounds(prepared: int) -> range:
    return range(prepared * ROUNDS, (prepared + 1) * ROUNDS)


def first_frame_ms(connection: socket.socket, number: int, prepared: int) -> float:
    """Show one scene and clear it; return the time from the command to the first presented frame."""
    if prepared:
        send(connection, Prepare(scene=product(number)))
        time.sleep(1)
    sent_s = time.monotonic()
    send(connection, Show(scene=product(number), permit_until_s=sent_s + 10))
    shown = receive(connection, "shown")
    connection.send(json.dumps({"type": "clear", "message_id": f"m{number}", "reason": "done"}).encode())
    receive(connection, "proof_of_play")
    return 1000 * (float(str(shown["first_frame_s"])) - sent_s)


def send(connection: socket.socket, message: Contract) -> None:
    connection.send(message.model_dump_json().encode())


def receive(connection: socket.socket, kind: str) -> dict[str, object]:
    while select.select([connection], [], [], 30)[0]:
        message: dict[str, object] = json.loads(connection.recv(1 << 16))
        assert message["type"] != "refused", message
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind}")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(pid: int) -> list[tuple[str, str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return [(key, value.strip()) for key, _, value in (line.partition(":") for line in lines)]
