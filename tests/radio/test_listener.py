"""The listener on a fake BlueZ: what it loses it notices, and it comes back."""

import asyncio
import logging

import pytest
from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from dbus_fast import Variant

from edge_agent.contracts.radio_config import OwnBeaconConfig, RadioConfig
from edge_agent.frames.decode import decode
from edge_agent.radio.bluez import UUIDS_MAX
from edge_agent.radio.ears import GIVEN_UP_S
from edge_agent.radio.listener import DISCOVERY_GRACE_S
from tests.radio.listening import CANARY, IBEACON, PHONE, Bench, manufacturer, until

SILENT_S = RadioConfig().silent_s
HEADSET = "C0:FF:EE:00:00:77"


@pytest.fixture(autouse=True)
def _all_that_is_logged(caplog):
    caplog.set_level(logging.INFO)


async def hear_one(bench, bluez, rssi_dbm=-61, adapter="hci0"):
    """Let a phone be heard, and let the listener look at it."""
    before = len(bench.heard)
    while len(bench.heard) == before:  # a scan that is just being begun hears the next one
        bluez.advertise(PHONE, rssi_dbm, adapter, ManufacturerData=manufacturer(x004c=IBEACON))
        await asyncio.sleep(0.05)
    await bench.looked()


async def fall_silent(bench, bluez):
    """A scan that hears, then hears no more. Returns when it heard something last."""
    await hear_one(bench, bluez)
    last_heard_s = bench.clock.monotonic_s
    bench.clock.monotonic_s += SILENT_S + 1
    return last_heard_s


# --- what is heard --------------------------------------------------------------------------------


async def test_what_a_phone_sends_is_handed_on_whole(bluez):
    bench = Bench()
    eid = bytes([0x30, 0xEB]) + bytes(range(8))
    service = "0000feaa-0000-1000-8000-00805f9b34fb"
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.advertise(
            PHONE,
            -61,
            ManufacturerData=manufacturer(x004c=IBEACON, x0118=b"\xbe\xac" + bytes(22)),
            ServiceData=Variant("a{sv}", {service: Variant("ay", eid)}),
            UUIDs=Variant("as", [service]),
        )
        await until(lambda: bench.heard)
        await bench.looked()
    (advertisement,) = bench.heard
    assert advertisement.rssi_dbm == -61
    assert (advertisement.address, advertisement.address_type) == (PHONE, "random")
    assert dict(advertisement.manufacturer_data)[0x4C] == IBEACON
    assert advertisement.service_uuids == (service,)
    assert [type(frame).__name__ for frame in decode(advertisement).frames] == ["IBeacon", "AltBeacon", "EddystoneEid"]
    assert bench.told == [False, True, False]


