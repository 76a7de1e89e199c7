"""500 strangers pass, programs crash in the middle, memory is short: nothing is left of anybody who did not agree.

Memory may hold them for a while, and does, which the first test shows. Everything else is searched, byte by byte; and
in each place something that must be there is found, so that no search passes because it looks at nothing.
"""

import json
import random
from dataclasses import dataclass

import pytest

from tests.vm.guest.machine import SHARED, Guest
from tests.vm.shop import STORE, Phones, RunningHub
from tests.vm.strangers import ADDRESS, IDENTIFIER, NAME, spellings, strangers, traces, traces_in

COUNT = 500
PASS_S = 240
BACK_S = 240
MARK = "marked-by-the-test-7c2f"
"""What careless programs leave behind, for comparison."""
SWAPPED_BYTES = 3_000_000
"""Nearly all of the marks that a careless program holds."""

KNOWN = """busctl --timeout=60 call org.bluez / org.freedesktop.DBus.ObjectManager GetManagedObjects |
    grep -o 'dev_F7_3B_9D_A1_[0-9A-F_]*' | sort -u | wc -l"""
SERVICES = ("edge-agent", "edge-display", "bluetooth", "dbus", "broker", "systemd-journald", "polkit")


@dataclass
class Seen:
    """Strangers of whom bluetoothd told the agent before it crashed, and after."""

    before: int
    after: int
    agents_memory: bytes


@pytest.fixture(scope="module")
def passed(unit: Guest, phones: Phones, hub: RunningHub) -> Seen:
    """Let them pass; what is left in the guest is searched by the tests."""
    phones.customer()
    hub.wait_for_visits(running=1, timeout_s=PASS_S)
    phones.strangers(strangers(COUNT))
    try:
        seen = let_them_pass(unit)
    finally:
        phones.none()
    hub.wait_for_visits(running=0, timeout_s=PASS_S)
    unit.run("journalctl --sync; journalctl --flush; sync")
    return seen


def let_them_pass(unit: Guest) -> Seen:
    """Crash and swap out what can be, while they are there."""
    before = all_known(unit)
    memory = unit.read(f"python3 {SHARED}/memory_of.py $(systemctl show --property=MainPID --value edge-agent)")
    swap_out(unit)
    for signal in ("SEGV", "KILL"):
        for service in ("edge-agent", "bluetooth"):
            crash(unit, service, signal)
    after = all_known(unit)
    swap_out(unit)
    leave_marks(unit)
    return Seen(before, after, memory)


def all_known(guest: Guest) -> int:
    """Wait until bluetoothd knows all strangers at once."""
    guest.wait_for(f"[ $({KNOWN}) -ge {COUNT} ]", timeout_s=PASS_S)
    return int(guest.run(KNOWN))


def crash(guest: Guest, service: str, signal: str) -> None:
    """Crash a service as badly as can be, and wait until it is back."""
    pid = guest.run(f"systemctl show --property=MainPID --value {service}").strip()
    guest.run(f"kill -{signal} {pid}")
    guest.wait_for(
        f"systemctl is-active {service} && [ $(systemctl show --property=MainPID --value {service}) != {pid} ]",
        timeout_s=BACK_S,
    )


def swap_out(guest: Guest) -> None:
    """Take all memory from the services that may be swapped out."""
    for service in SERVICES:
        group = f"/sys/fs/cgroup/system.slice/{service}.service"
        guest.run(f"echo '1G swappiness=200' > {group}/memory.reclaim", check=False)


