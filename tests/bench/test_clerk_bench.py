"""How long from a card's publication to its heading in the tablet's page. Target: p99 at most 100 ms on loopback."""

import statistics

import pytest

from tests.bus.conftest import until
from tests.clerk.conftest import broker, browser, desk, site, tablet  # noqa: F401 - fixtures

CARDS = 200
SETTLE_MS = 25

WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    for (const card of document.querySelectorAll(".card[data-card]")) {
      if (card.timed) continue;
      card.timed = true;
      seen.push([card.dataset.card, performance.timeOrigin + performance.now()]);
    }
  }).observe(document.body, {childList: true, subtree: true});
}"""


@pytest.mark.asyncio(loop_scope="session")
async def test_card_published_to_visible(desk, tablet):  # noqa: F811
    page = await tablet("bench")
    await until(lambda: desk.hellos)
    await page.evaluate(WATCH)
    published_ms: dict[str, float] = {}
    for number in range(CARDS):
        made = desk.open(f"c{number}")
        published_ms[made.card] = made.created_at.timestamp() * 1000
        await page.wait_for_function("count => seen.length >= count", arg=number + 1)
        desk.change(made.card, state="withdrawn")
        await page.wait_for_timeout(SETTLE_MS)
    delays_ms = [at - published_ms[name] for name, at in await page.evaluate("seen")]
    cuts = statistics.quantiles(delays_ms, n=100)
    print(f"\ncard published -> in the DOM, {CARDS} cards: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms (target 100)")
