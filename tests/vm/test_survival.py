"""What dies comes back, and a customer who is in the shop meanwhile does not leave.

Each outage lasts longer than her visit would go on if the unit took the silence for her leaving (unit.toml). After
each the unit must hear again, the same visit must go on, and no other one may have begun.
"""

import time
from collections.abc import Iterator

import pytest

from tests.vm.conftest import plug_in_radio
from tests.vm.guest.machine import Guest
from tests.vm.shop import Phones, RunningHub

BACK_S = 240
LONGER_THAN_HER_PATIENCE_S = 20
LOG_OF = "journalctl --no-pager --output=cat --after-cursor='{cursor}' -u"
RADIO_RUNS = LOG_OF + " edge-agent | grep -E 'radio[^:]*: running'"
CURED = LOG_OF + " radio | grep 'reset: it hears again'"
RESET_RAN = LOG_OF + " edge-bluetooth-reset@hci0 | grep Finished"
METRICS = r"""exec 3<>/dev/tcp/127.0.0.1/8080
    printf 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n' >&3; cat <&3"""

OTHER_FILTERS = """(printf 'menu scan\\ntransport le\\nrssi -30\\nduplicate-data off\\nback\\nscan on\\n'; sleep 12
    printf 'scan off\\n'; sleep 1) | bluetoothctl >/dev/null"""
OTHER_BLEAK = """runuser -u edge-agent -- /opt/edge-agent/venv/bin/python -c '
import asyncio
from bleak import BleakScanner
async def main():
    async with BleakScanner():
        await asyncio.sleep(12)
asyncio.run(main())'"""

OUTAGES = {
    "D-Bus": ("systemctl stop dbus.socket dbus.service", "systemctl start dbus.socket dbus.service"),
    "bluetoothd": (
        "systemctl mask --quiet --runtime --now bluetooth",
        "systemctl unmask --quiet --runtime bluetooth && systemctl start bluetooth",
    ),
    "a bluetoothd that hangs": ("pkill -STOP bluetoothd", "pkill -CONT bluetoothd"),
    "rfkill": ("rfkill block bluetooth", "rfkill unblock bluetooth"),
}


class Visit:
    """The visit of the customer who is in the shop."""

    def __init__(self, hub: RunningHub) -> None:
        self._hub = hub
        self._counts = hub.visits()

    def goes_on(self, for_s: float = LONGER_THAN_HER_PATIENCE_S) -> None:
        """Watch for so long that it does not end, and that no other one begins."""
        self._hub.visits_stay(self._counts, for_s)

    def goes_on_and_is_heard(self, guest: Guest, advertisements: int = 20) -> None:
        """Wait until the unit hears again; it is still the same visit then."""
        wait_until_it_hears(guest, advertisements)
        self.goes_on(for_s=2)


def heard(guest: Guest, adapter: str = "hci0") -> float:
    """Return how many advertisements an adapter has heard since the agent's start."""
    line = guest.wait_for(f"({METRICS}) | grep '^edge_agent_adapter_heard_total.*{adapter}'", timeout_s=BACK_S)
    return float(line.split()[-1])


def wait_until_it_hears(guest: Guest, advertisements: int = 20, adapter: str = "hci0") -> None:
    """Wait until an adapter has heard so many advertisements more."""
    before, end = heard(guest, adapter), time.monotonic() + BACK_S
    while heard(guest, adapter) < before + advertisements:
        assert time.monotonic() < end, f"{adapter} hears nothing"


@pytest.fixture
def visit(unit: Guest, phones: Phones, hub: RunningHub) -> Visit:
    phones.customer()
    hub.wait_for_visits(running=1, timeout_s=BACK_S)
    return Visit(hub)


@pytest.fixture
def same_agent(unit: Guest) -> Iterator[None]:
    """The agent's process has to live through the test."""
    pid = main_pid(unit, "edge-agent.service")
    yield
    assert main_pid(unit, "edge-agent.service") == pid


