"""One unit with two adapters: what one of them misses the other one hears."""

from collections.abc import Iterator

import pytest

from tests.vm.conftest import plug_in_radio, radio_configured
from tests.vm.guest.machine import Guest
from tests.vm.shop import Phones, RunningHub
from tests.vm.test_survival import BACK_S, LOG_OF, Visit, cursor, wait_until_it_hears

SECOND = "F0:F1:F2:F3:F4:F6"
RUNS = LOG_OF + " edge-agent | grep 'radio-{adapter}: running'"


@pytest.fixture(scope="module")
def two(unit: Guest, phones: Phones) -> Iterator[Guest]:
    """The unit with a second radio plugged in, told to use both."""
    phones.none()
    plug_in_radio(unit, unit="radio2", address=SECOND)
    start = cursor(unit)
    with radio_configured(unit, 'adapters = ["hci0", "hci1"]'):
        for adapter in ("hci0", "hci1"):
            unit.wait_for(RUNS.format(cursor=start, adapter=adapter), timeout_s=BACK_S)
        yield unit
    unit.run("systemctl stop radio2")


@pytest.fixture
def visit(two: Guest, phones: Phones, hub: RunningHub) -> Visit:
    phones.customer()
    hub.wait_for_visits(running=1, timeout_s=BACK_S)
    return Visit(hub)


def test_both_hear_and_it_is_one_visit(two: Guest, visit: Visit) -> None:
    for adapter in ("hci0", "hci1"):
        wait_until_it_hears(two, adapter=adapter)
    visit.goes_on(for_s=2)


def test_one_is_unplugged_and_the_other_goes_on(two: Guest, visit: Visit) -> None:
    start = cursor(two)
    two.run("systemctl stop radio2")
    wait_until_it_hears(two)
    visit.goes_on()
    plug_in_radio(two, unit="radio2", address=SECOND)
    two.wait_for(RUNS.format(cursor=start, adapter="hci1"), timeout_s=BACK_S)
    wait_until_it_hears(two, adapter="hci1")
    visit.goes_on(for_s=2)


def test_and_when_she_leaves_she_has_left(two: Guest, phones: Phones, hub: RunningHub, visit: Visit) -> None:
    phones.none()
    hub.wait_for_visits(running=0, timeout_s=2 * BACK_S)
