"""The agent as a process with nothing around it: it starts, says each thing once, and picks up what comes."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.bus.brokers import Broker, free_port, mosquitto
from tests.integration.processes import call, events_of, running, until, write_toml
from tests.integration.screens import Screen
from tests.integration.store import STORE, UNIT, Hub, port_open
from tests.integration.tablet import Tablet

pytestmark = pytest.mark.integration


class Systemd:
    """The service manager's end of the notification socket: it reads all the time, as systemd does."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0.1)
        self.env = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"}
        self.told: list[str] = []
        self._open = True
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def heard(self, text: str) -> int:
        """How many messages hold a text."""
        return sum(text in message for message in self.told)

    def close(self) -> None:
        self._open = False
        self._reader.join()
        self._socket.close()

    def _read(self) -> None:
        while self._open:
            with suppress(TimeoutError):
                self.told.append(self._socket.recv(4096).decode())


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    made = Systemd(tmp_path / "notify")
    yield made
    made.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = mosquitto(tmp_path)
    yield made
    made.kill()


def start_broker(broker: Broker) -> subprocess.Popen[bytes]:
    return subprocess.Popen(broker.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_nothing_is_there_and_then_everything_comes(tmp_path: Path, systemd: Systemd, broker: Broker) -> None:
    hub = Hub(tmp_path / "platform")
    taken = socket.create_server(("127.0.0.1", 0))
    display = tmp_path / "run" / "display.sock"
    config = write_toml(
        tmp_path / "agent.toml",
        {
            "store": STORE,
            "unit": UNIT,
            "zone": "Outdoor",
            "folder": str(tmp_path / "unit"),
            "notice": {"version": "1"},
            "hub": {"url": hub.url, "poll_s": 1},
            "broker": {"host": "127.0.0.1", "port": broker.port},
            "screen": {"socket": str(display)},
            "admin": {"socket": str(tmp_path / "run" / "admin.sock")},
            "web": {"port": taken.getsockname()[1]},
        },
    )
    hub.fill(write_toml(tmp_path / "part.toml", {"notice": {"version": "1"}}), tmp_path / "claim")
    env = {**systemd.env, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path / 'no-bus'}"}
    with running("edge-agent", "run", "--config", str(config), log=tmp_path / "agent.log", env=env) as agent:
        until(lambda: systemd.heard("READY=1") == 1)
        parts = ("radio", "screen", "bus", "pull", "nudge", "web")
        until(lambda: all(agent.said(f'"{part}: ') for part in parts), lambda: agent.log)
        until(lambda: systemd.heard("WATCHDOG=1") >= 3)  # about three tries of each part later
        absent = [line for line in events_of(agent.log) if line.endswith("; trying again")]
        assert {line.split(":")[0] for line in absent} == set(parts)
        assert max(Counter(absent).values()) == 1
        assert len(absent) == len(parts)
        assert agent.ended is None

        process = start_broker(broker)
        try:
            hub.start()
            words = ["--claim-file", str(tmp_path / "claim"), "--folder", str(tmp_path / "unit")]
            call("edge-agent", "enrol", "--hub", hub.url, *words, "--config", str(tmp_path / "enrolled.toml"))
            agent.wait_for("bus: running")
            screen = Screen(display)
            assert screen.receive()["type"] == "state"
            agent.wait_for("screen: running")
            screen.close()
            taken.close()
            agent.wait_for("web: running")
            agent.wait_for("pull: running")
            agent.wait_for("nudge: running")
            with closing(sqlite3.connect(tmp_path / "unit" / "slice.db")) as database:
                assert database.execute("SELECT count(*) FROM profiles").fetchone() == (4,)
            assert agent.stop(limit_s=10) == 0
        finally:
            hub.stop()
            process.kill()
            process.wait()
        until(lambda: systemd.heard("STOPPING=1") == 1)
        said = Counter(line for line in events_of(agent.log) if "trying again" in line)
        assert [line for line, count in said.items() if count > 1] == []
        # A dozen seconds of life: the watchdog is fed steadily, not with every advertisement.
        assert systemd.heard("WATCHDOG=1") < 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_however_early_or_often_it_is_told(number: int, tmp_path: Path) -> None:
    config = write_toml(tmp_path / "agent.toml", plain(tmp_path))
    with running("edge-agent", "run", "--config", str(config), log=tmp_path / "agent.log") as agent:
        agent.wait_for("is at work")
        os.kill(agent.pid, number)
        assert agent.stop(number, limit_s=10) == 0
        assert "Traceback" not in agent.log


def test_a_second_agent_on_one_unit_is_refused_and_takes_over_when_the_first_is_killed(tmp_path: Path) -> None:
    config = write_toml(tmp_path / "agent.toml", plain(tmp_path))
    words = ("edge-agent", "run", "--config", str(config))
    with running(*words, log=tmp_path / "first.log") as first:
        first.wait_for("is at work")
        refused = call(*words, status=1).stderr
        assert "another agent is at work here; stop it first" in refused
        assert "Traceback" not in refused
        assert first.ended is None
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: first.ended is not None)
    with running(*words, log=tmp_path / "second.log") as second:
        second.wait_for("is at work")
        assert second.stop() == 0


