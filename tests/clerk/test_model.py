"""The page's pure model, run in the browser that will run it."""

import pytest
import pytest_asyncio

from tests.bus.brokers import Broker, free_port
from tests.clerk.conftest import PAGE
from tests.web.serving import serving, sources

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

PRELUDE = """async (_) => {
  const m = await import("/model.js");
  const sent = "2026-05-04T14:00:00Z";
  const card = (more = {}) => ({card: "c", revision: 1, unit: "u", state: "open", kind: "opportunity",
    department: "d", zone: "z", expires_at: "2026-05-04T14:03:00Z", ...more});
  const titles = (state, now) => m.visible(state, "me", now).open.map((entry) => entry.card.card);
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_page(browser):
    async with serving(sources(Broker([], free_port()), page=PAGE)) as site:
        page = await browser.new_page()
        await page.goto(f"{site.url}/model.js")
        yield page
        await page.close()


@pytest.fixture
def run(module_page):
    async def run(body: str) -> object:
        return await module_page.evaluate(PRELUDE + body + "}")

    return run


async def test_time_left_does_not_depend_on_the_tablets_clock(run):
    assert await run("return m.receive(m.empty(), card(), sent, 5000).cards.get('c').until") == 185_000


async def test_an_expired_card_never_shows(run):
    assert await run("""
      const state = m.receive(m.empty(), card(), sent, 0);
      return [m.tick(state, 179999).cards.size, m.tick(state, 180000).cards.size,
              m.receive(state, card({revision: 9}), "2026-05-04T14:03:00Z", 0).cards.size,
              m.receive(state, card({revision: 9, expires_at: "never"}), sent, 0).cards.size];
    """) == [1, 0, 0, 0]


async def test_the_highest_revision_wins_also_after_the_end(run):
    assert (
        await run("""
      let state = m.receive(m.empty(), card({revision: 3, state: "closed"}), sent, 0);
      state = m.receive(state, card({revision: 2}), sent, 0);
      return titles(state, 0);
    """)
        == []
    )


async def test_snoozed_cards_return(run):
    assert await run("""
      const state = m.replied(m.receive(m.empty(), card(), sent, 0), "c", "snooze", 0);
      return [titles(state, 1000), titles(state, m.SNOOZE_MS)];
    """) == [[], ["c"]]


async def test_obligations_come_first_then_the_newest(run):
    assert await run("""
      let state = m.receive(m.empty(), card({card: "old"}), sent, 0);
      state = m.receive(state, card({card: "must", kind: "obligation"}), sent, 1);
      state = m.receive(state, card({card: "new"}), sent, 2);
      return titles(state, 3);
    """) == ["must", "new", "old"]


async def test_what_has_escalated_comes_before_everything_the_longest_waiting_first(run):
    assert await run("""
      const must = {kind: "obligation", waiting_since: "2026-05-04T13:59:00Z"};
      let state = m.receive(m.empty(), card({...must, card: "short", escalated: true}), sent, 0);
      state = m.receive(state, card({...must, card: "new"}), sent, 2);
      state = m.receive(state, card({...must, card: "long", escalated: true, waiting_since: "2026-05-04T13:58:00Z"}),
                        sent, 1);
      return titles(state, 3);
    """) == ["long", "short", "new"]


async def test_how_long_it_waits_does_not_depend_on_the_tablets_clock(run):
    assert await run("""
      const from = (waiting_since) => m.receive(m.empty(), card({waiting_since}), sent, 5000).cards.get("c").waitsFrom;
      return ["2026-05-04T13:58:00Z", "2026-05-04T14:01:00Z", null, undefined, "x"].map(from);
    """) == [-115_000, 5000, 5000, 5000, 5000]


async def test_unconfirmed_cards_go_after_a_reconnection_unless_their_unit_is_away(run):
    assert await run("""
      let state = m.recheck(m.receive(m.empty(), card(), sent, 0), 0);
      const confirmed = m.receive(state, card(), sent, 10);
      const away = m.unitSeen(state, "u", false, 10);
      return [state, confirmed, away].map((each) => m.tick(each, m.RECHECK_MS).cards.size);
    """) == [0, 1, 1]


async def test_a_flood_is_bounded(run):
    assert (
        await run("""
      let state = m.empty();
      for (let i = 0; i < 1000; i++) state = m.receive(state, card({card: "c" + i}), sent, 0);
      return state.cards.size;
    """)
        == 200
    )


async def test_what_is_no_card_is_dropped(run):
    assert await run("""
      return [null, [], "x", {}, card({facts: [1]}), card({facts: "x"}), card({revision: "1"}), card({zone: null})]
        .map(m.isCard).concat(m.isCard(card()));
    """) == [False] * 8 + [True]
