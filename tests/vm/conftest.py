"""The guest with a unit installed, a virtual radio, the store's broker, and a real hub on the host."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.vm.guest import wheels
from tests.vm.guest.machine import SHARED, Guest, GuestError, free_port
from tests.vm.shop import STORE, UNIT, Phones, RunningHub

HERE = Path(__file__).parent
RADIO = "F0:F1:F2:F3:F4:F5"
"""Address of the radio that is always plugged in."""
CONFIG = "/etc/edge-agent/agent.toml"
_JOURNAL = """journalctl --no-pager --output=short-iso --no-hostname --lines=1000 | grep -v command-shell |
    tail -n 25 | cut -c1-180"""
_ON_SYNCHRONISED_CLOCK = """python3 -c '
import ctypes
timex = (ctypes.c_byte * 256)()
timex[0] = 0x10 | 0x04  # ADJ_STATUS and ADJ_MAXERROR: status 0 says that a server keeps this clock right
assert ctypes.CDLL(None).adjtimex(timex) == 0'"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Building, booting and installing under emulation takes minutes, not seconds."""
    for item in items:
        item.add_marker(pytest.mark.timeout(1800))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the guest has logged below a test that failed: it is gone with the guest."""
    report = yield
    guests = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Guest)]
    for guest in guests[:1] if report.failed else ():
        with suppress(GuestError, OSError):
            report.sections.append(("the guest's journal", guest.run(_JOURNAL)))
    return report


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, cache: Path, pytestconfig: pytest.Config) -> Path:
    """Return the folder that the guest sees: this checkout's install files, and the wheels."""
    root, folder = pytestconfig.rootpath, tmp_path_factory.mktemp("shared")
    for part in ("systemd", "docs"):
        shutil.copytree(root / part, folder / part)
    shutil.copy(root / "README.md", folder)
    shutil.copytree(wheels.collect(root, cache), folder / "wheels")
    (folder / "air").mkdir()
    for program in ("virtual_radio.py", "memory_of.py"):
        shutil.copy(HERE / "guest" / program, folder)
    return folder


@pytest.fixture(scope="session")
def cache() -> Path:
    """Return where image and wheels are kept between runs."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.skip("the guest is built for Linux on x86-64: run this on such a machine")
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "edge-agent"
    if os.geteuid() != 0:
        pytest.skip("building the guest needs root: sudo make test-vm")
    folder.mkdir(parents=True, exist_ok=True)
    build("build_image.sh", folder / "guest")
    return folder


def build(script: str, *folders: Path) -> None:
    """Run one of the scripts that make the guest."""
    command = ["bash", str(HERE / "guest" / script), *map(str, folders)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHON": sys.executable})


@pytest.fixture(scope="session")
def guest(cache: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """Return a running guest in which a unit is installed, as a user would install it."""
    build("install_unit.sh", cache / "guest", shared)
    machine = Guest(cache / "guest", tmp_path_factory.mktemp("guest"), shared)
    try:
        machine.start()
        machine.run(_ON_SYNCHRONISED_CLOCK)
        yield machine
    finally:
        machine.stop()


@pytest.fixture(scope="session")
def phones(guest: Guest, shared: Path) -> Phones:
    """Return the phones; the virtual radio that hears them is plugged in."""
    heard = Phones(shared / "air")
    plug_in_radio(guest)
    return heard


def plug_in_radio(guest: Guest, options: str = "", *, unit: str = "radio", address: str = RADIO) -> None:
    """Start a virtual radio and wait until bluetoothd has it switched on. It knows the strangers, so it never swaps."""
    run = f"systemd-run --quiet --collect --unit={unit} -p MemorySwapMax=0 -p LimitCORE=0"
    guest.run(f"{run} python3 {SHARED}/virtual_radio.py {SHARED}/air --address {address} {options}")
    guest.wait_for(f"bluetoothctl show {address} | grep 'Powered: yes'", timeout_s=180)


@contextmanager
def radio_configured(guest: Guest, line: str) -> Iterator[None]:
    """The agent with one more line under ``[radio]``; put back afterwards. It is restarted both times."""
    guest.run(
        f"cp --preserve {CONFIG} {CONFIG}.kept && sed -i '/^.radio.$/a {line}' {CONFIG} && grep -F '{line}' {CONFIG}"
    )
    guest.run("systemctl restart edge-agent")
    yield
    guest.run(f"cat {CONFIG}.kept > {CONFIG} && systemctl restart edge-agent")


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """Return a running hub with one store, one unit and one customer."""
    folder = tmp_path_factory.mktemp("hub")
    running = RunningHub(folder, free_port())
    running.fleet("store", "add", STORE)
    running.fleet("load", STORE, "--file", str(HERE / "store.json"))
    server = subprocess.Popen(running.command("hub"))
    try:
        yield running
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def unit(guest: Guest, phones: Phones, hub: RunningHub, shared: Path) -> Guest:
    """Return the guest with broker, enrolled agent and display at work."""
    guest.run("systemd-run --quiet --collect --unit=broker mosquitto")
    guest.run("systemd-run --quiet --unit=tablet sh -c \"exec mosquitto_sub -v -t '#' > /run/heard\"")
    claim = shared / "claim"
    unit = ["unit", "add", STORE, UNIT, "--zone", "Door", "--config-file", str(HERE / "unit.toml")]
    hub.fleet(*unit, "--claim-file", str(claim))
    guest.run(f"install -o edge-agent -m 600 {SHARED}/claim /run/edge-agent/claim")
    enrol = f"edge-agent enrol --hub {hub.url} --claim-file /run/edge-agent/claim"
    guest.run(f"runuser -u edge-agent -- /opt/edge-agent/venv/bin/{enrol}")
    guest.run("systemctl start edge-agent.target")
    guest.wait_for("systemctl is-active edge-agent.service edge-display.service", timeout_s=180)
    return guest
