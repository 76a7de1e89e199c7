"""What one unit has said counts at every unit of the store: caps, exclusive groups, explanations."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Campaign, Cap
from edge_agent.contracts.ownership import SPOKEN_AGE_MAX_S, SPOKEN_MAX, Contact, Spoken, Withdrawal
from edge_agent.decide.contacts import HERS_MAX
from edge_agent.events import (
    BusJoined,
    ContactRow,
    FromUnit,
    SliceChanged,
    ToUnits,
    UnitJoined,
)
from edge_agent.visit.contacts import REPEAT_S, REPEATED_MAX, TAKEN_MAX, UNJUDGED_MAX
from tests.scenario.floor import Floor
from tests.scenario.shop import LEASE, START, WELCOME, Shop, consents, profile

DOOR, RACK, COUNTER = (0.0, 0.0), (3.0, 0.0), (40.0, 0.0)
LATER_S = 1200.0
AT_THE_DOOR, AT_THE_RACK, AT_THE_COUNTER = (0.5, 0.0), (3.2, 0.0), (39.5, 0.0)


def campaign(name: str = "jacket", **changes: object) -> Campaign:
    fields = {"campaign": name, "caps": (Cap(count=1, per_s=86_400),), "card": "none", **changes}
    return WELCOME.model_copy(update=fields)


def floor(*places: tuple[float, float], campaigns: tuple[Campaign, ...] = (campaign(),), who: str = "anna") -> Floor:
    shop = Floor(places, [profile(name) for name in who.split()])
    shop.shelf.all_campaigns = campaigns
    shop.walk(5)
    return shop


def contacts(shop: Floor, name: str) -> list[ContactRow]:
    """What the journal of a unit holds."""
    return [row for row in shop.units[name].rows if isinstance(row, ContactRow)]


def why(shop: Floor, name: str, customer: str = "anna", of: str = "jacket") -> str | None:
    """What ``edge-agent explain`` says at a unit of a campaign."""
    unit = shop.units[name]
    assert unit.pipeline is not None
    assert unit.virtual is not None
    now = unit.virtual.instant
    rejected = unit.pipeline.explain(customer, now.utc, now).rejected
    return next((reason for reason, names in rejected.items() if of in names), None)


def named(row: ContactRow) -> tuple[str, str, str, str, str]:
    return row.customer, row.campaign, row.channel, row.visit, row.decision


# --- from unit to unit -----------------------------------------------------------------------------


@pytest.mark.parametrize("coordinator", ["unit0", None])
def test_what_she_was_told_at_the_door_she_is_not_told_again_at_the_counter(coordinator):
    shop = Floor((DOOR, COUNTER), [profile("anna")], coordinator=coordinator)
    shop.shelf.all_campaigns = (campaign(),)
    shop.walk(5)
    shop.walk(15, ("anna", AT_THE_DOOR))
    shop.walk(LATER_S)
    assert why(shop, "unit0") == why(shop, "unit1") == "capped"
    shop.walk(15, ("anna", AT_THE_COUNTER))
    assert [event.data.zone for event in shop.shown()] == ["unit0"]
    assert len(shop.of_type("visit.started")) == 2
    (there,), (here,) = contacts(shop, "unit0"), contacts(shop, "unit1")
    assert named(there) == named(here)
    assert abs(there.at - here.at) < timedelta(seconds=1)


def test_what_was_heard_outlives_a_restart():
    shop = floor(DOOR, COUNTER)
    shop.walk(15, ("anna", AT_THE_DOOR))
    shop.walk(LATER_S)
    shop.kill("unit1")
    shop.start("unit1")
    shop.kill("unit0")
    shop.walk(15, ("anna", AT_THE_COUNTER))
    assert why(shop, "unit1") == "capped"
    assert len(shop.shown()) == 1


def test_a_card_counts_as_well():
    once_per_clerk = campaign(card="opportunity", caps=(Cap(count=1, per_s=86_400, channel="clerk"),))
    shop = floor(DOOR, COUNTER, campaigns=(once_per_clerk,))
    shop.walk(40, ("anna", AT_THE_DOOR))
    shop.walk(LATER_S)
    shop.walk(40, ("anna", AT_THE_COUNTER))
    assert [event.data.zone for event in shop.shown()] == ["unit0", "unit1"]
    assert [event.data.zone for event in shop.of_type("clerk.notified")] == ["unit0"]


def test_a_scene_here_and_its_card_there_are_one_contact():
    shop = floor(DOOR, RACK, COUNTER, campaigns=(campaign(card="opportunity", caps=(Cap(count=2, per_s=86_400),)),))
    shop.walk(10, ("anna", AT_THE_DOOR))
    shop.walk(40, ("anna", AT_THE_RACK))
    shop.walk(LATER_S)
    assert [event.data.zone for event in shop.shown()] == ["unit0"]
    assert [event.data.zone for event in shop.of_type("clerk.notified")] == ["unit1"]
    for name in shop.units:
        scene, card = contacts(shop, name)
        assert (scene.channel, card.channel) == ("screen", "clerk")
        assert (scene.visit, scene.decision) == (card.visit, card.decision)
        assert why(shop, name) is None, "two contacts are allowed, and there was one"


def test_whoever_comes_back_to_another_unit_goes_on_with_the_same_decision():
    shop = floor(DOOR, COUNTER, campaigns=(campaign(card="opportunity", caps=(Cap(count=1),)),))
    shop.walk(10, ("anna", AT_THE_DOOR))
    shop.walk(120)
    shop.walk(40, ("anna", AT_THE_COUNTER))
    assert [event.data.zone for event in shop.of_type("clerk.notified")] == ["unit1"]
    scene, card = contacts(shop, "unit0")
    assert (scene.visit, scene.decision) == (card.visit, card.decision)


def test_a_group_excludes_its_others_at_every_unit():
    group = tuple(campaign(name, exclusive="spring", caps=(), priority=p) for name, p in (("jacket", 9), ("parka", 0)))
    shop = floor(DOOR, COUNTER, campaigns=group)
    shop.walk(15, ("anna", AT_THE_DOOR))
    shop.shelf.all_campaigns = (group[0].model_copy(update={"zones": ("unit0",)}), group[1])
    shop.walk(LATER_S)
    assert why(shop, "unit1", of="parka") == "exclusive"
    shop.walk(15, ("anna", AT_THE_COUNTER))
    assert [event.data.campaign for event in shop.shown()] == ["jacket"]


def test_a_cap_of_the_store_counts_the_customers_of_all_its_units():
    twice = campaign(caps=(Cap(count=2, per_s=86_400, whose="store"),))
    shop = floor(DOOR, COUNTER, campaigns=(twice,), who="anna bert carl")
    shop.walk(15, ("anna", AT_THE_DOOR), ("bert", AT_THE_COUNTER))
    shop.walk(LATER_S)
    assert len(shop.shown()) == 2
    assert why(shop, "unit0", "carl") == why(shop, "unit1", "carl") == "capped"


def test_a_unit_that_is_alone_in_its_store_tells_nobody():
    shop = Shop([profile("anna")])
    shop.unit.put(BusJoined())
    shop.walk(30, ("anna", 1.0))
    shop.unit.put(BusJoined())
    shop.walk(60)
    assert any(isinstance(row, ContactRow) for row in shop.rows)
    assert not any(isinstance(effect, ToUnits) for effect in shop.effects)


# --- what was missed -------------------------------------------------------------------------------


def test_a_unit_that_was_off_is_told_when_it_comes():
    shop = floor(DOOR, COUNTER)
    shop.kill("unit1")
    shop.walk(15, ("anna", AT_THE_DOOR))
    shop.walk(LATER_S)
    shop.start("unit1")
    shop.walk(5)
    assert why(shop, "unit1") == "capped"
    (there,), (here,) = contacts(shop, "unit0"), contacts(shop, "unit1")
    assert abs(there.at - here.at) < timedelta(seconds=1), "it was so long ago, and not now"


def test_two_that_could_not_meet_tell_each_other_afterwards():
    shop = floor(DOOR, COUNTER, who="anna bert")
    shop.bus.cut_off = frozenset({"unit1"})
    shop.walk(15, ("anna", AT_THE_DOOR), ("bert", AT_THE_COUNTER))
    assert why(shop, "unit1") is None, "a unit that is cut off counts what it knows"
    shop.bus.cut_off = frozenset()
    for name, other in (("unit0", UnitJoined("unit1")), ("unit1", BusJoined())):
        shop._put(shop.units[name], other)
    shop.walk(LATER_S)
    assert {why(shop, name, who) for name in shop.units for who in ("anna", "bert")} == {"capped"}


def test_a_third_unit_tells_what_one_said_that_is_gone():
    shop = floor(DOOR, RACK, COUNTER)
    shop.kill("unit2")
    shop.walk(15, ("anna", AT_THE_DOOR))
    shop.kill("unit0")
    shop.start("unit2")
    shop.walk(5)
    assert why(shop, "unit2") == "capped"


def test_what_another_unit_has_told_all_is_not_told_again():
    shop = Shop([profile("anna")])
    for name in ("d1", "d2"):
        shop.unit.put(spoke(contact(name, channel="screen"), contact(name, channel="clerk")))
    shop.unit.put(UnitJoined("rack"))
    shop.unit.put(spoke(contact("d1")))
    shop.walk(5)
    (message,) = told(shop)
    assert {(one.decision, one.channel) for one in message.contacts} == {
        ("d1", "clerk"),
        ("d2", "screen"),
        ("d2", "clerk"),
    }
    shop.unit.put(UnitJoined("door"))
    shop.walk(5)
    assert len(told(shop)[-1].contacts) == 4, "whoever comes next has not heard it"


def test_a_crowd_is_told_again_piece_by_piece_and_not_at_once():
    shop = Shop([profile("anna")])
    shop.rows += [
        ContactRow("anna" if n % 7 == 0 else f"c{n}", "jacket", "screen", START - timedelta(minutes=n), "v", f"d{n}")
        for n in reversed(range(2 * REPEATED_MAX))
    ]
    shop.restart()
    shop.unit.put(UnitJoined("rack"))
    shop.unit.put(UnitJoined("rack"))
    assert told(shop) == []
    shop.walk(60)
    messages = told(shop)
    assert len(messages) == REPEATED_MAX // SPOKEN_MAX
    assert {contact.customer for message in messages for contact in message.contacts} == {"anna"}, "and no stranger"
    ages = [contact.age_s for message in messages for contact in message.contacts]
    assert ages == sorted(ages)
    assert ages[-1] < REPEATED_MAX * 60 + 60


def test_when_all_come_at_once_they_do_not_all_tell_the_same():
    """A morning of units that all know the same of yesterday, but for one contact at each."""
    number = 20
    shop = Floor([(n * 100.0, 0.0) for n in range(number)], [profile("anna")], coordinator=None)
    yesterday = [
        ContactRow("anna", f"x{n}", "screen", START - timedelta(hours=8, minutes=n), "v", f"d{n}") for n in range(60)
    ]
    for n, (name, unit) in enumerate(shop.units.items()):
        shop.kill(name)
        own = ContactRow("anna", "jacket", "screen", START - timedelta(minutes=n + 1), f"v{n}", f"own{n}")
        unit.rows += [own, *yesterday]
    for name in shop.units:
        shop.start(name)
    shop.walk(10)
    assert {len({row.decision for row in contacts(shop, name)}) for name in shop.units} == {60 + number}
    told_of = sum(len(message.contacts) for message in shop.spoken)
    assert told_of < 4 * (60 + number), "not everything by each of them"


KNOWN = st.sets(st.integers(0, 119))
UNITS = tuple(f"unit{n}" for n in range(4))


@settings(max_examples=30, deadline=None)
@given(
    known=st.tuples(*[KNOWN] * len(UNITS)),
    course=st.lists(
        st.tuples(st.sampled_from(("stop", "start", "cut")), st.sampled_from(UNITS), st.sampled_from((0.0, 0.4, 1.3))),
        max_size=12,
    ),
)
def test_whatever_was_missed_in_the_end_all_count_the_same(known, course):
    """Units that know different parts come, go and are cut off in the middle of telling each other."""
    shop = Floor([(n * 100.0, 0.0) for n in range(len(UNITS))], [profile("anna"), profile("bert")], coordinator=None)
    shop.shelf.all_campaigns = (campaign(caps=(Cap(count=len(set().union(*known)) or 1, per_s=9e4, whose="store"),)),)
    for (name, unit), mine in zip(shop.units.items(), known, strict=True):
        shop.kill(name)
        unit.rows += [
            ContactRow("anna" if n % 3 else "bert", "jacket", "screen", START - timedelta(minutes=n), "v", f"d{n}")
            for n in sorted(mine, reverse=True)
        ]
        shop.start(name)
    for what, name, seconds in course:
        if what == "cut":
            shop.bus.cut_off = shop.bus.cut_off ^ {name}
        elif (shop.units[name].virtual is None) == (what == "start"):
            shop.start(name) if what == "start" else shop.kill(name)
        shop.walk(seconds)
    shop.bus.cut_off = frozenset()
    for name in UNITS:
        shop.kill(name)
        shop.start(name)
    shop.walk(2 * REPEAT_S + len(UNITS) * 120 / SPOKEN_MAX * REPEAT_S)
    for name in UNITS:
        assert sorted(row.decision for row in contacts(shop, name)) == sorted(f"d{n}" for n in set().union(*known))
        assert why(shop, name) == ("capped" if any(known) else None)


# --- one unit that is told -------------------------------------------------------------------------


def told(shop: Shop) -> list[Spoken]:
    """What a unit told the others of contacts."""
    messages = [effect.message for effect in shop.effects if isinstance(effect, ToUnits)]
    return [message for message in messages if isinstance(message, Spoken)]


def spoke(*some: Contact) -> FromUnit:
    return FromUnit(Spoken(unit="rack", contacts=some))


def contact(decision: str = "d1", customer: str = "anna", **fields: object) -> Contact:
    given = {"campaign": "jacket", "channel": "screen", "message_class": "offer", "visit": "v1", **fields}
    return Contact.model_validate({"customer": customer, "decision": decision, **given})


def counted(shop: Shop) -> list[ContactRow]:
    return [row for row in shop.rows if isinstance(row, ContactRow)]


SOME = [
    contact(decision, customer, channel=channel, campaign=name, age_s=age_s)
    for decision, name, age_s in (("d1", "jacket", 0.0), ("d2", "jacket", 7200.0), ("d3", "parka", 90_000.0))
    for customer in ("anna", "bert")
    for channel in ("screen", "clerk")
]


@settings(max_examples=60, deadline=None)
@given(
    arrivals=st.lists(st.lists(st.sampled_from(SOME), min_size=1, max_size=6), max_size=12),
    rest=st.permutations(SOME),
    restarts=st.sets(st.integers(0, 11)),
)
def test_it_does_not_matter_how_often_and_in_which_order_it_is_told(arrivals, rest, restarts):
    plain, odd = Shop([profile("anna"), profile("bert")]), Shop([profile("anna"), profile("bert")])
    plain.unit.put(spoke(*SOME))
    for number, some in enumerate([*arrivals, rest]):
        odd.unit.put(spoke(*some))
        if number in restarts:
            odd.restart()
    assert sorted(map(named, counted(odd))) == sorted(map(named, counted(plain)))
    assert len(counted(odd)) == len(SOME)
    for caps in (
        (Cap(count=2, per_s=86_400),),
        (Cap(count=3, per_s=86_400),),
        (Cap(count=4, per_s=9e4, whose="store"),),
    ):
        plain.shelf.all_campaigns = odd.shelf.all_campaigns = (campaign(caps=caps),)
        assert explained(odd) == explained(plain)


def explained(shop: Shop) -> dict[str, tuple[str, ...]]:
    return shop.pipeline.explain("anna", shop.unit.instant.utc, shop.unit.instant).rejected


@pytest.mark.parametrize(
    ("hers", "who"),
    [
        (None, "nobody of this store"),
        ({"consents": ()}, "she consents to nothing"),
        ({"consents": consents("analytics")}, "neither to the screen nor to clerks"),
        ({"age": "unknown"}, "she may be a child"),
        ({"paused_until": START + timedelta(hours=1)}, "she has paused"),
        ({"valid_until": START}, "her profile is past its time"),
    ],
)
def test_of_whom_nothing_may_be_known_nothing_is_counted(hers, who):
    shop = Shop([] if hers is None else [profile("anna", **hers)])
    shop.unit.put(spoke(contact()))
    shop.walk(5)
    assert counted(shop) == [], who
    assert not shop.pipeline._service._roster.contacts.of("anna")
    shop.unit.put(UnitJoined("rack"))
    shop.walk(60)
    assert told(shop) == []


@pytest.mark.parametrize("scope", ["all", "today"])
def test_who_withdrew_is_not_counted_and_not_told_of(scope):
    shop = Shop([profile("anna")])
    shop.unit.put(spoke(contact("d0")))
    shop.unit.put(UnitJoined("rack"))
    shop.unit.put(FromUnit(Withdrawal(unit="rack", customer="anna", scope=scope)))
    shop.unit.put(spoke(contact("d1")))
    shop.walk(60)
    assert [row.decision for row in counted(shop)] == ["d0"], "what the journal held is erased with her"
    assert told(shop) == []


@pytest.mark.parametrize("channel", ["screen", "clerk"])
def test_what_was_erased_with_her_consent_does_not_come_back_with_the_next_one(channel):
    """From a unit that was off, and has heard of neither."""
    shop = Shop([profile("anna")])
    anew = consents("screen", "clerk", at=START + timedelta(days=30) - timedelta(hours=1))
    shop.change(profile("anna", consents=anew))
    shop.unit.put(spoke(contact("before", channel=channel, age_s=3601.0), contact("after", channel=channel)))
    assert [row.decision for row in counted(shop)] == ["after"]


def test_what_is_older_than_her_consent_is_not_told_either():
    shop = Shop([profile("anna")])
    shop.unit.put(spoke(contact("before", age_s=3601.0), contact("after")))
    shop.change(profile("anna", consents=consents("screen", at=START + timedelta(days=30) - timedelta(hours=1))))
    shop.unit.put(UnitJoined("rack"))
    shop.walk(5)
    assert [one.decision for message in told(shop) for one in message.contacts] == ["after"]


def test_whom_the_hub_took_out_is_not_told_of_although_that_was_under_way():
    shop = Shop([profile("anna")])
    shop.unit.put(spoke(contact()))
    shop.unit.put(UnitJoined("rack"))
    del shop.shelf.profiles["anna"]
    shop.unit.put(SliceChanged(frozenset({"anna"}), START + LEASE, frozenset({"anna"})))
    shop.walk(60)
    assert told(shop) == []


@pytest.mark.parametrize("lacks", ["clock", "profiles"])
def test_what_is_told_before_clock_and_profiles_are_there_counts_when_they_are(lacks):
    shop = Shop([profile("anna")], trusted=lacks != "clock")
    before = ContactRow("anna", "jacket", "screen", START - timedelta(hours=1), "v0", "d0")
    shop.pipeline._service._roster.contacts.add(before)
    if lacks == "profiles":
        shop.rows.append(before)
        shop.restart(sealed=True)
        shop.rows.clear()
    shop.unit.put(UnitJoined("rack"))
    shop.unit.put(spoke(contact(age_s=600.0)))
    shop.walk(100)
    assert counted(shop) == told(shop) == []
    shop.unit.trusted, shop.unit.start = True, START + timedelta(days=0 if lacks == "profiles" else 0.5)
    now = shop.unit.instant.utc
    shop.change(profile("anna"))
    (row,) = counted(shop)
    assert abs(now - row.at - timedelta(seconds=700)) < timedelta(seconds=1)
    shop.walk(5)
    (again,) = told(shop)
    assert [one.decision for one in again.contacts] == ["d0"], "it goes on where it could tell nothing"


def test_what_waits_to_be_judged_is_bounded_and_goes_with_her():
    shop = Shop([profile("anna"), profile("bert")], trusted=False)
    for number in range(UNJUDGED_MAX // SPOKEN_MAX + 3):
        shop.unit.put(spoke(*(contact(f"d{number}-{n}", "bert") for n in range(SPOKEN_MAX - 1)), contact(f"a{number}")))
    waits = shop.pipeline._service.contacts._unjudged
    assert len(waits) == UNJUDGED_MAX
    shop.unit.put(FromUnit(Withdrawal(unit="rack", customer="anna", scope="all")))
    assert {heard.customer for heard, _ in shop.pipeline._service.contacts._unjudged} == {"bert"}


def test_a_flood_is_believed_up_to_a_bound():
    names = [f"c{n}" for n in range(2 * TAKEN_MAX // SPOKEN_MAX)]
    shop = Shop([profile(name) for name in ("anna", *names)])
    shop.shelf.all_campaigns = (campaign(),)
    shop.walk(10, ("anna", 1.0))
    shop.walk(LATER_S)
    for name in names:
        shop.unit.put(spoke(*(contact(f"d{n}", name) for n in range(SPOKEN_MAX))))
    assert len(counted(shop)) == TAKEN_MAX + 1
    assert explained(shop)["capped"] == ("jacket",), "what was said here counts as before"
    shop.walk(86_400)
    shop.change(profile(names[-1], START + timedelta(days=1)))
    shop.unit.put(SliceChanged(frozenset(), START + 2 * LEASE))
    shop.unit.put(spoke(contact("late", names[-1])))
    assert len(counted(shop)) == TAKEN_MAX + 2, "the next day is another day"


def test_however_much_is_told_of_one_customer_no_more_is_remembered_than_of_any():
    shop = Shop([profile("anna")])
    for n in range(2 * HERS_MAX // SPOKEN_MAX):
        shop.unit.put(spoke(*(contact(f"d{n}-{i}", campaign="x") for i in range(SPOKEN_MAX))))
    assert len(shop.pipeline._service._roster.contacts.of("anna")) == HERS_MAX


@pytest.mark.parametrize("age_s", [-1.0, SPOKEN_AGE_MAX_S + 1, float("nan"), float("inf")])
def test_an_age_that_cannot_be_is_refused(age_s):
    with pytest.raises(ValueError, match="age_s"):
        contact(age_s=age_s)


def test_a_message_has_at_least_one_contact_and_not_too_many():
    for number in (0, SPOKEN_MAX + 1):
        with pytest.raises(ValueError, match="contacts"):
            Spoken(unit="rack", contacts=(contact(),) * number)
