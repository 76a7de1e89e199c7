"""Encoders, decoders, and what is rejected and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.events import Advertisement
from edge_agent.frames import ad, eddystone, operator, overflow
from edge_agent.frames.altbeacon import AltBeacon
from edge_agent.frames.decode import decode
from edge_agent.frames.eddystone import EddystoneEid, EddystoneTlm, EddystoneUid
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.frames.operator import Operator
from edge_agent.frames.overflow import Overflow
from edge_agent.frames.rejection import Rejection

PREFIX = "5f6a2c9e71d04b83"
LEGACY_MAX_BYTES = 31

powers = st.integers(-128, 127)
shorts = st.integers(0, 0xFFFF)


def only_frame(payload: bytes, prefix: str | None = None):
    """The single frame of a payload in which nothing is rejected."""
    structures = ad.parse(payload)
    decoded = decode(ad.advertisement(structures, -50), prefix)
    assert (structures.rejected, decoded.rejected) == ((), ())
    (frame,) = decoded.frames
    return frame


@given(st.uuids(), shorts, shorts, powers)
def test_ibeacon_both_ways(uuid, major, minor, power):
    frame = IBeacon(str(uuid), major, minor, power)
    assert len(frame.encode()) <= LEGACY_MAX_BYTES
    assert only_frame(frame.encode()) == frame


@given(shorts, st.binary(min_size=20, max_size=20), powers)
def test_altbeacon_both_ways(company, beacon_id, power):
    frame = AltBeacon(company, beacon_id, power)
    assert len(frame.encode()) <= LEGACY_MAX_BYTES
    assert only_frame(frame.encode()) == frame


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=6, max_size=6), powers)
def test_eddystone_uid_both_ways(namespace, instance, power):
    frame = EddystoneUid(namespace, instance, power)
    assert len(frame.encode()) <= LEGACY_MAX_BYTES
    assert only_frame(frame.encode()) == frame


@given(st.binary(min_size=8, max_size=8), powers)
def test_rolling_ids_both_ways(eid, power):
    frame = EddystoneEid(eid, power)
    assert len(frame.encode()) <= LEGACY_MAX_BYTES
    assert only_frame(frame.encode()) == frame
    assert frame.token == eid
    assert frame.measured_power_dbm == power - 41
    rolling = Operator(eid)
    assert len(rolling.encode(PREFIX)) <= LEGACY_MAX_BYTES
    assert only_frame(rolling.encode(PREFIX), PREFIX) == rolling
    assert decode(ad.heard(rolling.encode(PREFIX), -50), "00" * 8).frames == ()


@given(st.sets(st.integers(0, 127)))
def test_overflow_both_ways(bits):
    frame = only_frame(overflow.of_bits(bits).encode())
    assert frame.bits == tuple(sorted(bits))


def test_the_bytes_that_an_app_sends_are_these():
    assert EddystoneEid(bytes.fromhex("436bfe57d5a09505"), -21).encode().hex() == (
        "0201060303aafe0d16aafe30eb436bfe57d5a09505"
    )
    assert Operator(bytes.fromhex("436bfe57d5a09505")).encode(PREFIX).hex() == (
        "02010611070595a0d557fe6b43834bd0719e2c6a5f"
    )
    assert Operator(bytes.fromhex("436bfe57d5a09505")).service_uuid(PREFIX) == "5f6a2c9e-71d0-4b83-436b-fe57d5a09505"
    assert IBeacon("f7826da6-4fa2-4e98-8024-bc5b71e0893e", 10, 2, -59).encode().hex() == (
        "0201061aff4c000215f7826da64fa24e988024bc5b71e0893e000a0002c5"
    )


def test_static_tokens_are_written_as_a_slice_writes_them():
    assert IBeacon("f7826da6-4fa2-4e98-8024-bc5b71e0893e", 10, 0xBEEF, -59).token == (
        "ibeacon:f7826da6-4fa2-4e98-8024-bc5b71e0893e:000a:beef"
    )
    assert AltBeacon(0x118, bytes(20), -59).token == "altbeacon:" + 40 * "0"
    assert EddystoneUid(bytes(10), b"\xff" * 6, -20).token == "eddystone_uid:" + 20 * "0" + 12 * "f"


def test_several_structures_of_one_type_are_all_kept():
    beacon = IBeacon("f7826da6-4fa2-4e98-8024-bc5b71e0893e", 1, 2, -59).encode()
    area = overflow.of_bits([5]).encode()[3:]
    decoded = decode(ad.heard(beacon + area + area, -50))
    assert [type(frame) for frame in decoded.frames] == [IBeacon, Overflow, Overflow]


def test_eddystone_url_and_telemetry():
    assert eddystone.decode(bytes.fromhex("10000367657470617265746f07")).url == "https://getpareto.com"
    assert eddystone.decode(bytes.fromhex("1000006100")).url == "http://www.a.com/"
    telemetry = eddystone.decode(bytes.fromhex("20000bb8ff8000000102000003e8"))
    assert telemetry == EddystoneTlm(3000, -0.5, 258, 100.0)
    assert eddystone.decode(bytes.fromhex("2000000080000000000000000000")).temperature_c is None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("03ff4c", Rejection.AD_TRUNCATED),
        ("ff", Rejection.AD_TRUNCATED),
        ("02ff4c", Rejection.AD_SHORT),
        ("0216aa", Rejection.AD_SHORT),
        ("0403aafe11", Rejection.AD_UUID_LIST),
        ("020106000009", Rejection.AD_AFTER_END),
        ("00" * 1651, Rejection.AD_OVERSIZED),
        ("05ff4c000215", Rejection.IBEACON_LENGTH),
        ("05ff1801beac", Rejection.ALTBEACON_LENGTH),
        ("0cff4c0001000000000000000000"[:26], Rejection.OVERFLOW_LENGTH),
        ("0316aafe", Rejection.EDDYSTONE_EMPTY),
        ("0416aafe40", Rejection.EDDYSTONE_TYPE),
        ("0416aafe10", Rejection.EDDYSTONE_LENGTH),
        ("0516aafe2000", Rejection.EDDYSTONE_LENGTH),
        ("0516aafe2001", Rejection.EDDYSTONE_TLM_VERSION),
        ("0716aafe10000461", Rejection.EDDYSTONE_URL_SCHEME),
        ("0716aafe1000030e", Rejection.EDDYSTONE_URL_CHARACTER),
        ("0516aafe30eb", Rejection.EDDYSTONE_LENGTH),
    ],
)
def test_what_is_malformed_is_rejected_for_a_named_reason(payload, reason):
    structures = ad.parse(bytes.fromhex(payload))
    decoded = decode(ad.advertisement(structures, -50), PREFIX)
    assert structures.rejected + decoded.rejected == (reason,)
    assert decoded.frames == ()


def test_what_is_good_before_a_fault_is_used():
    beacon = IBeacon("f7826da6-4fa2-4e98-8024-bc5b71e0893e", 1, 2, -59)
    structures = ad.parse(beacon.encode() + b"\x09\xff")
    assert structures.rejected == (Rejection.AD_TRUNCATED,)
    assert decode(ad.advertisement(structures, -50)).frames == (beacon,)


def test_padding_after_the_end_is_normal():
    assert ad.parse(bytes.fromhex("020106") + bytes(28)).rejected == ()


@pytest.mark.parametrize(
    "encode",
    [
        lambda: IBeacon("f7826da6", 1, 2, -59).encode(),
        lambda: AltBeacon(1, b"short", -59).encode(),
        lambda: EddystoneEid(b"short", -59).encode(),
        lambda: EddystoneUid(b"short", b"", -59).encode(),
        lambda: Operator(b"short").encode(PREFIX),
    ],
)
def test_a_field_that_does_not_fit_cannot_be_encoded(encode):
    with pytest.raises(ValueError):
        encode()


def test_frames_do_not_print_who_they_are():
    for frame in (EddystoneEid(b"\xab" * 8, 0), IBeacon("f7826da6-4fa2-4e98-8024-bc5b71e0893e", 77, 88, 0)):
        assert not any(part in repr(frame) for part in ("ab", "f7826da6", "77", "88"))


structure_like = st.builds(
    lambda kind, value: bytes([len(value) + 1, kind]) + value,
    st.sampled_from([0x02, 0x03, 0x07, 0x09, 0x16, 0x20, 0x21, 0xFF]),
    st.builds(
        lambda head, tail: head + tail,
        st.sampled_from(
            [b"", b"\x4c\x00\x02\x15", b"\x4c\x00\x01", b"\x18\x01\xbe\xac", b"\xaa\xfe\x10", b"\xaa\xfe\x20\x00"]
        ),
        st.binary(max_size=40),
    ),
)


@given(st.one_of(st.binary(max_size=300), st.lists(structure_like, max_size=6).map(b"".join)))
def test_no_bytes_raise(payload):
    structures = ad.parse(payload)
    decode(ad.advertisement(structures, None), PREFIX)


@given(
    st.lists(st.tuples(shorts, st.binary(max_size=40)), max_size=3),
    st.lists(st.tuples(st.sampled_from([eddystone.SERVICE, "", "x"]), st.binary(max_size=40)), max_size=3),
    st.lists(st.one_of(st.text(max_size=40), st.just("5f6a2c9e-71d0-4b83-zzzz-000000000000")), max_size=3),
)
def test_no_advertisement_raises(manufacturer_data, service_data, service_uuids):
    decode(Advertisement(-50, tuple(manufacturer_data), tuple(service_data), tuple(service_uuids)), PREFIX)


def test_the_operators_prefix_ends_within_the_uuid():
    assert operator.decode("5f6a2c9e-71d0-4b84-436b-fe57d5a09505", PREFIX) is None
