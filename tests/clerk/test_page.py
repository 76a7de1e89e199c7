"""The clerk's page in a real browser, over a real broker, with a desk that speaks the real contracts."""

import asyncio
from datetime import timedelta

import aiomqtt
import pytest
from playwright.async_api import expect

from edge_agent.contracts.bus import UNIT_PRESENCE
from edge_agent.contracts.unit import UnitPresence
from tests.bus.brokers import mosquitto, nats
from tests.bus.conftest import TOPICS, until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("broker", [mosquitto, nats], indirect=True)
async def test_a_card_appears_is_claimed_and_done(broker, desk, tablet):
    a, b = await tablet("a"), await tablet("b")
    await until(lambda: {hello.tablet for hello in desk.hellos} == {"a", "b"})
    desk.open()
    await expect(a.get_by_role("heading", name="Trail Jacket")).to_be_visible()
    await expect(a.get_by_text("Blue diamond", exact=True)).to_be_visible()
    await expect(b.get_by_role("button", name="Claim")).to_be_visible()

    await a.get_by_role("button", name="Claim").click()
    await expect(a.get_by_text("Yours")).to_be_visible()
    await expect(b.get_by_text("Taken")).to_be_visible()
    await expect(b.get_by_role("button", name="Claim")).to_have_count(0)
    assert "tablet" not in await b.inner_text("body")  # taken, never by whom

    await a.get_by_role("button", name="Interested", exact=True).click()
    await expect(a.get_by_text("No cards at the moment")).to_be_visible()
    await expect(b.get_by_text("Taken")).to_have_count(0)
    assert [(reply.action, reply.outcome) for reply in desk.replies] == [("claim", None), ("done", "interested")]


async def sold(desk, page):
    """Claim a card and say that it was sold; return the form for the order number."""
    desk.open()
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_role("button", name="Sold").click()
    return page.get_by_role("form", name="Sold. Is there an order number?")


async def last_reply(desk, count=2):
    await until(lambda: len(desk.replies) == count)
    return (desk.replies[-1].action, desk.replies[-1].outcome, desk.replies[-1].order_id)


async def test_a_sale_may_carry_the_number_on_the_receipt(desk, tablet):
    page = await tablet()
    form = await sold(desk, page)
    await form.get_by_label("Order number on the receipt").fill("# R-2026 4711 ")
    await page.keyboard.press("Enter")
    assert await last_reply(desk) == ("done", "sold", "R-20264711")
    await expect(page.get_by_text("No cards at the moment")).to_be_visible()


async def test_one_tap_is_enough_for_a_sale_without_a_number(desk, tablet):
    form = await sold(desk, await tablet())
    await expect(form.get_by_role("button", name="Save number")).to_be_disabled()
    await form.get_by_role("button", name="No number").click()
    assert await last_reply(desk) == ("done", "sold", None)


async def test_a_sale_that_is_left_alone_is_noted_by_itself(desk, tablet):
    page = await tablet()
    await page.clock.install()
    form = await sold(desk, page)
    await expect(form).to_be_visible()
    await page.clock.fast_forward(20_000)
    assert await last_reply(desk) == ("done", "sold", None)


async def test_a_name_is_no_order_number_and_a_slip_can_be_taken_back(desk, tablet):
    page = await tablet()
    form = await sold(desk, page)
    await form.get_by_label("Order number on the receipt").fill("Anna Gruber")
    await expect(form.get_by_text("An order number has digits")).to_be_visible()
    await expect(form.get_by_role("button", name="Save number")).to_be_disabled()
    await page.keyboard.press("Enter")
    await form.get_by_role("button", name="Not sold").click()
    await page.get_by_role("button", name="Not interested").click()
    assert await last_reply(desk) == ("done", "not_interested", None)


@pytest.mark.parametrize(
    ("kind", "offered"),
    [("opportunity", ["Sold", "Interested", "Helped", "Not interested"]), ("obligation", ["Resolved", "Helped"])],
)
async def test_only_outcomes_that_fit_are_offered(desk, tablet, kind, offered):
    page = await tablet()
    desk.open(kind=kind)
    await page.get_by_role("button", name="Claim").click()
    outcomes = page.get_by_role("group", name="How did it end?").get_by_role("button")
    await expect(outcomes).to_have_text(offered)


