"""Hard rules 1 and 9: a stranger leaves no trace in the pipeline, and nobody's data reaches a log."""

import gc
import logging
from random import Random

from edge_agent.contracts.scenario import Scenario, Shopper
from edge_agent.events import Advertisement
from edge_agent.frames import ad
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.simulator.shoppers import advertisements
from tests.scenario.shop import START, Shop, identity_key, profile

MODULES = (type(logging), type(lambda: 0), type)


def everything_in(root: object) -> set[str | bytes]:
    """Return every text and byte string (of more than three) that can be reached from an object."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, MODULES):
            continue
        seen[id(found)] = found
        waiting.extend(gc.get_referents(found))
        if isinstance(found, dict):
            waiting.extend(found)  # Python passes over the keys where all of them are texts
    return {found for found in seen.values() if isinstance(found, str | bytes) and len(found) > 3}


def strangers(count: int) -> list[tuple[Advertisement, set[str | bytes]]]:
    """Advertisements of every kind that we read, with all that could tell one stranger from another."""
    random = Random(7)
    heard = []
    for number in range(count):
        address = ":".join(f"{byte:02X}" for byte in random.randbytes(6))
        eid, uuid = random.randbytes(8), random.randbytes(16).hex()
        uuid = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
        beacon = IBeacon(uuid, number, number, -59)
        payload = [EddystoneEid(eid, -18).encode(), beacon.encode(), ad.structure(0xFF, b"\x4c\x00" + eid)][number % 3]
        heard.append((ad.heard(payload, -45, address, "random"), {address, eid, eid.hex(), uuid, beacon.token}))
    return heard


def test_five_hundred_strangers_leave_nothing(caplog):
    caplog.set_level(logging.DEBUG)
    shop = Shop([profile("anna")])
    told = len(shop.effects)
    marks: set[str | bytes] = set()
    for heard, hers in strangers(500):
        shop.unit.put(heard)
        shop.unit.advance(shop.unit.now_s + 0.05)
        marks |= hers
    del heard, hers
    assert not marks & everything_in(shop.unit)
    assert not marks & everything_in(shop.pipeline)
    assert (shop.rows, shop.facts, len(shop.effects)) == ([], [], told)
    assert caplog.records == []


def test_the_search_above_finds_what_is_there():
    shop = Shop([profile("anna")])
    shop.walk(1, ("anna", 1.0))
    found = everything_in(shop.pipeline)
    assert "anna" in found
    key = bytes.fromhex(shop.shelf.profiles["anna"].tokens[0].keys[0].key)
    assert any(key in value for value in found if isinstance(value, bytes))


def test_a_crowd_of_strangers_changes_nothing_for_a_customer():
    quiet, crowded = Shop([profile("anna")]), Shop([profile("anna")])
    crowd = [heard for heard, _ in strangers(200)]
    for _ in range(120):
        quiet.walk(0.25, ("anna", 1.0), interval_s=0.2)
        for heard in crowd[:20]:
            crowded.unit.put(heard)
        crowded.walk(0.25, ("anna", 1.0), interval_s=0.2)
    assert quiet.happened() == crowded.happened()
    assert quiet.cards == crowded.cards


def test_a_customers_whole_visit_is_in_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    shop = Shop([profile("anna")])
    shop.walk(30, ("anna", 1.0))
    shop.say("opted_out")
    assert caplog.records == []


def test_a_street_of_simulated_strangers_is_as_silent():
    key = identity_key("nobody").hex()
    walk = ((0, 1.0), (600, 1.0))
    shop = Shop([profile("anna")])
    scenario = Scenario(round_s=600, strangers=50, shoppers=(Shopper(name="n", identity_key=key, walk=walk),))
    for at_s, heard in advertisements(scenario, START.timestamp()):
        if at_s > 60:
            break
        shop.unit.advance(at_s)
        shop.unit.put(heard)
    assert (shop.rows, shop.facts, shop.cards) == ([], [], [])
