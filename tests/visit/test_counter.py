"""Cards of the whole unit: when the lead is told, what is reported, what a restart keeps, what a withdrawal clears."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge_agent.contracts.campaign import Audience, Campaign, Wording
from edge_agent.contracts.clerk import TabletHello
from edge_agent.contracts.config import CardConfig
from edge_agent.contracts.event import ClerkEscalated, ClerkOutcome
from edge_agent.contracts.slice import Consent, ReadyOrder, ServiceTicket, StaticToken
from edge_agent.events import CardRow, TabletJoined, VisitRow, WithdrawalRow
from edge_agent.telling import Fact
from tests.scenario.shop import CONFIG, JACKET, LEASE, START, WELCOME, Shop, consents, profile

SERVICE = Campaign(
    campaign="care",
    title="An open question",
    message_class="service",
    audience=Audience(ticket_open=True),
    screen=False,
    card="obligation",
    department="service",
    wording={"en": Wording(headline="We are here for you")},
)
ORDER = Campaign(
    campaign="order",
    title="Order ready",
    message_class="order",
    audience=Audience(order_ready=True),
    card="obligation",
    department="desk",
    wording={"en": Wording(headline="Your order is ready")},
)
TICKET = (ServiceTicket(ticket="t1", opened_at=START - timedelta(days=3), department="service"),)
READY = (ReadyOrder(order="o1", ready_at=START, desk="Desk 2"),)
LOYALTY_CARD = "ibeacon:8ec76ea3-6668-48da-9866-75be8bc86f4d:0001:002a"
SOON = CONFIG.model_copy(update={"cards": CardConfig(escalate_s=10)})  # while the scene is still up
LEAD = TabletHello(tablet="lead-1", departments=("lead",))


def complaint(**changes: object) -> Shop:
    """A shop in which Anna, who has an open ticket, has just stayed: her card is out."""
    shop = Shop([profile("anna", **{"tickets": TICKET, **changes})])
    shop.shelf.all_campaigns = (WELCOME, SERVICE)
    shop.walk(3.5, ("anna", 1.0))
    assert [card.department for card in shop.cards] == ["service"]
    return shop


def of_clerks(shop: Shop) -> list[str]:
    return [event for event in shop.happened() if event.startswith("clerk.")]


# --- escalation and outcomes ----------------------------------------------------------------------


def test_a_complaint_that_nobody_takes_is_shown_to_the_lead_who_resolves_it():
    shop = complaint()
    shop.walk(89, ("anna", 1.0))
    assert of_clerks(shop) == ["clerk.notified"]
    shop.walk(2, ("anna", 1.0))
    assert [(card.escalated, card.revision, card.state) for card in shop.cards] == [
        (False, 1, "open"),
        (True, 2, "open"),
    ]
    shop.say("claim", "lead-1")
    shop.say("claim", "service-1")
    assert shop.cards[-1].holder == "lead-1"
    shop.say("done", "lead-1", outcome="resolved")
    assert of_clerks(shop) == ["clerk.notified", "clerk.escalated", "clerk.claimed", "clerk.outcome"]
    assert shop.cards[-1].escalated, "so that it is taken off the lead's tablet as well"
    escalated = next(event.data for event in shop.events if event.type == "clerk.escalated")
    assert isinstance(escalated, ClerkEscalated)
    assert (escalated.department, escalated.role, escalated.campaign) == ("service", "lead", "care")


def test_the_lead_is_told_without_any_traffic():
    shop = Shop([profile("anna", tickets=TICKET)], config=SOON)
    shop.shelf.all_campaigns = (SERVICE,)
    shop.walk(3.5, ("anna", 1.0))
    shop.walk(11)
    assert shop.cards[-1].escalated


def test_the_state_and_its_event_are_committed_together():
    shop = complaint()
    shop.walk(88, ("anna", 1.0))
    before = len(shop.rows)
    shop.walk(4, ("anna", 1.0))
    rows = shop.rows[before:]
    assert [row.card.escalated for row in rows if isinstance(row, CardRow)] == [True]
    assert of_clerks(shop)[-1] == "clerk.escalated"


def test_offers_never_escalate():
    shop = Shop([profile("anna")])
    shop.walk(150, ("anna", 1.0))
    assert len(shop.cards) == 1
    assert of_clerks(shop) == ["clerk.notified"]


def test_a_leads_tablet_gets_what_has_escalated_and_nothing_else():
    shop = complaint()
    shop.unit.put(TabletJoined(LEAD))
    assert len(shop.cards) == 1
    shop.walk(91, ("anna", 1.0))
    told = len(shop.cards)
    shop.unit.put(TabletJoined(LEAD))
    assert shop.cards[told:] == shop.cards[told - 1 : told]


@pytest.mark.parametrize(("outcome", "order_id"), [("sold", "4711"), ("interested", None)])
def test_the_outcome_names_the_product_and_a_sale_its_order(outcome, order_id):
    shop = Shop([profile("anna")])
    shop.walk(30, ("anna", 1.0))
    shop.say("claim")
    shop.say("done", outcome=outcome, order_id="4711")
    data = shop.events[-1].data
    assert isinstance(data, ClerkOutcome)
    assert (data.outcome, data.order_id, data.product_id) == (outcome, order_id, JACKET.product)


def test_a_clerk_who_serves_her_for_long_can_still_say_how_it_ended():
    shop = Shop([profile("anna")])
    shop.walk(30, ("anna", 1.0))
    shop.say("claim")
    shop.walk(900, ("anna", 8.0), interval_s=5)
    shop.say("done", outcome="sold", order_id="4711")
    assert of_clerks(shop)[-1] == "clerk.outcome"


@pytest.mark.parametrize("analytics", [True, False])
def test_events_say_whose_card_it_is_only_with_her_consent(analytics):
    purposes = ("screen", "clerk", "analytics") if analytics else ("screen", "clerk")
    shop = complaint(consents=consents(*purposes))
    shop.walk(91, ("anna", 1.0))
    shop.say("claim")
    shop.say("done", outcome="resolved")
    mine = [event for event in shop.events if event.type.startswith("clerk.")]
    assert {event.data.customer for event in mine} == {"anna" if analytics else None}
    assert {event.customer for event in mine} == {"anna"}, "so that they are deleted with her while they wait"


# --- restart --------------------------------------------------------------------------------------


def test_a_restart_keeps_who_holds_it_and_the_replies():
    shop = complaint()
    shop.say("claim", "service-1")
    shop.say("release", "service-1")
    claim = replies(shop)[0]
    shop.restart()
    shop.walk(1)
    shop.say("claim", "service-2")
    assert shop.cards[-1].holder == "service-2"
    shop.restart()
    shop.say("claim", "service-1")
    assert shop.cards[-1].holder == "service-2"
    assert claim in replies(shop)


def replies(shop: Shop) -> tuple[str, ...]:
    return [row for row in shop.rows if isinstance(row, CardRow)][-1].replies


@pytest.mark.parametrize("escalated_before", [True, False])
def test_a_restart_escalates_what_is_overdue_and_nothing_twice(escalated_before):
    shop = complaint()
    shop.walk(100 if escalated_before else 60, ("anna", 1.0))
    shop.unit.now_s += 100
    shop.restart()
    shop.walk(100, ("anna", 1.0))
    assert of_clerks(shop) == ["clerk.notified", "clerk.escalated"]


def test_a_card_is_gone_after_a_restart_where_she_withdrew_her_consent_meanwhile():
    shop = complaint()
    shop.say("claim", "service-1")
    shop.shelf.profiles["anna"] = profile("anna", tickets=TICKET, consents=consents("screen"))
    shop.restart()
    assert (shop.cards[-1].state, shop.cards[-1].facts) == ("withdrawn", ())


def test_a_slice_that_cannot_be_read_yet_takes_no_card_away():
    shop = complaint()
    shop.say("claim", "service-1")
    anna = shop.shelf.profiles["anna"]
    shop.restart(sealed=True)
    shop.walk(2)
    shop.change(anna)
    assert (shop.cards[-1].state, shop.cards[-1].holder) == ("taken", "service-1")


def test_a_restart_keeps_the_time():
    shop = complaint()
    shop.walk(60, ("anna", 1.0))
    shop.restart()
    shop.walk(28, ("anna", 1.0))
    assert not shop.cards[-1].escalated
    shop.walk(4, ("anna", 1.0))
    assert shop.cards[-1].escalated


# --- consents, leases, clocks ---------------------------------------------------------------------


@pytest.mark.parametrize("claimed", [True, False])
def test_an_escalated_card_ends_with_the_consent_that_it_needs(claimed):
    until = START + timedelta(seconds=400)
    clerk = Consent(purpose="clerk", receipt="r", granted_at=START - timedelta(days=1), expires_at=until)
    shop = complaint(consents=(*consents("screen"), clerk))
    shop.walk(91, ("anna", 1.0))
    if claimed:
        shop.say("claim", "lead-1")
    assert shop.cards[-1].expires_at == until
    shop.walk(310, ("anna", 1.0))
    assert (shop.cards[-1].state, shop.cards[-1].facts, shop.cards[-1].escalated) == ("expired", (), True)


def test_a_consent_that_is_to_end_sooner_than_it_was_takes_the_card_with_it():
    shop = complaint()
    until = START + timedelta(seconds=60)
    clerk = Consent(purpose="clerk", receipt="r", granted_at=START - timedelta(days=1), expires_at=until)
    shop.change(profile("anna", tickets=TICKET, consents=(*consents("screen"), clerk)))
    assert (shop.cards[-1].expires_at, shop.cards[-1].revision) == (until, 2)
    shop.walk(60, ("anna", 1.0))
    assert shop.cards[-1].state == "expired"


def test_a_card_with_her_name_goes_when_clerks_may_not_know_it_any_more():
    shop = complaint(salutation="Ms Gruber", consents=consents("screen", "clerk", "clerk_name"))
    assert shop.cards[-1].title == "Ms Gruber"
    shop.say("claim")
    shop.change(profile("anna", tickets=TICKET, salutation="Ms Gruber"))
    assert (shop.cards[-1].state, shop.cards[-1].title) == ("withdrawn", "")


def test_a_wall_clock_that_is_set_to_after_the_lease_ends_the_card_at_once():
    shop = complaint()
    shop.unit.start += LEASE
    shop.unit.put(None)
    assert shop.cards[-1].state == "withdrawn"


def test_a_wall_clock_that_is_set_costs_the_card_no_time():
    shop = complaint()
    shop.unit.start += timedelta(hours=6)
    shop.unit.put(None)
    shop.unit.put(TabletJoined(TabletHello(tablet="s", departments=("service",))))
    left = shop.cards[-1].expires_at - shop.unit.instant.utc
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert shop.cards[-1].state == "open"


# --- her word -------------------------------------------------------------------------------------


def test_opting_out_at_the_leads_tablet_clears_everything_of_hers_within_the_step():
    shop = Shop([profile("anna", orders=READY)], config=SOON)
    shop.shelf.all_campaigns = (ORDER,)
    shop.walk(15, ("anna", 1.0))
    assert shop.cards[-1].escalated
    assert shop.showing is not None
    before = len(shop.rows)
    shop.say("opted_out", "lead-1")
    assert shop.showing is None
    card = shop.cards[-1]
    assert (card.state, card.title, card.facts, card.escalated) == ("withdrawn", "", (), True)
    assert shop.forgotten == ["anna"]
    rows = shop.rows[before:]
    assert any(isinstance(row, WithdrawalRow) and row.scope == "all" for row in rows)
    assert any(isinstance(row, VisitRow) and row.customer == "anna" and row.ended_at is not None for row in rows)
    assert of_clerks(shop)[-1] == "clerk.withdrawn"
    assert "consent.revoked" in shop.happened()
    shop.walk(30, ("anna", 1.0))
    assert shop.showing is None
    assert shop.cards[-1] == card


def test_a_pause_clears_the_loyalty_card_of_a_customer_without_an_app():
    token = StaticToken(device="card", token=LOYALTY_CARD)
    shop = Shop([profile("anna", tokens=(token,), orders=READY)], config=SOON)
    shop.shelf.all_campaigns = (ORDER,)
    shop.walk(15, (LOYALTY_CARD, 1.0))
    assert (shop.cards[-1].escalated, shop.cards[-1].badge) == (True, "")
    assert shop.showing is not None
    shop.say("pause_today", "lead-1")
    assert shop.showing is None
    assert (shop.cards[-1].state, shop.cards[-1].facts) == ("withdrawn", ())
    assert shop.forgotten == [], "tomorrow she is welcome"
    quiet = len(shop.effects)
    shop.walk(60, (LOYALTY_CARD, 1.0))
    assert len(shop.effects) == quiet
    assert shop.happened()[-1] == "visit.ended"


def test_the_story_of_the_demo_tells_of_it():
    shop = complaint()
    shop.walk(91, ("anna", 1.0))
    (fact,) = [fact for fact in shop.facts if fact.kind == "escalated"]
    assert replace(fact, badge="") == Fact("escalated", "anna", zone="Outdoor")