async def test_the_lead_sees_what_nobody_has_taken_and_either_may_take_it(desk, tablet):
    lead = await tablet("lead-1", "/?tablet={}&department=lead")
    service = await tablet("service-1", "/?tablet={}&department=service-desk")
    await until(lambda: len(desk.hellos) == 2)
    made = desk.open(kind="obligation", department="service-desk", title="Open ticket")
    await expect(service.get_by_role("heading", name="Open ticket")).to_be_visible()
    await expect(lead.get_by_text("No cards at the moment")).to_be_visible()

    desk.change("c1", escalated=True, waiting_since=made.created_at - timedelta(seconds=120))
    await expect(lead.get_by_text("Nobody on it for 2 min")).to_be_visible()
    await expect(lead.get_by_text("at Outdoor, for Service desk")).to_be_visible()
    await expect(service.get_by_text("Waiting 2 min, the lead sees it too")).to_be_visible()
    late = await tablet("lead-2", "/?tablet={}&department=lead")
    await expect(late.get_by_text("Nobody on it for 2 min")).to_be_visible()

    await service.get_by_role("button", name="Claim").click()
    for other in (lead, late):
        await expect(other.get_by_text("Taken")).to_be_visible()
        await expect(other.get_by_role("button", name="Claim")).to_have_count(0)
        assert "service-1" not in await other.inner_text("body")
    await service.get_by_role("button", name="Resolved").click()
    for other in (lead, late):
        await expect(other.get_by_text("Taken")).to_have_count(0)


async def test_the_lead_can_hand_it_on_and_still_sees_it(desk, tablet):
    page = await tablet("lead-1", "/?tablet={}&department=lead")
    desk.open(kind="obligation", department="service-desk", escalated=True)
    await page.get_by_label("Hand over to…").select_option("shoes")
    await expect(page.get_by_text("at Outdoor, for Shoes")).to_be_visible()


async def test_a_card_that_is_claimed_is_in_sight(desk, tablet):
    page = await tablet(viewport={"width": 390, "height": 700})
    for number in range(3):
        desk.open(f"c{number}", title=f"Card {number}")
    oldest = page.locator("[data-card=c0]")
    await expect(oldest).not_to_be_in_viewport()
    await oldest.get_by_role("button", name="Claim").click()
    await expect(oldest.get_by_text("Yours")).to_be_in_viewport()


async def test_open_cards_come_with_the_hello(desk, tablet):
    desk.open()
    page = await tablet()
    await expect(page.get_by_role("heading", name="Trail Jacket")).to_be_visible()


async def test_withdrawn_and_expired_cards_leave_by_themselves(desk, tablet):
    desk.open("withdrawn", title="Withdrawn soon")
    desk.open("expires", title="Expires soon", expires_s=3)
    page = await tablet()
    await expect(page.get_by_role("heading")).to_have_count(3)
    desk.change("withdrawn", state="withdrawn", title="", facts=())
    await expect(page.get_by_text("Withdrawn soon")).to_have_count(0)
    await expect(page.get_by_text("Expires soon")).to_have_count(0)


async def test_an_older_revision_changes_nothing(desk, tablet):
    first = desk.open()
    page = await tablet()
    desk.change("c1", title="Newer")
    await expect(page.get_by_role("heading", name="Newer")).to_be_visible()
    desk.notifier.send(first)
    desk.open("c2", title="After it")
    await expect(page.get_by_role("heading", name="After it")).to_be_visible()
    await expect(page.get_by_role("heading", name="Trail Jacket")).to_have_count(0)


async def test_it_comes_back_after_the_broker(broker, desk, tablet):
    page = await tablet()
    desk.open("before", title="Before")
    desk.open("gone", title="Gone meanwhile")
    await expect(page.get_by_role("heading", name="Gone meanwhile")).to_be_visible()
    broker.kill()
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await expect(page.get_by_role("button", name="Claim").first).to_be_disabled()
    await until(lambda: desk.bus.health.report.state == "waiting")
    desk.change("gone", state="withdrawn")  # nobody hears it
    desk.open("during", title="During")
    await broker.start()
    await expect(page.get_by_role("heading", name="During")).to_be_visible()
    await expect(page.get_by_text("No connection.")).to_have_count(0)
    await expect(page.get_by_text("Gone meanwhile")).to_have_count(0)
    await page.locator("[data-card=before]").get_by_role("button", name="Claim").click()
    await expect(page.locator("[data-card=before]").get_by_text("Yours")).to_be_visible()


async def test_texts_are_text(desk, tablet):
    evil = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
    page = await tablet()
    desk.open(title=evil, facts=(evil,), opening=evil, why=evil, badge="<b>Blue</b> diamond", zone="<i>Zone</i>")
    await expect(page.get_by_role("heading", name=evil)).to_be_visible()
    await expect(page.get_by_text("<b>Blue</b> diamond", exact=True)).to_be_visible()
    assert await page.title() == "Cards"
    assert await page.locator("img").count() == 0


async def test_a_silent_unit_is_said(desk, tablet):
    desk.deaf = True
    desk.open()
    page = await tablet()
    await page.get_by_role("button", name="Claim").click()
    await expect(page.get_by_text("One moment…")).to_be_visible()
    await expect(page.get_by_text("The unit did not answer.")).to_be_visible()
    await expect(page.get_by_role("button", name="Claim")).to_be_enabled()


