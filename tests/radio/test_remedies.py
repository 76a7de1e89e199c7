"""What the agent does for an adapter over D-Bus, and which adapter it chooses."""

import pytest

from edge_agent.errors import RadioError
from edge_agent.radio.adapter import choose_adapter
from edge_agent.radio.remedies import power_cycle, start_reset_service


async def test_a_power_cycle_switches_off_and_on(bluez):
    await power_cycle("hci0")
    assert bluez.powered == [False, True]


async def test_a_power_cycle_that_is_refused_names_rfkill(bluez):
    bluez.refuse_power = "org.bluez.Error.Failed"
    with pytest.raises(RadioError, match="rfkill list bluetooth") as raised:
        await power_cycle("hci0")
    assert raised.value.trouble == "off"


async def test_an_adapter_that_is_gone_cannot_be_power_cycled(bluez):
    with pytest.raises(RadioError, match="hci7 cannot be switched off and on"):
        await power_cycle("hci7")


async def test_without_bluetoothd_nothing_is_power_cycled(bus):
    with pytest.raises(RadioError) as raised:
        await power_cycle("hci0")
    assert "hci0" in str(raised.value) or "BlueZ does not answer" in str(raised.value)


async def test_the_reset_service_is_started_and_waited_for(systemd):
    await start_reset_service("hci1")
    assert systemd.started == ["edge-bluetooth-reset@hci1.service"]


async def test_a_reset_that_failed_says_where_to_look(systemd):
    systemd.result = "failed"
    with pytest.raises(RadioError, match=r"failed.: journalctl -u edge-bluetooth-reset@hci0\.service"):
        await start_reset_service("hci0")


async def test_a_reset_that_polkit_refuses_says_what_is_missing(systemd):
    systemd.refuse = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
    with pytest.raises(RadioError, match=r"apt-get install polkitd, sh systemd/install\.sh"):
        await start_reset_service("hci0")


async def test_without_systemd_the_reset_is_an_error_of_the_radio(bus):
    with pytest.raises(RadioError, match="does not start"):
        await start_reset_service("hci0")


@pytest.mark.parametrize(
    ("adapters", "wanted", "message", "trouble"),
    [
        ({}, None, "no Bluetooth adapter", "away"),
        ({"hci0": {"Powered": True}}, "hci1", "set radio.adapters to some of hci0", "away"),
        ({"hci0": {"Powered": False}}, None, "hci0 is switched off: rfkill unblock bluetooth", "off"),
        ({"hci0": {"Powered": True, "Roles": ["peripheral"]}}, None, "cannot scan for Bluetooth LE", "away"),
    ],
)
def test_an_adapter_that_cannot_be_used_is_refused_with_advice(adapters, wanted, message, trouble):
    with pytest.raises(RadioError, match=message) as raised:
        choose_adapter(adapters, wanted)
    assert raised.value.trouble == trouble


def test_the_first_adapter_that_is_switched_on_is_chosen():
    adapters = {"hci10": {"Powered": True}, "hci2": {"Powered": True}, "hci0": {"Powered": False}}
    assert choose_adapter(adapters, None) == "hci2"
