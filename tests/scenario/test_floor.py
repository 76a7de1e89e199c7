"""Two and three units that share one customer: whole pipelines, one time."""

from edge_agent.contracts.ownership import Assigned, Assignments, HeardCustomer, UnitSightings, VisitState
from edge_agent.events import EventRow, FromUnit, SliceChanged
from edge_agent.visit.ownership import LEASE_S
from tests.scenario.floor import Floor
from tests.scenario.shop import LEASE, START, WELCOME, profile
from tests.scenario.test_journey import ORDER, READY, TICKET
from tests.scenario.test_news import OWED

DOOR, RACK, DESK = (0.0, 0.0), (3.0, 0.0), (40.0, 0.0)


def floor(*places: tuple[float, float]) -> Floor:
    made = Floor(places, [profile("anna")])
    made.walk(5)
    return made


def visits(events: list[EventRow]) -> list[str]:
    return [event.data.visit for event in events]


def test_two_that_hear_her_greet_her_once_and_the_nearer_does():
    shop = floor(DOOR, RACK)
    shop.walk(15, ("anna", (1.8, 0.0)))
    assert [event.data.zone for event in shop.shown()] == ["unit1"]
    assert set(shop.showing()) == {"unit1"}


def test_she_is_greeted_as_soon_as_by_a_unit_that_is_alone():
    shop = floor(DESK, RACK)
    shop.walk(3.6, ("anna", (2.0, 0.0)))
    assert len(shop.shown()) == 1


def test_only_the_unit_that_will_speak_to_her_prepares_to():
    shop = floor(DOOR, RACK)

    def preparing() -> list[str]:
        return [name for name, unit in shop.units.items() if unit.virtual and unit.virtual.display.prepared]

    shop.walk(2.9, ("anna", (1.8, 0.0)))
    assert preparing() == ["unit1"]
    shop.walk(15, ("anna", (1.8, 0.0)))
    assert set(shop.showing()) == {"unit1"}
    assert preparing() == []


def test_she_walks_on_and_her_visit_goes_with_her():
    shop = floor(DOOR, RACK)
    shop.walk(10, ("anna", (0.3, 0.0)))
    assert set(shop.showing()) == {"unit0"}
    shop.walk(3, ("anna", (3.2, 0.0)))
    assert shop.showing() == {}, "what was said to her at the door does not stay there, and is not said again"
    shop.walk(30, ("anna", (3.2, 0.0)))
    (card,) = shop.of_type("clerk.notified")
    assert card.data.zone == "unit1"
    shop.walk(40)
    assert len(set(visits(shop.of_type("visit.started") + shop.of_type("visit.ended") + shop.shown()))) == 1
    assert len(shop.of_type("visit.ended")) == 1


def test_a_scene_that_ended_because_she_walked_on_is_proved_by_the_unit_that_showed_it():
    shop = floor(DOOR, RACK)
    shop.walk(10, ("anna", (0.3, 0.0)))
    shop.walk(10, ("anna", (3.2, 0.0)))
    (shown,), (played,) = shop.shown(), shop.of_type("content.played")
    assert (played.data.visit, played.data.decision) == (shown.data.visit, shown.data.decision)
    assert (played.data.zone, played.data.ended) == ("unit0", "cleared")


def told(shop: Floor, **hers: object) -> None:
    """Every unit pulls what is new about her."""
    shop.shelf.profiles["anna"] = profile("anna", **hers)
    for unit in shop.units.values():
        assert unit.virtual is not None
        unit.virtual.put(SliceChanged(frozenset({"anna"}), START + LEASE))


