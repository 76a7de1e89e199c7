"""The rules of ownership one by one: what the coordinator answers, and what a unit makes of it."""

from collections.abc import Mapping

from edge_agent.contracts.ownership import (
    CAMPAIGNS_MAX,
    HEARD_MAX,
    Assigned,
    Assignments,
    HeardCustomer,
    UnitSightings,
    VisitState,
)
from edge_agent.visit.membership import ASK_S, BEGIN_S, Member
from edge_agent.visit.ownership import ENDED_KEPT_S, LEASE_S, VISIT_KEPT_S, VISITS_MAX, Coordinator, continued

ANNA = "anna"
V1 = VisitState(visit="v1", greeted=True)


def near(distance_m: float, **more: object) -> HeardCustomer:
    return HeardCustomer(customer=ANNA, distance_m=distance_m, near=True, **more)


class Desk:
    """A coordinator that has been awake for long, and units that ask it."""

    def __init__(self) -> None:
        self.coordinator = Coordinator("door", 1, -100.0)
        self.numbers: dict[str, int] = {}

    def ask(self, unit: str, at_s: float, *heard: HeardCustomer, answered: int | None = None) -> Assigned | None:
        """Return the word on Anna. ``answered``: the last answer that has arrived; the last one, if not given."""
        number = self.numbers[unit] = self.numbers.get(unit, 0) + 1
        question = UnitSightings(
            unit=unit,
            run="r1",
            number=number,
            answered=number - 1 if answered is None else answered,
            epoch=1,
            coordinator="door",
            in_reach=True,
            heard=heard,
        )
        answer = self.coordinator.answer(question, at_s)
        assert answer is not None
        return next((assigned for assigned in answer.customers if assigned.customer == ANNA), None)

    def owns(self, unit: str, at_s: float, *heard: HeardCustomer, answered: int | None = None) -> bool:
        assigned = self.ask(unit, at_s, *heard, answered=answered)
        return assigned is not None and assigned.yours


def test_the_nearest_of_those_to_which_she_is_near() -> None:
    desk = Desk()
    desk.ask("rack", 0.0, HeardCustomer(customer=ANNA, distance_m=1.0))
    assert desk.owns("till", 0.1, near(2.0))
    assert not desk.owns("rack", 0.2, HeardCustomer(customer=ANNA, distance_m=1.0))


def test_a_yes_that_may_still_be_on_its_way_is_not_overtaken() -> None:
    desk = Desk()
    assert desk.owns("rack", 0.0, near(1.0))
    assert not desk.owns("till", 0.1, near(0.5)), "nearer, but it has an owner"
    assert not desk.owns("rack", 0.5, near(1.0), answered=0), "which shall let go"
    assert not desk.owns("till", 0.6, near(0.5)), "which does not hold her, but the yes may arrive any moment"
    assert desk.owns("till", LEASE_S + 0.1, near(0.5)), "the lease of that yes is over"


def test_it_moves_at_once_when_its_owner_has_let_go() -> None:
    desk = Desk()
    desk.ask("rack", 0.0, near(1.0))
    desk.ask("till", 0.1, near(0.5))
    assert not desk.owns("rack", 0.5, near(1.0, holds=True))
    assert not desk.owns("till", 0.6, near(0.5))
    desk.ask("rack", 0.7, near(1.0))
    assert desk.owns("till", 0.8, near(0.5))


def test_an_owner_that_asks_but_never_lets_go_loses_her_when_its_lease_is_over() -> None:
    desk = Desk()
    desk.ask("rack", 0.0, near(1.0))
    for at_s in (0.1, 1.1, 2.1, 2.9):
        assert not desk.owns("till", at_s, near(0.5))
        desk.ask("rack", at_s + 0.05, near(1.0, holds=True), answered=0)
    assert desk.owns("till", 3.1, near(0.5))


