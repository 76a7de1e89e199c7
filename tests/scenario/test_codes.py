"""Codes on screens: random, single-use, bound to nobody; and whose name the events of a visit carry."""

import hashlib
from datetime import timedelta

import pytest

from edge_agent.contracts.campaign import Audience
from edge_agent.contracts.config import ScreenConfig
from edge_agent.contracts.event import CouponIssued, VisitEvent
from edge_agent.contracts.screen import Refused
from edge_agent.events import EventRow, FromScreen
from tests.scenario.shop import CONFIG, WELCOME, Shop, consents, profile
from tests.scenario.test_company import ANNA, BERT

URL = "https://shop.example/q/{code}"
WITH_CODES = CONFIG.model_copy(update={"screen": ScreenConfig(qr_url=URL)})
CODED = WELCOME.model_copy(update={"qr": True, "coupon": "jacket-10"})


def shop_with(*names: str, config=WITH_CODES, campaign=CODED, **hers: object) -> Shop:
    shop = Shop([profile(name, **hers) for name in names], config=config)
    shop.shelf.all_campaigns = (campaign,)
    return shop


def issued(shop: Shop) -> list[CouponIssued]:
    return [event.data for event in shop.events if event.type == "coupon.issued"]


def test_the_platform_learns_the_digest_when_the_screen_has_shown_it():
    shop = shop_with("anna")
    shop.walk(3.01, ("anna", 1.0))
    assert issued(shop) == []
    shop.walk(40, ("anna", 1.0))
    (scene,), (event,) = shop.scenes, issued(shop)
    before, _, code = scene.qr.rpartition("/")
    assert before == "https://shop.example/q"
    assert code.startswith("jacket.")
    assert "anna" not in scene.qr
    assert event.code_digest == hashlib.sha256(code.encode()).hexdigest()
    assert (event.campaign, event.coupon, event.decision) == ("jacket", "jacket-10", scene.message_id)
    assert code not in str(shop.rows)
    good_for = event.expires_at - next(event.at.utc for event in shop.events if event.type == "coupon.issued")
    assert good_for == timedelta(seconds=CONFIG.screen.maximum_s) + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("config", "campaign"), [(CONFIG, CODED), (WITH_CODES, CODED.model_copy(update={"qr": False}))]
)
def test_without_an_address_or_a_wish_there_is_no_code(config, campaign):
    shop = shop_with("anna", config=config, campaign=campaign)
    shop.walk(10, ("anna", 1.0))
    assert [scene.qr for scene in shop.scenes] == [""]
    assert issued(shop) == []


def test_a_group_scene_has_none():
    shop = shop_with(ANNA, BERT)
    shop.walk(10, (ANNA, 1.0), (BERT, 1.0))
    assert shop.showing.layout == "group"
    assert shop.showing.qr == ""


def test_a_code_that_nobody_saw_was_never_issued():
    shop = shop_with("anna")
    shop.walk(3.01, ("anna", 1.0))
    shop.unit.put(FromScreen(Refused(message_id=shop.scenes[0].message_id, reason="no picture")))
    shop.restart()
    assert issued(shop) == []


@pytest.mark.parametrize("audience", [CODED.audience, Audience()], ids=["a product", "no product"])
def test_an_offer_with_a_code_is_laid_out_for_it(audience):
    shop = shop_with("anna", campaign=CODED.model_copy(update={"audience": audience}))
    shop.walk(10, ("anna", 1.0))
    assert (shop.showing.layout, bool(shop.showing.qr)) == ("offer", True)


def test_each_scene_has_its_own():
    shop = shop_with(ANNA, BERT, config=WITH_CODES)
    shop.walk(10, (ANNA, 1.0))
    shop.walk(60)
    shop.walk(10, (BERT, 1.0))
    assert len({scene.qr for scene in shop.scenes}) == len({event.code_digest for event in issued(shop)}) == 2


# --- analytics ----------------------------------------------------------------------------------


def named(shop: Shop) -> set[str | None]:
    return {event.data.customer for event in shop.events if isinstance(event.data, VisitEvent)}


def lived(**hers: object) -> Shop:
    shop = shop_with("anna", **hers)
    shop.walk(25, ("anna", 1.0))
    shop.say("claim")
    shop.say("done", outcome="interested")
    shop.walk(60)
    kinds = {"visit.started", "decision.made", "content.shown", "coupon.issued", "content.played"}
    assert kinds | {"clerk.notified", "clerk.claimed", "clerk.outcome", "visit.ended"} == set(shop.happened())
    return shop


def test_with_her_consent_every_event_of_her_visit_says_whose_it_is():
    assert named(lived()) == {"anna"}


def test_without_it_none_does_and_the_outbox_knows_all_the_same():
    shop = lived(consents=consents("screen", "clerk"))
    assert named(shop) == {None}
    assert {event.customer for event in shop.events} == {"anna"}
    assert "anna" not in str([event.data for event in shop.events])


def test_it_counts_at_the_time_of_each_event():
    shop = shop_with("anna")
    shop.walk(10, ("anna", 1.0))
    shop.change(profile("anna", consents=consents("screen", "clerk")))
    shop.walk(60, ("anna", 1.0))
    whose = [(event.type, event.data.customer) for event in shop.events]
    assert ("content.shown", "anna") in whose
    assert ("clerk.notified", None) in whose


def test_what_she_says_about_her_consent_names_her():
    shop = shop_with("anna", consents=consents("screen", "clerk"))
    shop.walk(25, ("anna", 1.0))
    shop.say("opted_out")
    (revoked,) = [event for event in shop.events if event.type == "consent.revoked"]
    assert revoked.data.customer == revoked.customer == "anna"


def test_an_event_is_about_somebody_whatever_it_says():
    shop = lived(consents=consents("screen", "clerk"))
    assert all(isinstance(row.customer, str) for row in shop.rows if isinstance(row, EventRow))
