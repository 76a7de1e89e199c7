"""Whatever the platform sends and whatever the clock says: a decision is made, and it keeps the rules."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Audience, Campaign, Cap, Wording
from edge_agent.contracts.catalogue import Product, Stock
from edge_agent.contracts.dayparts import Daypart
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.slice import (
    Appointment,
    Consent,
    Contacts,
    KnownSize,
    Need,
    NextBestOffer,
    OpenedEmail,
    Profile,
    ReadyOrder,
    ServiceTicket,
    ViewedProduct,
)
from edge_agent.decide.contacts import ContactLog
from edge_agent.decide.decision import Decision, decide, speakable_product
from edge_agent.decide.knowledge import Situation
from edge_agent.events import ContactRow
from tests.scenario.shop import START, Shelf

NAMES = st.sampled_from(["a", "b", "c", "d"])
"""Campaigns and products that exist, or do not."""
TIMES = st.one_of(
    st.timedeltas(timedelta(days=-40), timedelta(days=40)).map(lambda delta: START + delta),
    st.sampled_from([START, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
)
SECONDS = st.sampled_from([0.0, 60.0, 86_400.0, 10 * 365 * 86_400.0])
CLASSES = st.sampled_from(["public", "discreet", "sensitive"])
CHANNELS = st.sampled_from(["screen", "clerk"])


def some(strategy, most=3):
    return st.lists(strategy, max_size=most).map(tuple)


consents = st.builds(
    Consent,
    purpose=st.sampled_from(["screen", "clerk", "clerk_name", "screen_name", "analytics"]),
    receipt=st.just("r"),
    granted_at=st.one_of(TIMES, st.just(START - timedelta(days=1))),
    expires_at=st.one_of(TIMES, st.just(START + timedelta(days=50))),
)
profiles = st.builds(
    Profile,
    customer=st.just("anna"),
    tier=st.sampled_from([None, "gold"]),
    age=st.sampled_from(["adult", "adult", "adult", "minor", "unknown"]),
    consents=some(consents, 4),
    do_not_disturb=st.sampled_from([False, False, True]),
    paused_until=st.one_of(st.none(), TIMES),
    holdout=st.sampled_from([False, False, True]),
    viewed=some(st.builds(ViewedProduct, product=NAMES, viewed_at=TIMES, size=st.sampled_from([None, "M", "L"]))),
    basket=some(NAMES),
    offers=some(st.builds(NextBestOffer, campaign=NAMES, value=st.floats(0, 1e308), probability=st.floats(0, 1))),
    sizes=some(st.builds(KnownSize, size_system=st.just("jackets"), size=st.sampled_from("ML"))),
    needs=some(st.builds(Need, topic=NAMES, content_class=CLASSES)),
    emails=some(st.builds(OpenedEmail, campaign=NAMES, opened_at=TIMES)),
    appointments=some(
        st.builds(Appointment, appointment=st.just("x"), at=TIMES, department=st.just("d"), desk=st.just("Desk"))
    ),
    tickets=some(st.builds(ServiceTicket, ticket=st.just("t"), opened_at=TIMES, department=st.just("d")), 1),
    orders=some(st.builds(ReadyOrder, order=st.just("o"), ready_at=TIMES, desk=st.just("Desk")), 1),
    contacts=some(st.builds(Contacts, campaign=NAMES, count=st.integers(0, 9))),
    valid_until=st.one_of(st.just(START + timedelta(days=99)), TIMES),
)
products = st.builds(
    Product,
    product=NAMES,
    names=st.just({"en": "Thing"}),
    department=st.just("d"),
    size_system=st.sampled_from([None, "jackets"]),
    stock=some(st.builds(Stock, size=st.sampled_from([None, "M"]), quantity=st.integers(0, 3), counted_at=TIMES)),
    content_class=CLASSES,
)
audiences = st.builds(
    Audience,
    viewed=some(NAMES),
    viewed_within_s=SECONDS,
    order_ready=st.booleans(),
    ticket_open=st.booleans(),
    offered=st.booleans(),
    basket=some(NAMES),
    emailed=st.booleans(),
    appointment_within_s=st.one_of(st.none(), SECONDS),
    tiers=some(st.sampled_from(["gold", "silver"])),
    needs=some(NAMES),
)
campaigns = st.builds(
    Campaign,
    campaign=NAMES,
    title=st.just("t"),
    message_class=st.sampled_from(["service", "order", "offer"]),
    audience=st.one_of(st.just(Audience()), audiences),
    screen=st.booleans(),
    card=st.sampled_from(["none", "opportunity", "obligation"]),
    department=st.just("d"),
    product=st.one_of(st.none(), NAMES),
    needs_stock=st.booleans(),
    zones=some(st.sampled_from(["Outdoor", "Bikes"])),
    dayparts=some(st.builds(Daypart, begins=st.times(), ends=st.sampled_from([time(0), time(12)]))),
    exclusive=st.one_of(st.none(), st.just("group")),
    exclusive_s=SECONDS,
    value=st.floats(0, 1e308),
    probability=st.floats(0, 1),
    caps=some(
        st.builds(
            Cap,
            count=st.integers(1, 3),
            per_s=st.one_of(st.none(), SECONDS),
            channel=st.one_of(st.none(), CHANNELS),
            whose=st.sampled_from(["customer", "store"]),
        )
    ),
    holdout=st.floats(0, 0.5),
    wording=st.just({"en": Wording(headline="Hello")}),
)
contacts = st.builds(
    ContactRow,
    customer=st.sampled_from(["anna", "bert"]),
    campaign=NAMES,
    channel=CHANNELS,
    at=TIMES,
    visit=st.sampled_from(["", "v1"]),
    decision=st.sampled_from(["", "d1", "d2"]),
    message_class=st.sampled_from(["service", "order", "offer"]),
)
situations = st.builds(
    Situation,
    utc=st.one_of(
        st.just(START), st.sampled_from([datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)])
    ),
    utc_trusted=st.sampled_from([True, True, True, False]),
    lease_until=st.one_of(st.just(START + timedelta(days=1)), st.none(), TIMES),
    notice=st.sampled_from([True, True, True, False]),
    mode=st.sampled_from(["generic", "contextual", "badge", "named"]),
    screen=st.booleans(),
    withdrawn=st.sampled_from([False, False, False, True]),
    zone=st.sampled_from(["Outdoor", "Bikes"]),
    visit=st.sampled_from(["", "v1"]),
    met=st.frozensets(NAMES, max_size=1),
    bought=st.booleans(),
    limits=some(st.builds(Cap, count=st.integers(1, 3), per_s=st.one_of(st.none(), SECONDS))),
    contacts=st.lists(contacts, max_size=6).map(ContactLog),
)
sets = st.lists(campaigns, max_size=4, unique_by=lambda campaign: campaign.campaign)
catalogues = st.lists(products, max_size=4)


def shelf_of(her: Profile, goods: list[Product], said: list[Campaign]) -> Shelf:
    return Shelf({"anna": her}, {product.product: product for product in goods}, tuple(said))


@settings(max_examples=150)
@given(her=profiles, goods=catalogues, said=sets, situation=situations, order=st.randoms(use_true_random=False))
def test_a_decision_keeps_the_rules(her, goods, said, situation, order):
    shelf = shelf_of(her, goods, said)
    decision = decide("anna", shelf, situation)
    assert_lawful(decision, her, situation)
    assert Explanation.model_validate_json(decision.explanation.model_dump_json()) == decision.explanation
    if decision.campaign is not None:
        product = speakable_product(decision.campaign, her, shelf, situation.utc)
        assert product is None or product.content_class != "sensitive"
    again = decide("anna", shelf_of(her, goods, order.sample(said, len(said))), situation)
    assert again == decision


def assert_lawful(decision: Decision, her: Profile, situation: Situation) -> None:
    utc, explanation = situation.utc, decision.explanation
    assert (decision.silent is None) is (decision.campaign is not None)
    assert explanation.silent == decision.silent
    assert explanation.campaign == (None if decision.campaign is None else decision.campaign.campaign)
    if decision.campaign is None or decision.holdout:
        assert decision.screen is decision.card is False
    speaks = decision.screen or decision.card
    assert speaks == (decision.campaign is not None and not decision.holdout)
    if decision.campaign is None:
        return
    assert her.age == "adult"
    assert not her.do_not_disturb
    assert not situation.withdrawn
    assert her.paused_until is None or her.paused_until <= utc
    assert situation.notice
    assert situation.utc_trusted
    assert situation.lease_until is not None
    assert utc < min(situation.lease_until, her.valid_until)
    assert not (decision.campaign.message_class == "offer" and her.tickets)
    for channel, allowed in (("screen", decision.screen), ("clerk", decision.card)):
        if allowed:
            hers = [consent for consent in her.consents if consent.purpose == channel]
            assert hers
            assert all(consent.granted_at <= utc < consent.expires_at for consent in hers)
    if decision.screen:
        assert situation.screen
        assert situation.mode != "generic"
        assert decision.product is None or decision.product.content_class == "public"
        assert not decision.campaign.audience.needs
        assert not decision.campaign.audience.ticket_open
    if decision.product is not None:
        assert decision.product.content_class != "sensitive"


@settings(max_examples=50)
@given(her=profiles, goods=catalogues, said=sets, situation=situations)
def test_less_consent_never_says_more(her, goods, said, situation):
    def reach(profile: Profile) -> tuple[bool, bool]:
        explanation = decide("anna", shelf_of(profile, goods, said), situation).explanation
        return explanation.silent is None, bool(explanation.ranking)

    consents_of = her.consents
    fewer = her.model_copy(update={"consents": consents_of[1:]})
    purposes = {consent.purpose for consent in consents_of[1:]}
    if consents_of and consents_of[0].purpose not in purposes:  # else the stricter of two is taken away
        assert reach(fewer) <= reach(her)


@settings(max_examples=50)
@given(her=profiles, said=sets, situation=situations, more=st.lists(contacts, min_size=1, max_size=3))
def test_more_contacts_never_allow_more(her, said, situation, more):
    plain = [campaign.model_copy(update={"product": None, "audience": Audience()}) for campaign in said]
    before = decide("anna", shelf_of(her, [], plain), situation).explanation
    log = ContactLog([*situation.contacts.of("anna"), *situation.contacts.of("bert"), *more])
    after = decide("anna", shelf_of(her, [], plain), replace(situation, contacts=log)).explanation
    assert {ranked.campaign for ranked in after.ranking} <= {ranked.campaign for ranked in before.ranking}