async def test_the_filters_keep_still_phones_alive(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        for _ in range(3):
            bluez.advertise(PHONE, -61, ManufacturerData=manufacturer(x004c=IBEACON))
        await until(lambda: len(bench.heard) == 3)
    assert bluez.filters[0] == {"Transport": "le", "DuplicateData": True, "RSSI": -127, "Pattern": ""}


async def test_neither_a_device_that_falls_silent_nor_a_connection_is_an_advertisement(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.advertise(PHONE, -61)
        bluez.lose_rssi(PHONE)
        bluez.advertise(PHONE, -62)
        bluez.connect(PHONE)
        bluez.connect(PHONE, connected=False)
        bluez.advertise(PHONE, -63)
        await until(lambda: any(advertisement.rssi_dbm == -63 for advertisement in bench.heard))
    assert [advertisement.rssi_dbm for advertisement in bench.heard] == [-61, -62, -63]


async def test_a_device_of_which_bluez_remembers_too_much_is_forgotten_unless_somebody_set_it_up(bluez):
    bench = Bench()
    uuids = Variant("as", [f"{n:08x}-0000-4000-8000-000000000000" for n in range(UUIDS_MAX + 1)])
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.advertise(HEADSET, -60, UUIDs=uuids, Paired=Variant("b", True))
        bluez.advertise(PHONE, -61, UUIDs=uuids)
        await until(lambda: not bluez.knows(PHONE))
        bluez.advertise(PHONE, -62)  # a new device
        await until(lambda: any(advertisement.rssi_dbm == -62 for advertisement in bench.heard))
        assert bluez.knows(HEADSET)
    assert [advertisement.rssi_dbm for advertisement in bench.heard] == [-60, -62]


async def test_the_scan_is_stopped_when_the_part_is_cancelled(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        assert bluez.discovering
    assert not bluez.discovering
    assert bluez.filters[-1] == {}


async def test_the_adapter_that_is_configured_is_used(bluez):
    bluez.plug("hci1")
    bench = Bench(RadioConfig(adapters=("hci1",)))
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.advertise(PHONE, -61, adapter="hci1")
        await until(lambda: bench.heard)
    assert bench.listener.health.report.part == "radio-hci1"


# --- what is said when something is missing ---------------------------------------------------------


async def test_without_dbus_it_says_what_to_do(bus):
    bus.stop()
    bench = Bench()
    async with bench.listening():
        await until(lambda: "no D-Bus system bus" in bench.problem)
        assert bench.step == "waiting"
    assert bench.told == [False]


async def test_without_bluetoothd_it_says_what_to_do(bus):
    bench = Bench()
    async with bench.listening():
        await until(lambda: "systemctl start bluetooth" in bench.problem)


async def test_without_an_adapter_it_says_what_to_do_once(bluez, caplog):
    bluez.unplug()
    bench = Bench()
    async with bench.listening():
        await until(lambda: "no Bluetooth adapter: plug one in" in bench.problem)
        await asyncio.sleep(0.3)  # several more looks
    assert caplog.text.count("no Bluetooth adapter") == 1


# --- what is survived ------------------------------------------------------------------------------


async def test_an_adapter_that_is_unplugged_and_plugged_in(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
        bluez.unplug()
        await until(lambda: "hci0 was unplugged" in bench.problem or "no Bluetooth adapter" in bench.problem)
        assert bench.told == [False, True, False]
        bluez.plug()
        await hear_one(bench, bluez)
        await until(lambda: bench.running)
    assert bench.told == [False, True, False, True, False]


async def test_bluetoothd_restarts(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await bluez.stop()
        await until(lambda: not bench.running)
        await bluez.start()
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
    assert bluez.starts == 2
    assert bluez.powered == [], "nothing is repaired that is not broken"


async def test_nobody_is_remembered_beyond_the_end_of_bluetoothd(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
        bleak = await get_global_bluez_manager()
        assert any("C0_00_00_00_00_01" in path for path in bleak._properties)
        await bluez.stop()
        await until(lambda: not bench.running)
        await until(lambda: not bleak._properties)
        await bluez.start()
        await hear_one(bench, bluez)
        await until(lambda: bench.running)


async def test_dbus_restarts(bus, bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
        bus.stop()
        await until(lambda: not bench.running)
        await bluez.stop()
        bus.start()
        await bluez.start()
        await hear_one(bench, bluez)
        await until(lambda: bench.running)
    assert bench.told == [False, True, False, True, False]


async def test_switched_off_and_on_by_somebody_else(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.set_adapter(Powered=False, Discovering=False)
        await until(lambda: "switched off: rfkill unblock bluetooth" in bench.problem)
        bluez.set_adapter(Powered=True)
        await until(lambda: bench.running)
    assert bluez.powered == [], "whoever switched it off switched it on"


async def test_left_switched_off_it_is_switched_on(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.set_adapter(Powered=False, Discovering=False)
        await until(lambda: not bench.running)
        bench.clock.monotonic_s += 11
        await until(lambda: bench.running)
    assert bluez.powered == [False, True]


async def test_blocked_by_rfkill_the_reset_service_is_asked_and_then_left_in_peace(bluez, systemd, caplog):
    bench = Bench()
    bluez.refuse_power = "org.bluez.Error.Failed"
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.set_adapter(Powered=False, Discovering=False)
        await until(lambda: not bench.running)
        bench.clock.monotonic_s += 11
        await until(lambda: systemd.started)
        await until(lambda: bench.step == "waiting")
        await asyncio.sleep(0.3)
        assert "rfkill list bluetooth" in caplog.text
        assert systemd.started == ["edge-bluetooth-reset@hci0.service"]
        bluez.set_adapter(Powered=True)
        await until(lambda: bench.running)


async def test_a_scan_that_falls_silent_is_restarted_and_exits_wait_from_its_last_sound(bluez, caplog):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        last_heard_s = await fall_silent(bench, bluez)
        await until(lambda: bench.told == [False, True, False])
        assert bench.deaf_since_s[-1] == last_heard_s
        await until(lambda: bluez.starts == 2)
        await bench.looked()
        assert bench.told == [False, True, False], "a new scan that has not heard yet is not believed"
        await hear_one(bench, bluez)
        await until(lambda: bench.told == [False, True, False, True])
    assert "nothing heard for 13 s on hci0" in caplog.text
    assert "hci0 hears again after 13 s" in caplog.text
    assert bluez.powered == []


async def test_while_the_next_cure_waits_longer_exits_wait_already(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await fall_silent(bench, bluez)
        await until(lambda: bluez.starts == 2)
        await hear_one(bench, bluez)
        last_heard_s = await fall_silent(bench, bluez)
        await until(lambda: bench.told == [False, True, False, True, False])
        assert bench.deaf_since_s[-1] == last_heard_s
        await bench.looked()
        assert bluez.starts == 2
        bench.clock.monotonic_s += SILENT_S
        await until(lambda: bluez.starts == 3)
        assert bench.told[-1] is False


async def test_exits_wait_while_a_silence_is_longer_than_the_shortest_but_not_unusual_here(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
        for _ in range(2):
            bench.clock.monotonic_s += SILENT_S - 1
            await hear_one(bench, bluez)
        last_heard_s = bench.clock.monotonic_s
        bench.clock.monotonic_s += SILENT_S + 1
        await until(lambda: bench.told == [False, True, False])
        assert bench.deaf_since_s[-1] == last_heard_s + SILENT_S, "so much silence of hers counts"
        assert bluez.starts == 1
        await hear_one(bench, bluez)
        await until(lambda: bench.told == [False, True, False, True])
        assert bluez.starts == 1


async def test_what_hung_before_it_failed_was_ill_since_it_hung(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
        last_heard_s = bench.clock.monotonic_s
        bench.clock.monotonic_s += SILENT_S - 1
        bluez.unplug()
        await until(lambda: bench.told == [False, True, False])
        assert bench.deaf_since_s[-1] == last_heard_s


async def test_a_dead_scan_that_no_restart_cures_gets_power_cycled_and_then_an_empty_shop_is_assumed(bluez, caplog):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await fall_silent(bench, bluez)
        await until(lambda: bluez.starts == 2)
        for starts in (3, 4):
            await bench.looked()
            bench.clock.monotonic_s += SILENT_S + 1
            await until(lambda starts=starts: bluez.starts == starts)
        assert bluez.powered == [False, True]
        await bench.looked()
        bench.clock.monotonic_s += SILENT_S + 1
        await until(lambda: bench.listener.healthy)
        assert bench.told == [False, True, False], "a customer who stays may still be there"
        bench.clock.monotonic_s += GIVEN_UP_S
        await until(lambda: bench.told[-1])
        bench.clock.monotonic_s += 3600
        await bench.looked()
    assert bluez.starts == 4
    assert "hci0 hears nothing, which is taken for an empty shop, after 52 s" in caplog.text
    assert "hears again" not in caplog.text


async def test_a_canary_that_falls_silent_with_everything_else_takes_it_up_the_whole_ladder(bluez, systemd, caplog):
    bench = Bench(RadioConfig(beacon=OwnBeaconConfig(uuid=CANARY)))
    async with bench.listening():
        await until(lambda: bench.running)
        for rssi_dbm in range(-71, -60):
            await hear_one(bench, bluez, rssi_dbm)
            bench.clock.monotonic_s += 1
        for steps in (1, 2, 3, 4):
            bench.clock.monotonic_s += SILENT_S + 1
            await until(lambda steps=steps: bench.listener.ladder.taken.total() == steps)
            await until(lambda steps=steps: bluez.starts == 1 + steps)
            await bench.looked()
        bench.clock.monotonic_s += SILENT_S + 1
        await until(lambda: bench.step == "waiting")
        assert dict(bench.listener.ladder.taken) == {"restart_scan": 2, "power_cycle": 1, "reset_service": 1}
        assert systemd.started == ["edge-bluetooth-reset@hci0.service"]
        assert "hears nothing, which is unusual here, and all was tried: unplug it" in bench.problem
        bench.clock.monotonic_s += 200
        await bench.looked()
        assert bluez.starts == 5, "it rests, and the scan goes on"
        assert bench.told == [False, True, False]
        await hear_one(bench, bluez)
        assert bench.told == [False, True, False, True]
        assert bench.running


async def test_a_lone_passer_by_in_the_night_is_no_illness_for_long(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        bench.clock.monotonic_s += 60
        await hear_one(bench, bluez)
        bench.clock.monotonic_s += 10 * SILENT_S
        await bench.looked()
    assert bluez.starts == 1


async def test_whose_visit_was_open_before_a_restart_is_not_sent_away_by_ears_that_have_never_heard(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        bench.clock.monotonic_s += GIVEN_UP_S - 1
        await bench.looked()
        assert bench.told == [False]
        bench.clock.monotonic_s += 1
        await until(lambda: bench.told == [False, True])


async def test_an_empty_shop_is_not_a_fault(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        bench.clock.monotonic_s += 10 * SILENT_S
        await bench.looked()
    assert bench.told == [False, True, False]
    assert bluez.starts == 1


async def test_a_short_pause_of_discovery_is_normal_and_a_long_one_is_not(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
        bluez.set_adapter(Discovering=False)
        bench.clock.monotonic_s += DISCOVERY_GRACE_S / 2
        await bench.looked()
        assert bench.told == [False, True]
        bench.clock.monotonic_s += DISCOVERY_GRACE_S
        await until(lambda: bluez.starts == 2)
        await hear_one(bench, bluez)
        await until(lambda: bench.running)
        assert bench.told == [False, True, False, True]


async def test_bluez_that_is_busy_is_asked_again_and_then_power_cycled(bluez):
    bluez.refuse_start = "org.bluez.Error.InProgress"
    bench = Bench()
    async with bench.listening():
        await until(lambda: "InProgress" in bench.problem)
        await until(lambda: bluez.powered == [False, True])
        bluez.refuse_start = None
        await until(lambda: bench.running)
    assert bench.listener.ladder.taken["restart_scan"] == 2


async def test_another_program_that_scans_is_named(bluez, caplog):
    bluez.scanned_by_others = True
    bluez.set_adapter(Discovering=True)
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
    assert "another program scans on hci0" in caplog.text
    assert bluez.discovering, "its scan is not ours to stop"


async def test_another_program_that_scans_for_a_pattern_takes_nothing_away(bluez):
    bluez.scanned_by_others = True
    bluez.pattern_of_others = "D0:"
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        bluez.advertise(PHONE, -61)
        await until(lambda: bench.heard)


# --- passive ---------------------------------------------------------------------------------------


async def test_passive_where_bluetoothd_cannot_falls_back_to_active_and_says_why(bluez, caplog):
    bench = Bench(RadioConfig(scan="passive"))
    async with bench.listening():
        await until(lambda: bench.running)
        bench.clock.monotonic_s += 21
        await until(lambda: "scans actively, for passive scans are not possible" in caplog.text)
        await until(lambda: bluez.discovering and bench.listener.status(0).scan == "active")
        await hear_one(bench, bluez)
        assert bench.listener.status(bench.clock.monotonic_s).scan == "active"
    assert "--experimental" in caplog.text


async def test_passive_is_used_where_it_hears_as_much(bluez):
    bluez.experimental = True
    bench = Bench(RadioConfig(scan="passive"))
    async with bench.listening():
        for number in range(6):
            passive = number % 2
            await until(lambda passive=passive: bluez.monitors if passive else bluez.discovering)
            before = len(bench.heard)
            for rssi_dbm in range(-90, -60):
                bluez.advertise(PHONE, rssi_dbm, ManufacturerData=manufacturer(x004c=IBEACON))
            await until(lambda before=before: len(bench.heard) == before + 30)
            bench.clock.monotonic_s += 21
            if number < 5:
                await until(lambda passive=passive: not (bluez.monitors if passive else bluez.discovering))
        await until(lambda: "scans passively, which hears as much" in bench.listener.status(0).problem)
        await until(lambda: bluez.monitors)
        assert not bluez.discovering, "nothing is transmitted any more"
        await hear_one(bench, bluez)
        assert bench.listener.status(bench.clock.monotonic_s).scan == "passive"
        told = bench.told[bench.told.index(True) :]
        assert told == [True, False, True, False, True, False, True], "nobody leaves while passive is on trial"
    assert bluez.monitors == []


async def test_ears_that_die_within_a_comparison_send_nobody_away(bluez):
    bluez.experimental = True
    bench = Bench(RadioConfig(scan="passive"))
    async with bench.listening():
        await until(lambda: bluez.discovering)
        await hear_one(bench, bluez)
        for _ in range(3):
            await until(lambda: bluez.discovering)
            bench.clock.monotonic_s += 21
            await until(lambda: bluez.monitors)
            bench.clock.monotonic_s += 21
        await until(lambda: "too little was heard to compare" in bench.listener.status(0).problem)
        await until(lambda: bluez.discovering)
        await bench.looked()
        assert bench.told[bench.told.index(True) :] == [True, False]
        bench.clock.monotonic_s += SILENT_S + 1
        await until(lambda: bench.listener.ladder.taken["restart_scan"] == 1)


# --- several adapters ------------------------------------------------------------------------------


async def test_two_adapters_are_one_pair_of_ears(bluez):
    bluez.plug("hci1")
    bench = Bench(RadioConfig(adapters=("hci0", "hci1")))
    async with bench.listening():
        await until(lambda: bench.running)
        await hear_one(bench, bluez)
        bluez.unplug("hci1")
        await until(lambda: not bench.running)
        assert bench.told == [False, True, False], "whom it alone heard may seem gone"
        await hear_one(bench, bluez, rssi_dbm=-50)
        bench.clock.monotonic_s += 130

        def relied_on_again() -> bool:
            bluez.advertise(PHONE, -49)  # again and again: the listener may have looked before the first one came
            return bench.told[:4] == [False, True, False, True]

        await until(relied_on_again)
        await until(lambda: [each.health.report.state for each in bench.listeners] == ["running", "waiting"])


async def test_the_status_tells_rate_and_silence(bluez):
    bench = Bench()
    async with bench.listening():
        await until(lambda: bench.running)
        for _ in range(20):
            bluez.advertise(PHONE, -61)
        await until(lambda: len(bench.heard) == 20)
        bench.clock.monotonic_s += 4
        await bench.looked()
        bench.clock.monotonic_s += 1
        status = bench.listener.status(bench.clock.monotonic_s)
    assert (status.adapter, status.scan, status.healthy, status.step) == ("hci0", "active", True, "listening")
    assert status.heard_per_s == 4
    assert status.silence_s == 1
    assert status.usual_per_s is None