def test_what_comes_up_on_her_way_is_said_once_in_the_whole_store():
    shop = Floor((DOOR, RACK, (6.0, 0.0)), [profile("anna")])
    shop.shelf.all_campaigns = (WELCOME, ORDER, OWED)
    shop.walk(5)
    shop.walk(10, ("anna", (0.3, 0.0)))
    told(shop, orders=READY)
    shop.walk(10, ("anna", (0.3, 0.0)))
    shop.walk(20, ("anna", (3.2, 0.0)))
    told(shop, orders=READY, tickets=TICKET)
    shop.walk(20, ("anna", (3.2, 0.0)))
    shop.walk(30, ("anna", (6.2, 0.0)))
    notified = [(event.data.zone, event.data.campaign) for event in shop.of_type("clerk.notified")]
    assert notified == [("unit0", "order"), ("unit1", "owed")], "none is lost, and none is sent twice"
    assert [event.data.campaign for event in shop.shown()] == ["jacket", "order"]


def test_two_that_could_not_meet_send_one_card():
    shop = floor(DESK, DOOR, RACK)
    shop.bus.cut_off = frozenset({"unit2"})
    shop.walk(22, ("anna", (-1.5, 0.0)))
    shop.kill("unit1")
    shop.walk(12, ("anna", (2.9, 0.0)))
    assert len(visits(shop.of_type("visit.started"))) == 2, "a unit that hears nobody serves its own zone"
    shop.bus.cut_off = frozenset()
    shop.walk(30, ("anna", (2.9, 0.0)))
    assert [event.data.zone for event in shop.of_type("clerk.notified")] == ["unit1"]


def test_a_card_stays_with_the_unit_that_sent_it():
    shop = floor(DOOR, RACK)
    shop.walk(30, ("anna", (0.3, 0.0)))
    assert [card.state for card in shop.units["unit0"].cards] == ["open"]
    shop.walk(10, ("anna", (3.2, 0.0)))
    shop.reply("unit0", "claim")
    shop.walk(30, ("anna", (3.2, 0.0)))
    shop.reply("unit0", "done", outcome="sold")
    assert [card.state for card in shop.units["unit0"].cards] == ["open", "taken", "closed"]
    assert shop.units["unit1"].cards == []


def test_when_its_owner_dies_another_continues_the_visit_and_does_not_greet_again():
    shop = floor(DESK, DOOR, RACK)
    shop.walk(10, ("anna", (1.0, 0.0)))
    assert set(shop.showing()) == {"unit1"}
    shop.kill("unit1")
    shop.walk(30, ("anna", (1.3, 0.0)))
    assert len(shop.shown()) == 1
    assert visits(shop.of_type("clerk.notified")) == visits(shop.shown())
    shop.start("unit1")
    shop.walk(60)
    assert len(shop.shown()) == 1


def test_without_its_coordinator_each_unit_serves_its_zone():
    shop = floor(DESK, DOOR, RACK)
    shop.kill("unit0")
    shop.walk(5)
    shop.walk(3.6, ("anna", (2.9, 0.0)))
    assert [event.data.zone for event in shop.shown()] == ["unit2"], "and without any delay"
    shop.start("unit0")
    shop.walk(20, ("anna", (2.9, 0.0)))
    assert len(shop.shown()) == 1


def test_a_unit_that_is_cut_off_serves_its_zone_and_comes_back_without_a_second_greeting():
    shop = floor(DOOR, RACK)
    shop.bus.cut_off = frozenset({"unit1"})
    shop.walk(20, ("anna", (1.4, 0.0)))
    assert sorted(event.data.zone for event in shop.shown()) == ["unit0", "unit1"], "one per zone"
    shop.bus.cut_off = frozenset()
    shop.walk(20, ("anna", (1.4, 0.0)))
    shop.walk(60)
    assert len(shop.shown()) == 2
    assert sorted(visits(shop.of_type("visit.started"))) == sorted(visits(shop.of_type("visit.ended")))


def test_a_withdrawal_said_at_one_unit_clears_the_screen_of_another():
    shop = floor(DOOR, RACK)
    shop.walk(30, ("anna", (0.3, 0.0)))
    shop.walk(2, ("anna", (1.0, 0.0)))
    shop.kill("unit1")
    shop.reply("unit0", "opted_out")
    shop.start("unit1")  # it was away when it was said
    shop.walk(30, ("anna", (3.0, 0.0)))
    assert [event.data.zone for event in shop.shown()] == ["unit0"]
    assert shop.showing() == {}
    assert len(shop.of_type("consent.revoked")) == 1