def leave_marks(guest: Guest) -> None:
    """Do what our services must not: be swapped out, write a core, log."""
    hold = f"import time; kept = '{MARK}-in-swap ' * 100000; time.sleep(1e6)"
    guest.run(f'systemd-run --quiet --collect --unit=careless python3 -c "{hold}"')
    group = "/sys/fs/cgroup/system.slice/careless.service"
    swap = (
        f"echo '1G swappiness=200' > {group}/memory.reclaim; [ $(cat {group}/memory.swap.current) -gt {SWAPPED_BYTES} ]"
    )
    guest.wait_for(swap, timeout_s=PASS_S)
    fall = f"import os; kept = '{MARK}-in-core ' * 100; os.kill(os.getpid(), 11)"
    guest.run(f'systemd-run --quiet --collect --unit=falls -p LimitCORE=infinity python3 -c "{fall}"')
    guest.wait_for("ls /var/lib/systemd/coredump/core.python3*")
    guest.run(f"echo {MARK}-in-journal | systemd-cat; echo {MARK}-in-run > /run/mark")


@pytest.mark.parametrize("how", spellings())
def test_the_search_knows_this_spelling(how: str) -> None:
    noise = random.Random(1).randbytes(100_000)
    assert traces(noise) == []
    assert any(how in trace for trace in traces(noise + spellings()[how] + noise))


def test_the_search_knows_binary_addresses() -> None:
    assert traces(b"..." + ADDRESS + b"\x00\x07...") == ["address as bytes at byte 3"]
    assert traces(b"..." + b"\x07\x00" + ADDRESS[::-1] + b"...") == ["address as bytes backwards at byte 5"]
    assert traces(b"..." + ADDRESS + b"\x55\x07...") == []


def test_strangers_were_there(passed: Seen) -> None:
    assert passed.before >= COUNT
    assert passed.after >= COUNT
    assert NAME.encode() in passed.agents_memory
    assert IDENTIFIER in passed.agents_memory


def test_nothing_on_the_disk(unit: Guest, passed: Seen, hub: RunningHub) -> None:
    disk = unit.disk.read_bytes()
    assert f"{MARK}-in-journal".encode() in disk
    assert f"{MARK}-in-core".encode() in disk
    assert STORE.encode() in disk
    assert b"visit.ended" in disk
    assert traces_in(unit.disk) == []


def test_nothing_swapped_out(unit: Guest, passed: Seen) -> None:
    assert f"{MARK}-in-swap".encode() in unit.swap.read_bytes()
    assert traces_in(unit.swap) == []
    for service in ("edge-agent", "bluetooth", "dbus"):
        assert unit.run(f"cat /sys/fs/cgroup/system.slice/{service}.service/memory.swap.current") == "0\n", service


def test_nothing_in_the_journal(unit: Guest, passed: Seen) -> None:
    journal = unit.read("journalctl --no-pager --output=export")
    assert f"{MARK}-in-journal".encode() in journal
    assert b"screen: running" in journal
    assert traces(journal) == []


def test_no_core_of_ours(unit: Guest, passed: Seen) -> None:
    cores = unit.run("ls /var/lib/systemd/coredump").split()
    assert cores
    assert all(core.startswith("core.python3.0.") for core in cores)  # the mark: a program of root's
    folder = unit.read("cat /var/lib/systemd/coredump/*")
    assert f"{MARK}-in-core".encode() in folder
    assert traces(folder) == []


def test_nothing_in_the_file_systems_in_memory(unit: Guest, passed: Seen) -> None:
    files = unit.read("tar --create --ignore-failed-read --one-file-system /run /tmp /dev/shm 2>/dev/null", check=False)
    assert f"{MARK}-in-run".encode() in files
    assert traces(files) == []


def test_nothing_in_the_metrics(unit: Guest, passed: Seen) -> None:
    url = "http://127.0.0.1:8080/metrics"
    metrics = unit.read(f"python3 -c 'import urllib.request as r; print(r.urlopen(\"{url}\").read().decode())'")
    assert b"edge_agent_part_running" in metrics
    assert traces(metrics) == []


def test_nothing_on_the_bus(unit: Guest, passed: Seen) -> None:
    heard = unit.read("cat /run/heard")
    assert f"ea/1/{STORE}/unit/".encode() in heard
    assert traces(heard) == []


def test_nothing_at_the_hub(passed: Seen, hub: RunningHub) -> None:
    kept = hub.kept()
    assert b"visit.ended" in kept
    assert json.dumps("c-1").encode() in kept
    assert traces(kept) == []