async def test_departments_are_chosen_once(desk, tablet):
    desk.open(department="service-desk")
    page = await tablet(path="/")
    await page.get_by_label("Service desk").check()
    await page.get_by_role("button", name="Show cards").click()
    await expect(page.get_by_role("heading", name="Trail Jacket")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Trail Jacket")).to_be_visible()
    names = {hello.tablet for hello in desk.hellos}
    assert len(names) == 1
    assert names.pop().startswith("t-")


async def test_a_claimed_card_can_be_answered(desk, tablet):
    answers = {"Not here": "not_here", "Pause for today": "pause_today", "Customer opted out": "opted_out"}
    page = await tablet()
    for button, action in answers.items():
        desk.open(action, title=button)
        card = page.locator(f"[data-card={action}]")
        await card.get_by_role("button", name="Claim").click()
        await card.get_by_text("More").click()
        await card.get_by_role("button", name=button).click()
        if action == "opted_out":
            await card.get_by_role("button", name="Yes: delete and never again").click()
        await expect(card).to_have_count(0)
    assert [reply.action for reply in desk.replies[1::2]] == list(answers.values())


async def test_a_card_can_be_given_back(desk, tablet):
    a, b = await tablet("a"), await tablet("b")
    desk.open()
    await a.get_by_role("button", name="Claim").click()
    await expect(b.get_by_text("Taken")).to_be_visible()
    await a.get_by_role("button", name="Give back").click()
    await expect(b.get_by_role("button", name="Claim")).to_be_enabled()


async def test_an_obligation_is_marked_in_words_and_can_be_handed_over(desk, tablet):
    desk.open(kind="obligation", title="Order 4711 is ready")
    page = await tablet()
    await expect(page.get_by_text("Please answer")).to_be_visible()
    await page.get_by_label("Hand over to…").select_option("shoes")
    await until(lambda: desk.replies)
    assert (desk.replies[0].action, desk.replies[0].department) == ("hand_over", "shoes")


async def test_later_and_not_for_us_clear_the_tablet(desk, tablet):
    desk.open("c1")
    desk.open("c2", title="Second")
    page = await tablet()
    await page.locator("[data-card=c1]").get_by_role("button", name="Later").click()
    await page.locator("[data-card=c2]").get_by_role("button", name="Not for us").click()
    await expect(page.get_by_text("No cards at the moment")).to_be_visible()
    await until(lambda: {reply.action for reply in desk.replies} == {"snooze", "decline"})


async def test_the_keyboard_is_enough(desk, tablet):
    desk.open()
    page = await tablet()
    await expect(page.get_by_role("button", name="Claim")).to_be_visible()
    for _ in range(3):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Claim")).to_be_focused()
    await page.keyboard.press("Enter")
    await until(lambda: desk.replies)


async def test_garbage_does_not_harm_the_page(broker, desk, tablet):
    page = await tablet()
    await until(lambda: desk.hellos)
    async with aiomqtt.Client(broker.host, broker.port) as peer:
        for payload in (b"", b"\xff", b"null", b'{"data": null}', b'{"data": {"card": 1}}', b"x" * 100_000):
            await peer.publish("ea/1/vienna-1/card/outdoor", payload, qos=1)
            await peer.publish("ea/1/vienna-1/unit/unit-9", payload, qos=1)
    desk.open()
    await expect(page.get_by_role("heading", name="Trail Jacket")).to_be_visible()


async def test_a_tablet_that_vanishes_is_known_by_its_last_will(broker, desk, tablet):
    async with aiomqtt.Client(broker.host, broker.port) as peer, asyncio.timeout(30):
        await peer.subscribe(TOPICS.tablet_presence("a"), qos=1)
        page = await tablet("a")
        assert b'"online":true' in (await anext(peer.messages)).payload
        await page.close()
        assert b'"online":false' in (await anext(peer.messages)).payload


async def test_a_unit_that_restarts_keeps_its_cards_for_a_moment(desk, tablet):
    desk.open()
    page = await tablet()
    await expect(page.get_by_role("button", name="Claim")).to_be_enabled()
    here = UnitPresence(unit="unit-1", online=True)
    desk.bus.publish(UNIT_PRESENCE, TOPICS.unit_presence("unit-1"), here.model_copy(update={"online": False}))
    await expect(page.get_by_text("is away for a moment")).to_be_visible()
    await expect(page.get_by_role("button", name="Claim")).to_be_disabled()
    desk.bus.publish(UNIT_PRESENCE, TOPICS.unit_presence("unit-1"), here)
    await expect(page.get_by_role("button", name="Claim")).to_be_enabled()
    await expect(page.get_by_role("heading", name="Trail Jacket")).to_have_count(0)  # nobody sent it again
