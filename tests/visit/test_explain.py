"""Why this, why not that: asking changes nothing, and tells what the unit itself would decide."""

from datetime import timedelta

from edge_agent.events import EventRow, Instant
from tests.scenario.shop import CONFIG, START, Shop, profile


def ask(shop: Shop, customer: str, after: timedelta = timedelta(0)):
    instant: Instant = shop.unit.instant
    return shop.pipeline.explain(customer, instant.utc + after, instant)


def test_a_unit_that_is_asked_all_the_time_does_what_one_does_that_is_not() -> None:
    asked, left_alone = Shop([profile("c-anna"), profile("c-bert")]), Shop([profile("c-anna"), profile("c-bert")])
    for second in range(60):
        heard = [("c-anna", 1.2)] if second < 15 else [("c-anna", 1.2), ("c-bert", 1.5)] if second < 40 else []
        for shop in (asked, left_alone):
            shop.walk(1.0, *heard)
        for customer in ("c-anna", "c-bert", "c-nobody"):
            ask(asked, customer)
            ask(asked, customer, timedelta(days=3))
    assert asked.happened() == left_alone.happened()
    assert "content.shown" in asked.happened()
    assert asked.rows == left_alone.rows
    assert asked.effects == left_alone.effects


def test_it_tells_what_is_then_decided() -> None:
    shop = Shop([profile("c-anna")])
    foretold = ask(shop, "c-anna")
    shop.walk(6.0, ("c-anna", 1.2))
    made = next(row for row in shop.rows if isinstance(row, EventRow) and row.type == "decision.made")
    assert made.data.explanation is not None
    assert foretold == made.data.explanation.model_copy(update={"at": foretold.at})


def test_what_was_said_in_this_visit_is_not_what_would_be_said_next() -> None:
    shop = Shop([profile("c-anna")])
    assert ask(shop, "c-anna").screen
    shop.walk(10.0, ("c-anna", 1.2))
    assert shop.showing is not None
    assert ask(shop, "c-anna") != ask(Shop([profile("c-anna")]), "c-anna")


def test_another_time_is_judged_by_what_holds_then() -> None:
    shop = Shop([profile("c-anna", valid_until=START + timedelta(hours=2))])
    assert ask(shop, "c-anna").silent is None
    assert ask(shop, "c-anna", timedelta(hours=3)).silent == "profile_expired"
    assert ask(shop, "c-anna", timedelta(days=2)).silent == "lease_expired"
    assert ask(shop, "c-nobody").silent == "profile_expired"


def test_a_pause_ends_at_midnight() -> None:
    shop = Shop([profile("c-anna", valid_until=START + timedelta(days=20))])
    shop.walk(45.0, ("c-anna", 1.2))
    shop.say("pause_today")
    assert ask(shop, "c-anna").silent == "withdrawn"
    assert ask(shop, "c-anna", timedelta(hours=20)).silent != "withdrawn"


def test_a_clock_that_is_not_set_and_a_missing_notice_are_answers() -> None:
    assert ask(Shop([profile("c-anna")], trusted=False), "c-anna").silent == "clock_untrusted"
    no_notice = CONFIG.model_copy(update={"notice": CONFIG.notice.model_copy(update={"version": None})})
    assert ask(Shop([profile("c-anna")], config=no_notice), "c-anna").silent == "no_notice"


def test_who_is_in_reach_of_a_coordinator() -> None:
    assert Shop().pipeline.in_reach(Shop().unit.instant) is None
    units, broker = CONFIG.units.model_copy(update={"coordinator": "till"}), CONFIG.broker
    shop = Shop(config=CONFIG.model_copy(update={"units": units, "broker": broker}))
    assert shop.pipeline.in_reach(shop.unit.instant) is True  # it has just started, and still waits for an answer
    shop.walk(60.0)
    assert shop.pipeline.in_reach(shop.unit.instant) is False
