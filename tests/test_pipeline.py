"""The pipeline as a machine: no busy loop, nothing lost between inputs, whatever comes in."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.contracts.clerk import Reply, TabletHello
from edge_agent.contracts.screen import Hello, LoopPlayed, Panel, ProofOfPlay, Refused, Shown
from edge_agent.events import (
    Advertisement,
    BusJoined,
    CardRow,
    ClerkReplied,
    DisplayJoined,
    DisplayLost,
    FromScreen,
    KnowledgeChanged,
    RadioHealth,
    SliceChanged,
    TabletJoined,
    VisitRow,
)
from edge_agent.frames import ad
from tests.scenario.shop import LEASE, START, Shop, advertisement, profile

NAMES = ("anna", "bert", "cleo")
IDS = st.integers(1, 20).map(lambda number: f"id{number}")
HELLO = Hello(width_px=1920, height_px=1080)
REPLIES = st.builds(
    Reply,
    reply=IDS,
    card=IDS,
    tablet=st.sampled_from(["a", "b"]),
    action=st.sampled_from(
        ["claim", "release", "snooze", "hand_over", "decline", "done", "not_here", "opted_out", "pause_today"]
    ),
    outcome=st.sampled_from([None, "sold"]),
    department=st.sampled_from([None, "shoes"]),
)
INPUTS = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(NAMES), st.sampled_from([1.0, 1.0, 3.0, 9.0])),
    st.builds(RadioHealth, st.booleans()),
    st.builds(DisplayJoined, st.builds(HELLO.model_copy, update=st.fixed_dictionaries({"showing": st.none() | IDS}))),
    st.just(DisplayLost()),
    st.builds(FromScreen, st.builds(Shown, message_id=IDS, first_frame_s=st.just(1.0))),
    st.builds(FromScreen, st.builds(Refused, message_id=st.none() | IDS, reason=st.just("no"))),
    st.builds(
        FromScreen,
        st.builds(
            ProofOfPlay,
            message_id=IDS,
            first_frame_at=st.just(START),
            on_screen_s=st.just(1.0),
            ended=st.just("maximum"),
        ),
    ),
    st.builds(FromScreen, st.builds(Panel, state=st.sampled_from(["on", "covered", "off", "absent"]))),
    st.builds(
        FromScreen,
        st.builds(
            LoopPlayed,
            item=IDS,
            picture=st.just("ab" * 32),
            from_at=st.just(START),
            until_at=st.just(START),
            plays=st.integers(1, 100_000),
            on_screen_s=st.just(1.0),
        ),
    ),
    st.builds(ClerkReplied, REPLIES),
    st.just(TabletJoined(TabletHello(tablet="a", departments=("outdoor",)))),
    st.just(BusJoined()),
    st.just(KnowledgeChanged()),
    st.builds(SliceChanged, st.none() | st.frozensets(st.sampled_from(NAMES)), st.just(START + LEASE)),
)


@settings(max_examples=150)
@given(
    day=st.lists(st.tuples(INPUTS, st.sampled_from([0.0, 0.1, 0.6, 3.0, 20.0, 200.0]), st.integers(0, 6)), max_size=60)
)
def test_whatever_happens_in_whatever_order(day):
    shop = Shop([profile(name) for name in NAMES])
    for received, pause_s, hold in day:
        if isinstance(received, tuple):
            customer, distance_m = received
            shop.walk(hold, (customer, distance_m))
        else:
            shop.unit.put(received)
        shop.unit.advance(shop.unit.now_s + pause_s)
    shop.unit.put(RadioHealth(healthy=True))
    shop.unit.advance(shop.unit.now_s + 3600)  # comes to rest: no deadline stands still

    assert shop.happened().count("visit.started") == shop.happened().count("visit.ended")
    visits = {row.visit: row for row in shop.rows if isinstance(row, VisitRow)}
    assert all(row.ended_at is not None for row in visits.values())
    cards = {row.card.card: row.card for row in shop.rows if isinstance(row, CardRow)}
    assert all(card.state not in ("open", "taken") and not card.title for card in cards.values())
    assert shop.showing is None


@given(payload=st.binary(max_size=80), rssi_dbm=st.none() | st.integers(-128, 127))
def test_random_bytes_do_nothing(payload, rssi_dbm):
    shop = Shop([profile("anna")])
    shop.unit.put(ad.heard(payload, rssi_dbm))
    assert (shop.rows, shop.facts) == ([], [])


def test_a_signal_strength_that_is_unknown_is_no_nearness():
    shop = Shop([profile("anna")])
    heard = advertisement("anna", START)
    shop.unit.put(Advertisement(rssi_dbm=None, service_data=heard.service_data))
    assert shop.facts == []
    shop.unit.put(heard)
    assert [fact.kind for fact in shop.facts] == ["near"]


def test_an_empty_unit_has_a_deadline_and_it_is_ahead():
    shop = Shop()
    shop.unit.advance(99.5)
    assert shop.unit.now_s < shop.pipeline.next_deadline() <= shop.unit.now_s + 10


def test_a_slot_that_changes_while_she_stays_ends_no_visit():
    shop = Shop([profile("anna")])
    shop.walk(3000, ("anna", 1.0), interval_s=2.0)
    assert shop.happened().count("visit.started") == 1
    assert "visit.ended" not in shop.happened()
    assert shop.unit.instant.utc - START > timedelta(seconds=2 * 1024)


def test_each_advertisement_of_a_known_customer_is_a_sighting_and_no_other_is():
    shop = Shop([profile("anna")])
    seen = []
    for heard in (advertisement("anna", START), advertisement("bert", START), ad.heard(b"", -50)):
        seen.append(shop.pipeline.step(heard, shop.unit.instant).sightings)
    [sighting] = seen[0]
    assert seen[1:] == [(), ()]
    assert (sighting.customer, sighting.rssi_dbm) == ("anna", advertisement("anna", START).rssi_dbm)
    assert sighting.distance_m is not None
    assert sighting.badge is not None
    assert shop.pipeline.step(None, shop.unit.instant).sightings == ()