def test_whom_nothing_may_be_known_of_is_not_spoken_of_between_units():
    shop = Floor((DOOR, RACK), [profile("anna", consents=())])
    said: list[str] = []
    send = shop._send
    shop._send = lambda unit, message: (said.append(message.model_dump_json()), send(unit, message))
    shop.walk(20, ("anna", (1.0, 0.0)))
    assert said
    assert not any("anna" in message for message in said)


def test_a_greeting_may_come_up_only_while_the_lease_lasts():
    shop = floor(DESK, RACK)
    shop.walk(2.7, ("anna", (2.0, 0.0)))
    assert shop.units["unit1"].shows == []
    shop.bus.loss = 1.0
    heard_s = shop.now_s  # no later question is answered
    shop.walk(1, ("anna", (2.0, 0.0)))
    (show,) = shop.units["unit1"].shows
    assert show.permit_until_s <= heard_s + LEASE_S
    shop.walk(10, ("anna", (2.0, 0.0)))
    assert set(shop.showing()) == {"unit1"}, "it is alone now, and renews the permit in time"
    assert len(shop.shown()) == 1


def test_a_coordinator_that_is_behind_counts_a_lease_from_when_it_was_asked():
    shop = floor(DESK, DOOR)
    answers: list[Assignments] = []
    shop._send = lambda _, message: answers.append(message) if isinstance(message, Assignments) else None
    now_s = shop.now_s

    def owns(unit: str, number: int, distance_m: float, arrived_s: float) -> bool:
        heard = HeardCustomer(customer="anna", distance_m=distance_m, near=True)
        question = UnitSightings(unit=unit, run="r", number=number, in_reach=True, heard=(heard,))
        shop._put(shop.units["unit0"], FromUnit(question, arrived_s))
        return answers[-1].customers[0].yours

    assert owns("rack", 1, 2.0, now_s + 2)  # it has stalled: two seconds of the radio still wait
    for number, at_s in enumerate((2, 3.5, 4.9), 1):
        shop.advance(now_s + at_s)
        assert not owns("till", number, 0.5, 0.0)
    shop.advance(now_s + 2 + LEASE_S)
    assert owns("till", 9, 0.5, 0.0)


def test_a_customer_whom_a_unit_does_not_know_is_nobody_whatever_others_say():
    shop = floor(DOOR, RACK)
    questions: list[UnitSightings] = []
    shop._send = lambda _, message: questions.append(message) if isinstance(message, UnitSightings) else None
    shop.walk(2)
    asked = next(question for question in reversed(questions) if question.unit == "unit1")
    state = VisitState(visit="forged", greeted=True)
    forged = Assignments(
        unit="unit1",
        run=asked.run,
        answers=asked.number,
        coordinator="unit0",
        epoch=9,
        customers=(Assigned(customer="stranger", yours=True, visit=state),),
    )
    shop._put(shop.units["unit1"], FromUnit(forged))
    shop.walk(30)
    assert not any("stranger" in question.model_dump_json() for question in questions)
    assert shop.units["unit1"].events == shop.units["unit1"].cards == []


def test_a_unit_that_claims_everybody_silences_her_only_as_long_as_it_speaks():
    shop = floor(DOOR, RACK)
    claim = HeardCustomer(customer="anna", distance_m=0.01, near=True, holds=True)
    for number in range(1, 11):
        question = UnitSightings(unit="liar", run="r", number=number, answered=number - 1, heard=(claim,))
        shop._put(shop.units["unit0"], FromUnit(question, shop.now_s))
        shop.walk(1, ("anna", (2.0, 0.0)))
    assert shop.shown() == []
    shop.walk(LEASE_S + 1, ("anna", (2.0, 0.0)))
    assert len(shop.shown()) == 1