def test_an_echo_of_a_visit_that_has_ended_does_not_bring_it_back() -> None:
    desk = Desk()
    assert desk.owns("rack", 0.0, near(1.0, holds=True, visit=V1))
    assert desk.ask("till", 0.1, near(3.0)).visit == V1.model_copy(update={"age_s": 0.1})
    desk.ask("rack", 1.0, HeardCustomer(customer=ANNA, ended="v1"))
    for at_s in (1.1, VISIT_KEPT_S, ENDED_KEPT_S):
        echoed = desk.ask("till", at_s, near(3.0, visit=V1))
        assert (echoed.visit, echoed.ended) == (None, "v1")


def test_a_unit_that_was_down_does_not_bring_it_back_from_its_journal() -> None:
    desk = Desk()
    desk.ask("rack", 0.0, near(1.0, holds=True, visit=V1))
    desk.ask("rack", 1.0, HeardCustomer(customer=ANNA, ended="v1"))
    assert not desk.owns("till", 600.0, HeardCustomer(customer=ANNA, holds=True, visit=V1))


def test_who_serves_and_hears_her_knows_better_than_who_ended_it() -> None:
    desk = Desk()  # the two were apart: she left the one, and is at the other
    desk.ask("rack", 0.0, near(1.0, holds=True, visit=V1))
    desk.ask("rack", 1.0, HeardCustomer(customer=ANNA, ended="v1"))
    assert desk.owns("till", 1.1, near(1.0, holds=True, visit=V1))


def test_a_coordinator_that_has_just_started_confirms_owners_in_reach_and_nobody_else() -> None:
    coordinator = Coordinator("door", 2, 0.0)

    def ask(unit: str, at_s: float, heard: HeardCustomer, in_reach: bool) -> bool | None:
        number = int(at_s * 10)
        question = UnitSightings(unit=unit, run="r", number=number, in_reach=in_reach, heard=(heard,))
        answer = coordinator.answer(question, at_s)
        return None if answer is None else answer.customers[0].yours

    alone = near(0.5, holds=True, visit=V1)
    assert ask("till", 0.5, alone, False) is None, "it served alone; the rack's lease may still run"
    assert ask("desk", 0.6, near(0.4), True) is False
    assert ask("rack", 0.7, near(1.0, holds=True, visit=V1), True) is True
    assert ask("till", LEASE_S, alone, False) is False


def test_a_second_coordinator_is_silent_while_the_one_with_the_higher_epoch_is_heard() -> None:
    second = Coordinator("till", 1, -100.0)
    other = {"epoch": 2, "coordinator": "door"}
    rack, desk = ({"unit": unit, "run": "r", "heard": (near(1.0),)} for unit in ("rack", "desk"))
    assert second.answer(UnitSightings.model_validate({**desk, "number": 1}), 0.0) is not None
    assert second.answer(UnitSightings.model_validate({**rack, **other, "number": 1, "in_reach": True}), 1.0) is None
    assert second.answer(UnitSightings.model_validate({**desk, "number": 2}), 0.9 + LEASE_S) is None
    answer = second.answer(UnitSightings.model_validate({**rack, **other, "number": 2}), 1.0 + LEASE_S)
    assert answer is not None, "the other is gone"
    assert answer.epoch == 3
    assert answer.recovering


def test_questions_of_the_past_are_not_answered() -> None:
    coordinator = Coordinator("door", 1, -100.0)

    def answered(run: str, number: int) -> bool:
        return coordinator.answer(UnitSightings(unit="rack", run=run, number=number), 0.0) is not None

    assert [answered("r1", 1), answered("r1", 3), answered("r1", 2), answered("r1", 3)] == [True, True, False, False]
    assert [answered("r2", 1), answered("r1", 4), answered("r2", 2)] == [True, False, True]