def cursor(guest: Guest) -> str:
    """Return the present end of the journal."""
    return guest.run("journalctl --no-pager --lines=0 --show-cursor").partition("cursor: ")[2].strip()


def main_pid(guest: Guest, service: str) -> str:
    """Return the process id of a service's main process."""
    pid = guest.run(f"systemctl show --property=MainPID --value {service}").strip()
    assert pid != "0", f"{service} does not run"
    return pid


def restarted(guest: Guest, service: str, old_pid: str) -> None:
    """Wait until a service has told that it is ready, as another process."""
    guest.wait_for(
        f"systemctl is-active {service} && [ $(systemctl show --property=MainPID --value {service}) != {old_pid} ]",
        timeout_s=BACK_S,
    )


def test_agent_comes_back_after_kill(unit: Guest) -> None:
    start, pid = cursor(unit), main_pid(unit, "edge-agent.service")
    unit.run(f"kill -9 {pid}")
    restarted(unit, "edge-agent.service", pid)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)


def test_a_scan_that_goes_deaf_is_cured(unit: Guest, phones: Phones, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    wait_until_it_hears(unit)
    phones.deafen("until reset")
    unit.wait_for(CURED.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on_and_is_heard(unit)
    phones.deafen("never")


def test_what_stays_deaf_is_reset_by_systemd(unit: Guest, phones: Phones, visit: Visit, same_agent: None) -> None:
    phones.neighbour()  # without a neighbour unit it would be taken for an empty shop after some attempts
    wait_until_it_hears(unit, 60)
    start = cursor(unit)
    phones.deafen("always")
    unit.wait_for(RESET_RAN.format(cursor=start), timeout_s=2 * BACK_S)
    phones.deafen("never")
    visit.goes_on_and_is_heard(unit)


@pytest.mark.parametrize("what", OUTAGES)
def test_her_visit_outlasts_an_outage_of(what: str, unit: Guest, visit: Visit, same_agent: None) -> None:
    begin, end = OUTAGES[what]
    unit.run(begin)
    try:
        visit.goes_on()
    finally:
        unit.run(end)
    visit.goes_on_and_is_heard(unit)


def test_bluetoothd_comes_back_by_itself(unit: Guest, visit: Visit, same_agent: None) -> None:
    start, pid = cursor(unit), main_pid(unit, "bluetooth.service")
    unit.run(f"kill -9 {pid}")
    restarted(unit, "bluetooth.service", pid)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on_and_is_heard(unit)


def test_her_visit_outlasts_a_restart_of_everything_below(unit: Guest, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    unit.run("systemctl restart dbus bluetooth")
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on_and_is_heard(unit)


def test_her_visit_outlasts_an_unplugged_adapter(unit: Guest, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    unit.run("systemctl stop radio")
    visit.goes_on()
    plug_in_radio(unit, "--duplicates strict")
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on_and_is_heard(unit, 2)


def test_a_controller_that_filters_strictly(unit: Guest, visit: Visit, same_agent: None) -> None:
    visit.goes_on(for_s=2 * LONGER_THAN_HER_PATIENCE_S)
    unit.run("systemctl stop radio")
    plug_in_radio(unit)
    visit.goes_on_and_is_heard(unit)


@pytest.mark.parametrize("other", [OTHER_FILTERS, OTHER_BLEAK], ids=["bluetoothctl", "bleak"])
def test_another_program_may_scan(other: str, unit: Guest, visit: Visit, same_agent: None) -> None:
    unit.run(other)
    visit.goes_on_and_is_heard(unit)


def test_and_when_she_leaves_she_has_left(unit: Guest, phones: Phones, hub: RunningHub, visit: Visit) -> None:
    phones.none()
    hub.wait_for_visits(running=0, timeout_s=2 * BACK_S)


def test_display_comes_back_after_kill(unit: Guest) -> None:
    pid = main_pid(unit, "edge-display.service")
    unit.run(f"kill -9 {pid}")
    restarted(unit, "edge-display.service", pid)
