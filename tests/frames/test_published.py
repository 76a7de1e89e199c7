"""Frames against data that others published."""

import pytest

from edge_agent.frames import ad, eddystone
from edge_agent.frames.altbeacon import AltBeacon
from edge_agent.frames.decode import decode
from edge_agent.frames.eddystone import EddystoneTlm, EddystoneUid, EddystoneUrl
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.frames.overflow import Overflow
from edge_agent.frames.rejection import Rejection
from edge_agent.radio import hci

LEGACY_BYTES = 31


def decoded_payloads(scan_record: bytes):
    """Android writes data and scan response into 62 bytes: each filled up to 31, or right behind each other."""
    parts = [scan_record]
    if len(scan_record) == 2 * LEGACY_BYTES and not ad.parse(scan_record[:LEGACY_BYTES]).rejected:
        parts = [scan_record[:LEGACY_BYTES], scan_record[LEGACY_BYTES:]]
    return [frame for part in parts for frame in decode(ad.heard(part, -55)).frames]


def short(uuid: str) -> str:
    """A UUID as the published cases write it: the shortest form, without dashes."""
    digits = uuid.replace("-", "")
    if not digits.endswith("00001000800000805f9b34fb"):
        return digits
    return digits[4:8] if digits.startswith("0000") else digits[:8]


def test_advertising_data_of_other_decoders(published):
    compared = 0
    for case in published("advlib_cases.jsonl"):
        if case["call"] != "advDataTypes.process" and "advdata.test" not in case["file"]:
            continue
        structures = ad.parse(bytes.fromhex(case["input"][0]))
        expected = case["expected"]
        assert structures.rejected == ()
        if "uuids" in expected:
            compared += 1
            # Case 32-bit "00112233" has no place in the short form of 16 bits.
            assert [
                uuid[: len(want)] if len(want) == 8 else short(uuid)
                for uuid, want in zip(structures.service_uuids, expected["uuids"], strict=True)
            ] == expected["uuids"]
        if "serviceData" in expected:
            compared += 1
            assert [{"uuid": short(uuid), "data": data.hex()} for uuid, data in structures.service_data] == expected[
                "serviceData"
            ]
    assert compared > 5


def test_beacons_of_other_decoders(published):
    compared = 0
    for case in published("advlib_cases.jsonl"):
        payload = bytes.fromhex(case["input"][0]) if case["input"] and is_hex(case["input"][0]) else b""
        expected = case["expected"]
        if "apple" in case["file"]:
            frames = decode(ad.heard(ad.structure(0xFF, b"\x4c\x00" + payload), -55)).frames
            if expected is None:
                assert frames == ()
            elif "txPower" in expected:
                (frame,) = frames
                assert isinstance(frame, IBeacon)
                ids = f"{frame.uuid.replace('-', '')}/{frame.major:04x}/{frame.minor:04x}"
                assert ([ids], frame.measured_power_dbm) == (expected["deviceIds"], expected["txPower"])
                compared += 1
        if "eddystone" in case["file"]:
            result = decode(ad.heard(ad.structure(0x16, b"\xaa\xfe" + payload), -55))
            compared += 1
            if expected is None:
                assert result.frames == ()
            elif "encrypted" in expected:
                assert result.rejected == (Rejection.EDDYSTONE_TLM_VERSION,)
            else:
                check_eddystone(result.frames, expected)
    assert compared > 1


def is_hex(value: object) -> bool:
    return isinstance(value, str) and not set(value) - set("0123456789abcdefABCDEF") and len(value) % 2 == 0


def check_eddystone(frames, expected) -> None:
    (frame,) = frames
    if "txPower" in expected:
        assert frame.tx_power_dbm == expected["txPower"]
    if "uri" in expected and isinstance(frame, EddystoneUrl):
        assert frame.url.rstrip("/") == expected["uri"].rstrip("/")
    if "deviceIds" in expected and isinstance(frame, EddystoneUid):
        assert expected["deviceIds"][0].replace("/", "").startswith((frame.namespace + frame.instance).hex())
    if "batteryVoltage" in expected and isinstance(frame, EddystoneTlm):
        assert frame.battery_mv == pytest.approx(expected["batteryVoltage"] * 1000)
        assert frame.temperature_c == pytest.approx(expected["temperature"], abs=0.01)


def test_altbeacon_cases(published):
    for case in published("altbeacon_cases.jsonl"):
        frames = [frame for text in case["ad_hex"] for frame in decoded_payloads(bytes.fromhex(text))]
        asserts = {entry[1].split(",")[1].strip().strip('"') for entry in case["asserts"]}
        standard = not case["layouts"] or any("beac" in layout for layout in case["layouts"])
        if "AltBeaconParser" in case["file"] and any(entry[0] == "Null" for entry in case["asserts"]):
            assert frames == [], case["test"]
        if "Malformed" in case["test"]:
            assert frames == [], case["test"]
        if "Overfow" in case["test"]:
            (frame,) = frames
            assert isinstance(frame, Overflow)
            assert frame.area == int.from_bytes(bytes.fromhex("56fe8749") + bytes(12), "little")
        if standard and "1801beac" in case["ad_hex"][0]:
            (frame,) = frames
            assert isinstance(frame, AltBeacon), case["test"]
            assert (frame.company, frame.measured_power_dbm) == (0x118, -59)
            if "2f234454-cf6d-4a0f-adf2-f4911ba9ffa6" in asserts:
                assert frame.token == "altbeacon:2f234454cf6d4a0fadf2f4911ba9ffa600010002"
        if "EddystoneUID" in case["test"]:
            (frame,) = frames
            assert isinstance(frame, EddystoneUid)
            assert frame.measured_power_dbm == -25 - eddystone.POWER_LOST_IN_1_M_DB


def test_events_of_controllers(published):
    for case in published("hci_events.jsonl"):
        packet = bytes.fromhex(case["hci_event_hex"])
        (report,) = hci.reports(packet[1:])
        expected = case["expected"]
        if "mac" in expected and len(expected["mac"]) == 12 and expected.get("rssi") is not None:
            assert report.rssi_dbm == expected["rssi"], case["test"]
        if "uuid" in expected and "measured power" in expected:
            (frame,) = decode(ad.heard(report.data, report.rssi_dbm)).frames
            assert report.address.replace(":", "") == expected["mac"]
            assert frame.measured_power_dbm == expected["measured power"]
            ids = f"{expected['uuid']}{expected['major']:04x}{expected['minor']:04x}"
            assert frame.token.partition(":")[2].replace("-", "").replace(":", "") == ids


def test_overflow_areas_that_were_observed(published):
    data = published("ios_overflow_area.json")
    assert data["uuid_by_bit"][127].endswith("39")  # the published sample: UUID ...39 gives a last byte of 0x80
    bits = []
    for case in data["hci_events_crownstone"]:
        (report,) = hci.reports(bytes.fromhex(case["hci_event_hex"])[1:])
        bits.append([frame.bits for frame in decode(ad.heard(report.data, None)).frames])
    # In front, its scan response, then in the background; two other UUIDs share a bit, the same on another day.
    assert bits == [[], [], [(36,)], [(57,)], [(57,)], [(57,)], [(57,)]]
