"""Everything in the air is hostile: it is counted by reason, it names nobody, and it recognises nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from edge_agent.clock import SystemClock
from edge_agent.constants import RADIO_QUEUE_MAX
from edge_agent.events import NOBODY, Advertisement, SliceChanged
from edge_agent.frames import ad
from edge_agent.frames.altbeacon import AltBeacon
from edge_agent.frames.eddystone import SERVICE, EddystoneEid
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.frames.operator import Operator
from edge_agent.frames.rejection import Rejection
from edge_agent.loop import Inbox
from edge_agent.metrics import Metrics
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from tests.scenario.shop import START, Shop, profile

PREFIX = "5f6a2c9e71d04b83"
HOSTILE_NAMES = [
    b"\x00\x1b[2J\x07",
    b"\xff\xfe\xfd",
    "\u202egnirts".encode(),
    b"'; DROP TABLE visits;--",
    b"{{7*7}}\n\n",
]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop([profile("anna")])


@given(payload=st.binary(max_size=31), rssi_dbm=st.none() | st.integers(-127, 20))
def test_31_bytes_of_anything_are_nobody(shop, payload, rssi_dbm):
    assert shop.pipeline.step(ad.heard(payload, rssi_dbm, "C0:00:00:00:00:01", "random"), shop.unit.instant) is NOBODY


@given(eid=st.binary(min_size=8, max_size=8), power=st.integers(-128, 127))
def test_forged_tokens_are_nobody(shop, eid, power):
    instant = shop.unit.instant
    for payload in (EddystoneEid(eid, power).encode(), Operator(eid).encode(PREFIX)):
        assert shop.pipeline.step(ad.heard(payload, -40), instant) is NOBODY
    for frame in (IBeacon("f7826da6-4fa2-4e98-8024-bc5b71e0893e", 1, 2, power), AltBeacon(1, eid + bytes(12), power)):
        assert shop.pipeline.step(ad.heard(frame.encode(), -40), instant) is NOBODY


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_with_control_characters_are_passed_over(name):
    shop = Shop([profile("anna")])
    for kind in (0x08, 0x09):
        payload = ad.payload([ad.structure(kind, name), ad.structure(ad.MANUFACTURER, b"\xff\xff" + name)])
        heard = ad.heard(payload, -40)
        assert heard.rejected == ()
        assert shop.pipeline.step(heard, shop.unit.instant) is NOBODY
        assert name not in repr(heard).encode()
    assert shop.pipeline.rejected == {}


def test_what_was_not_understood_is_counted_by_reason():
    shop = Shop([profile("anna")])
    instant = shop.unit.instant
    truncated = ad.heard(bytes.fromhex("05ff4c000215") + b"\x09\xff", -60)
    for _ in range(3):
        shop.pipeline.step(truncated, instant)
    shop.pipeline.step(Advertisement(-60, service_data=((SERVICE, b"\x40"),)), instant)
    shop.pipeline.step(Advertisement(None), instant)
    assert shop.pipeline.rejected == {
        Rejection.AD_TRUNCATED: 3,
        Rejection.IBEACON_LENGTH: 3,
        Rejection.EDDYSTONE_TYPE: 1,
        Rejection.RSSI_UNKNOWN: 1,
    }


def test_a_malformed_frame_does_not_hide_a_good_one():
    shop = Shop([profile("anna")])
    shop.walk(10, ("anna", 1.0))
    area = b"\x4c\x00\x01short"
    good = EddystoneEid(bytes(8), -18)
    payload = ad.structure(ad.MANUFACTURER, area) + good.encode()
    assert shop.pipeline.step(ad.heard(payload, -60), shop.unit.instant) is NOBODY
    assert shop.pipeline.rejected == {Rejection.OVERFLOW_LENGTH: 1}


def test_a_flood_drops_the_oldest_and_is_counted_and_a_withdrawal_is_served_first():
    inbox = Inbox(SystemClock("always"))
    flood = [
        Advertisement(-60, address=f"C0:00:00:00:{number >> 8:02X}:{number & 255:02X}") for number in range(10_000)
    ]
    for heard in flood:
        inbox.put(heard)
    withdrawn = SliceChanged(frozenset({"anna"}), START)
    inbox.put(withdrawn)
    assert inbox.radio.dropped == 10_000 - RADIO_QUEUE_MAX
    taken = [stamped[0] for stamped in iter(inbox.take, None)]
    assert taken == [withdrawn, *flood[-RADIO_QUEUE_MAX:]]


def test_the_metrics_name_every_reason_and_nothing_of_anybody(tmp_path):
    shop = Shop([profile("anna")])
    secret = "deadbeefdeadbeef"
    shop.pipeline.step(ad.heard(bytes.fromhex("0cff4c00" + secret + "00"), -60, "C0:FF:EE:00:00:01"), shop.unit.instant)
    shop.pipeline.step(ad.heard(bytes.fromhex("05ff4c000215"), -60, "C0:FF:EE:00:00:01"), shop.unit.instant)
    stores = open_stores(tmp_path, "s", load_unit_key(tmp_path, None))
    try:
        metrics = Metrics(Inbox(SystemClock("always")), stores, tuple, shop.pipeline.rejected)
        text = generate_latest(metrics.registry).decode()
    finally:
        stores.close()
    assert 'edge_agent_advertisements_rejected_total{reason="ibeacon_length"} 1.0' in text
    assert text.count("edge_agent_advertisements_rejected_total{") == len(Rejection)
    assert not any(part in text.lower() for part in (secret, "c0:ff", "c0ff"))
