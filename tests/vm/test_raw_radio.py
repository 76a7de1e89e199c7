"""The raw backend: the kernel's management socket, read by the agent's own user under systemd."""

from collections.abc import Iterator

import pytest

from tests.vm.conftest import plug_in_radio, radio_configured
from tests.vm.guest.machine import Guest
from tests.vm.shop import Phones, RunningHub
from tests.vm.test_services import exposure
from tests.vm.test_survival import BACK_S, LOG_OF, OTHER_FILTERS, RADIO_RUNS, Visit, cursor

DROP_IN = "/etc/systemd/system/edge-agent.service.d/raw-radio.conf"
SAYS_WHAT_TO_INSTALL = LOG_OF + " edge-agent | grep 'drop-in of docs/raw-radio.md'"
RADIO_IS_ILL = LOG_OF + """ edge-agent | grep -E '"radio.*"warning"'"""

COUNT = """/opt/edge-agent/venv/bin/python -c '
import asyncio
from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.radio.mgmt import MgmtScan
from edge_agent.radio.patterns import patterns
heard = []
async def main():
    scan = MgmtScan(heard.append, None, "{mode}", patterns(RadioConfig()))
    await scan.start()
    await scan.wait(5)
    await scan.stop()
asyncio.run(main())
print(len(heard))'"""


@pytest.fixture(scope="module")
def without_right(unit: Guest, phones: Phones, hub: RunningHub) -> Iterator[str]:
    """The unit told to use the raw backend, and nothing else done; gives the place in the journal before that."""
    phones.none()
    hub.wait_for_visits(running=0, timeout_s=BACK_S)  # none ends while the radio is down
    start = cursor(unit)
    with radio_configured(unit, 'backend = "mgmt"'):
        yield start
        unit.run(f"rm -f {DROP_IN} && systemctl daemon-reload")


@pytest.fixture(scope="module")
def raw(unit: Guest, without_right: str) -> Guest:
    """The unit with the right as well, listening."""
    start = cursor(unit)
    unit.run(f"install -D -m 644 /opt/edge-agent/optional/raw-radio.conf {DROP_IN} && systemctl daemon-reload")
    unit.run("systemctl restart edge-agent", timeout_s=BACK_S)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    return unit


@pytest.fixture
def visit(raw: Guest, phones: Phones, hub: RunningHub) -> Visit:
    phones.customer()
    hub.wait_for_visits(running=1, timeout_s=BACK_S)
    return Visit(hub)


def test_without_the_right_it_says_what_to_install(unit: Guest, without_right: str) -> None:
    unit.wait_for(SAYS_WHAT_TO_INSTALL.format(cursor=without_right), timeout_s=BACK_S)


def test_the_agent_stays_confined(raw: Guest) -> None:
    assert exposure(raw, "edge-agent.service") <= 2.3
    status = raw.run("cat /proc/$(systemctl show --property=MainPID --value edge-agent)/status")
    assert "CapEff:\t0000000000001000" in status  # CAP_NET_ADMIN, nothing else


def test_it_hears_without_bluetoothd_and_dbus(raw: Guest, visit: Visit) -> None:
    start = cursor(raw)
    raw.run("systemctl mask --quiet --runtime bluetooth")
    raw.run("systemctl kill --signal=KILL bluetooth && systemctl stop dbus.socket dbus.service")  # told, it powers down
    try:
        visit.goes_on_and_is_heard(raw)
    finally:
        raw.run("systemctl start dbus.socket dbus && systemctl unmask --quiet --runtime bluetooth")
    assert raw.run(RADIO_IS_ILL.format(cursor=start), check=False) == ""
    raw.run("systemctl start bluetooth")  # which throws away the monitors of others
    raw.wait_for("bluetoothctl show | grep 'Powered: yes'", timeout_s=BACK_S)
    visit.goes_on_and_is_heard(raw)


def test_another_program_may_scan(raw: Guest, visit: Visit) -> None:
    raw.run(OTHER_FILTERS)  # the kernel may hold back from everybody what one program's RSSI filter leaves out
    visit.goes_on_and_is_heard(raw)


def test_her_visit_outlasts_an_unplugged_adapter(raw: Guest, visit: Visit) -> None:
    start = cursor(raw)
    raw.run("systemctl stop radio")
    visit.goes_on()
    plug_in_radio(raw, "--duplicates strict")
    raw.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    visit.goes_on_and_is_heard(raw)


def test_and_when_she_leaves_she_has_left(raw: Guest, phones: Phones, hub: RunningHub, visit: Visit) -> None:
    phones.none()
    hub.wait_for_visits(running=0, timeout_s=2 * BACK_S)


def test_a_controller_that_filters_strictly_reports_every_time(raw: Guest, phones: Phones) -> None:
    raw.run("systemctl stop edge-agent")
    phones.customer()
    for mode in ("active", "passive"):
        assert int(raw.run(COUNT.format(mode=mode))) > 5, mode
    phones.none()
    raw.run("systemctl stop radio")
    plug_in_radio(raw)
    raw.run("systemctl start edge-agent")