def test_the_store_is_bounded_whatever_a_unit_says() -> None:
    coordinator = Coordinator("door", 1, -100.0)
    for number in range(1, 2 + VISITS_MAX // HEARD_MAX):
        heard = tuple(HeardCustomer(customer=f"c{number}-{n}", distance_m=1, ended="v") for n in range(HEARD_MAX))
        coordinator.answer(UnitSightings(unit="liar", run="r", number=number, heard=heard), number / 1000)
    assert len(coordinator._visits) == len(coordinator._ended) == VISITS_MAX


# --- a unit's side ------------------------------------------------------------------------------


def answer(question: UnitSightings, *assigned: Assigned, epoch: int = 1, **more: object) -> Assignments:
    told = {"unit": question.unit, "run": question.run, "answers": question.number, "coordinator": "door"}
    return Assignments.model_validate({**told, "epoch": epoch, "customers": assigned, **more})


YOURS = Assigned(customer=ANNA, yours=True)
HEARD: Mapping[str, HeardCustomer] = {ANNA: near(1.0)}


def member() -> Member:
    return Member("rack", "r1", 0.0)


def test_a_lease_counts_from_the_question_however_late_the_answer() -> None:
    rack = member()
    question = rack.ask(HEARD, {}, 0.5)
    assert rack.accept(answer(question, YOURS), (), 2.9)
    assert rack.mine(2.9) == (ANNA,)
    assert not rack.may_begin(ANNA, 2.9), "no time for a first frame and a word about it"
    assert rack.may_begin(ANNA, 0.5 + LEASE_S - BEGIN_S)
    assert rack.mine(0.5 + LEASE_S) == ()


def test_an_agent_that_has_just_started_serves_nobody_until_it_is_answered_or_nobody_answers() -> None:
    rack = member()
    assert not rack.may_begin(ANNA, LEASE_S - 0.1)
    assert rack.may_begin(ANNA, LEASE_S)


def test_answers_of_the_past_are_not_obeyed() -> None:
    rack = member()
    first, second = rack.ask(HEARD, {}, 0.5), rack.ask(HEARD, {}, 0.5 + ASK_S)
    assert rack.accept(answer(second, epoch=3), (), 1.6)
    assert not rack.accept(answer(first, YOURS, epoch=3), (), 1.7), "an older question"
    third = rack.ask(HEARD, {}, 2.5)
    assert not rack.accept(answer(third, YOURS, epoch=2), (), 2.6), "an older epoch"
    assert not rack.accept(answer(third, YOURS, epoch=3, run="r0"), (), 2.6), "an earlier run"
    assert not rack.accept(answer(third, YOURS, epoch=3, answers=99), (), 2.6), "a question that was never asked"
    assert rack.epoch == 3
    assert not rack.may_begin(ANNA, 2.7)


def test_a_coordinator_that_wakes_up_confirms_only_what_is_still_held() -> None:
    rack = member()
    question = rack.ask(HEARD, {ANNA: V1}, 0.5)  # since when it has let go, and was answered by nobody
    assert rack.accept(answer(question, YOURS, recovering=True), (), 1.0)
    assert rack.mine(1.0) == ()


def test_news_that_were_long_on_their_way_undo_nothing() -> None:
    rack = member()
    question = rack.ask(HEARD, {ANNA: VisitState(visit="v1")}, 0.5)
    rack.let_go(ANNA, V1)  # meanwhile it has greeted her
    rack.accept(answer(question, Assigned(customer=ANNA, yours=False, visit=VisitState(visit="v1"))), (), 1.0)
    assert rack.known(ANNA) == V1


def test_what_was_said_last_counts_in_whatever_order_the_news_come() -> None:
    jacket = VisitState(visit="v1", greeted=True, campaign="jacket", decision="d1")
    order = jacket.model_copy(update={"campaign": "order", "decision": "d2", "card": "c1", "met": ("jacket",)})
    ticket = order.model_copy(update={"campaign": "ticket", "decision": "d3", "card": "c2", "met": ("jacket", "order")})
    for known in (jacket, order, ticket):
        assert continued(known, ticket) == continued(ticket, known) == ticket
    assert continued(jacket, order) == continued(order, jacket) == order


def test_what_two_units_said_while_they_could_not_meet_does_not_come_up_again() -> None:
    here = VisitState(visit="v1", greeted=True, campaign="jacket", decision="d1")
    there = VisitState(visit="v2", campaign="order", decision="d2", card="c1")
    met = continued(here, there)
    assert (met.visit, met.campaign, met.decision, met.card, met.met) == ("v1", "jacket", "d1", "c1", ("order",))
    nothing_yet = VisitState(visit="v2", campaign="order", decision="d2")
    assert continued(here, nothing_yet) == here


def test_a_decision_is_not_lost_on_a_unit_that_does_not_tell_it() -> None:
    jacket = VisitState(visit="v1", greeted=True, campaign="jacket", decision="d1")
    older = jacket.model_copy(update={"decision": None, "card": "c1"})
    for one, other in ((jacket, older), (older, jacket)):
        assert continued(one, other).decision == "d1"
    order = VisitState(visit="v1", campaign="order", card="c2", met=("jacket",))
    assert continued(jacket, order).decision is None, "the jacket's is not the order's"


def test_an_owner_that_began_alone_hears_for_good_what_the_one_before_had_done() -> None:
    desk = Desk()
    desk.ask("till", 0.0, near(1.0, holds=True, visit=V1.model_copy(update={"campaign": "jacket", "card": "c1"})))
    alone = VisitState(visit="v2", greeted=True, campaign="jacket")
    for second in range(3):
        assigned = desk.ask("rack", 2 * LEASE_S + second, near(1.0, holds=True, visit=alone))
        assert assigned is not None
        assert assigned.yours
        assert assigned.visit is not None
        assert assigned.visit.card == "c1"
    assert assigned.visit.visit == "v2", "it is the owner's visit from now on"


def test_the_end_of_a_visit_is_said_until_it_is_answered() -> None:
    rack = member()
    before = rack.ask(HEARD, {ANNA: V1}, 0.5)
    rack.forget(ANNA, "v1")
    first, second = rack.ask({}, {}, 1.5), rack.ask({}, {}, 2.5)
    assert [entry.ended for entry in first.heard + second.heard] == ["v1", "v1"]
    state = Assigned(customer=ANNA, yours=True, visit=V1)
    assert rack.accept(answer(before, state), (), 2.6), "an answer to before"
    assert rack.known(ANNA) is None
    assert rack.ask({}, {}, 3.5).heard
    assert rack.accept(answer(second), (), 3.6)
    assert rack.ask({}, {}, 4.5).heard == ()


def test_who_carries_a_visit_drops_it_when_it_has_ended() -> None:
    rack = member()
    rack.accept(answer(rack.ask(HEARD, {}, 0.5), Assigned(customer=ANNA, yours=False, visit=V1)), (), 0.6)
    assert rack.known(ANNA) == V1
    rack.accept(answer(rack.ask(HEARD, {}, 1.5), Assigned(customer=ANNA, yours=False, ended="v1")), (), 1.6)
    assert rack.known(ANNA) is None


def test_a_unit_is_bounded_whatever_a_coordinator_says() -> None:
    rack = member()
    for number in range(2 + VISITS_MAX // HEARD_MAX):
        strangers = [Assigned(customer=f"c{number}-{n}", yours=True, visit=V1) for n in range(HEARD_MAX)]
        assert rack.accept(answer(rack.ask({}, {}, float(number)), *strangers), (), number + 0.1)
    assert len(rack._known) <= VISITS_MAX
    for number in range(VISITS_MAX + 10):
        rack.forget(f"d{number}", "v")
    assert len(rack._over) <= VISITS_MAX
    assert len(rack.ask(HEARD, {}, 99.0).heard) <= HEARD_MAX


def test_the_longest_message_fits_into_what_the_bus_carries() -> None:
    name = "x" * 64
    names = (name,) * CAMPAIGNS_MAX
    visit = VisitState(
        visit=name,
        age_s=99999.123,
        badge=255,
        campaign=name,
        decision=name,
        card=name,
        continues=name,
        met=names,
        owed=names,
    )
    heard = HeardCustomer(customer=name, distance_m=999.99, near=True, holds=True, visit=visit, ended=name)
    question = UnitSightings(unit=name, run=name, number=2**53, coordinator=name, heard=(heard,) * HEARD_MAX)
    assigned = Assigned(customer=name, yours=True, ended=name, left=visit, left_ago_s=3599.123)
    told = Assignments(
        unit=name, run=name, answers=2**53, coordinator=name, epoch=2**53, customers=(assigned,) * HEARD_MAX
    )
    envelope_bytes = 1024
    for message in (question, told):
        assert len(message.model_dump_json()) + envelope_bytes < 64 * 1024
