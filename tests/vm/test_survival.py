"""What dies comes back, and a customer who is in the shop meanwhile does not leave.

Each outage lasts longer than her visit would go on if the unit took the silence for her leaving (unit.toml). After
each the unit listens as long again: a radio that is well and hears nobody would end the visit then.
"""

from collections.abc import Iterator

import pytest

from tests.vm.conftest import plug_in_radio
from tests.vm.guest.machine import Guest
from tests.vm.shop import Phones, RunningHub

BACK_S = 240
LONGER_THAN_HER_PATIENCE_S = 20
LOG_OF = "journalctl --no-pager --output=cat --after-cursor='{cursor}' -u"
RADIO_RUNS = LOG_OF + " edge-agent | grep -E 'radio[^:]*: running'"
RADIO_HEARS = LOG_OF + " edge-agent | grep -E 'radio.*(: running|hears again)'"
RADIO_IS_ILL = LOG_OF + """ edge-agent | grep -E '"radio.*"warning"'"""
RESET_RAN = LOG_OF + " edge-bluetooth-reset@hci0 | grep Starting"

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
    return guest.run(f"systemctl show --property=MainPID --value {service}").strip()


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


@pytest.mark.parametrize("what", OUTAGES)
def test_her_visit_outlasts_an_outage_of(what: str, unit: Guest, visit: Visit, same_agent: None) -> None:
    begin, end = OUTAGES[what]
    start = cursor(unit)
    unit.run(begin)
    visit.goes_on()
    unit.run(end)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on()


def test_bluetoothd_comes_back_by_itself(unit: Guest, visit: Visit, same_agent: None) -> None:
    start, pid = cursor(unit), main_pid(unit, "bluetooth.service")
    unit.run(f"kill -9 {pid}")
    restarted(unit, "bluetooth.service", pid)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on()


def test_her_visit_outlasts_a_restart_of_everything_below(unit: Guest, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    unit.run("systemctl restart dbus bluetooth")
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on()


def test_her_visit_outlasts_an_unplugged_adapter(unit: Guest, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    unit.run("systemctl stop radio")
    visit.goes_on()
    plug_in_radio(unit)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on()


@pytest.mark.parametrize("other", [OTHER_FILTERS, OTHER_BLEAK], ids=["bluetoothctl", "bleak"])
def test_another_program_may_scan(other: str, unit: Guest, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    unit.run(other)
    visit.goes_on()
    assert unit.run(RADIO_IS_ILL.format(cursor=start), check=False) == ""


def test_a_scan_that_goes_deaf_is_cured(unit: Guest, phones: Phones, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    phones.deafen("until reset")
    unit.wait_for(f"journalctl -u radio --after-cursor='{start}' | grep 'reset: it hears again'", timeout_s=BACK_S)
    visit.goes_on()
    phones.deafen("never")


def test_what_stays_deaf_is_reset_by_systemd(unit: Guest, phones: Phones, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    phones.deafen("always")
    unit.wait_for(RESET_RAN.format(cursor=start), timeout_s=BACK_S)
    phones.deafen("never")
    unit.wait_for(RADIO_HEARS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on()


def test_a_controller_that_filters_strictly(unit: Guest, visit: Visit, same_agent: None) -> None:
    start = cursor(unit)
    unit.run("systemctl stop radio")
    plug_in_radio(unit, "--duplicates strict")
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on(for_s=3 * LONGER_THAN_HER_PATIENCE_S)
    unit.run("systemctl stop radio")
    plug_in_radio(unit)


def test_and_when_she_leaves_she_has_left(unit: Guest, phones: Phones, hub: RunningHub, visit: Visit) -> None:
    phones.none()
    hub.wait_for_visits(running=0, timeout_s=BACK_S)


def test_display_comes_back_after_kill(unit: Guest) -> None:
    pid = main_pid(unit, "edge-display.service")
    unit.run(f"kill -9 {pid}")
    restarted(unit, "edge-display.service", pid)