def test_two_agents_that_start_on_a_new_unit_at_once_do_not_destroy_each_other(tmp_path: Path) -> None:
    config = write_toml(tmp_path / "agent.toml", plain(tmp_path))
    words = ("edge-agent", "run", "--config", str(config))
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    with running(*words, log=logs[0]) as a, running(*words, log=logs[1]) as b:
        until(lambda: {a.ended, b.ended} == {None, 1}, lambda: a.log + b.log)
        winner = a if a.ended is None else b
        winner.wait_for("is at work")
        assert winner.stop() == 0
        assert "corrupt" not in a.log + b.log


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timezone": "Wien"}, "timezone = 'Wien': "),
        ({"radio": {"backend": "simulated"}}, "radio.scenario: is missing"),
        ({"broker": {"host": "b", "password_file": "nowhere"}}, "broker.password_file nowhere: No such file"),
        ({"folder": "/proc/nowhere"}, "/proc/nowhere"),
        ({"web": {"prot": 1}}, "web.prot: no such key"),
    ],
)
def test_a_configuration_that_cannot_work_is_one_line_and_status_1(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    config = write_toml(tmp_path / "agent.toml", {**plain(tmp_path), **change})
    done = call("edge-agent", "run", "--config", str(config), status=1)
    [said] = [line for line in done.stderr.splitlines() if line.startswith("edge-agent: ")]
    assert message in said
    assert "Traceback" not in done.stderr


GARBAGE = [b"", b"\0" * 70_000, b"{", b"[" * 60_000, b'{"type": "card.replied"}', b"\xff\xfe", b"null", b'"' * 1000]


LAST = {"id": "last", "source": "/evil", "type": "tablet.hello", "time": "2026-05-04T10:00:00Z", "data": {}}


def test_garbage_on_every_topic_is_one_line_for_each_kind(tmp_path: Path, broker: Broker) -> None:
    process = start_broker(broker)
    settings = {**plain(tmp_path), "broker": {"host": "127.0.0.1", "port": broker.port}}
    config = write_toml(tmp_path / "agent.toml", settings)
    until(lambda: port_open(broker.port))
    tablet = Tablet(broker.port, "evil", STORE)
    topics = [f"ea/1/{STORE}/reply/{UNIT}", f"ea/1/{STORE}/hello/evil", f"ea/1/{STORE}/hello/é"]
    for topic in topics:
        tablet.publish_raw(topic, b"x" * 200_000, retain=True)
    try:
        with running("edge-agent", "run", "--config", str(config), log=tmp_path / "agent.log") as agent:
            agent.wait_for("bus: running")
            for _ in range(20):
                for topic in topics:
                    for payload in GARBAGE:
                        tablet.publish_raw(topic, payload, qos=0)
            flood = json.dumps({"specversion": "1.0"}).encode()
            for _ in range(3000):
                tablet.publish_raw(topics[0], flood, qos=0)
            agent.wait_for("dropped a message", times=2)

            def last_is_heard() -> bool:  # what comes in order is taken in order: so all before it was, too
                tablet.publish_raw(topics[0], json.dumps(LAST).encode())
                return "wrong type" in agent.log

            until(last_is_heard)
            assert agent.ended is None
            said = [line for line in events_of(agent.log) if "dropped a message" in line]
            assert len(said) == len(set(said)) <= 8
            assert agent.stop() == 0
    finally:
        tablet.close()
        process.kill()
        process.wait()


def plain(folder: Path) -> dict[str, object]:
    """A unit that hears nothing and knows nobody."""
    return {
        "store": STORE,
        "unit": UNIT,
        "zone": "Outdoor",
        "folder": str(folder / "unit"),
        "radio": {"backend": "off"},
        "screen": {"socket": str(folder / "display.sock")},
        "admin": {"socket": str(folder / "admin.sock")},
        "web": {"port": free_port()},
    }
