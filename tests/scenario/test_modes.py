"""How personally a screen speaks, for each mode that a shop may choose. Obligations reach the clerks in all of them."""

import pytest

from edge_agent.contracts.campaign import Audience, Campaign, Wording
from edge_agent.contracts.slice import ReadyOrder
from tests.scenario.shop import CONFIG, START, WELCOME, Shop, consents, profile

ORDER = Campaign(
    campaign="order",
    title="Order ready",
    message_class="order",
    audience=Audience(order_ready=True),
    screen=False,
    card="obligation",
    department="service",
    wording={"en": Wording(headline="Your order is ready")},
)
EVERYTHING = consents("screen", "clerk", "clerk_name", "screen_name", "analytics")
WAITING = (ReadyOrder(order="o1", ready_at=START, desk="Desk 2"),)


def shop(mode: str, *names: str, **fields: object) -> Shop:
    screen = CONFIG.screen.model_copy(update={"mode": mode})
    people = [profile(name, salutation="Ms Smith", consents=EVERYTHING, **fields) for name in names]
    opened = Shop(people, config=CONFIG.model_copy(update={"screen": screen}))
    opened.shelf.all_campaigns = (WELCOME, ORDER)
    return opened


@pytest.mark.parametrize(
    ("mode", "spoken"), [("generic", None), ("contextual", "contextual"), ("badge", "badge"), ("named", "badge")]
)
def test_a_screen_speaks_as_personally_as_it_may(mode, spoken):
    """No screen has one viewer only yet, so ``named`` is not more than ``badge``, and her name is on none."""
    opened = shop(mode, "anna")
    opened.walk(10, ("anna", 1.0))
    scene = opened.showing
    assert (None if scene is None else scene.mode) == spoken
    if scene is not None:
        assert bool(scene.badges) is (spoken == "badge")
        assert "Smith" not in scene.model_dump_json()
        assert spoken == "badge" or "welcome back" in scene.headline


def test_a_generic_screen_leaves_it_to_the_clerks():
    opened = shop("generic", "anna")
    opened.walk(40, ("anna", 1.0))
    assert opened.scenes == []
    assert [card.department for card in opened.cards] == ["outdoor"]


@pytest.mark.parametrize("mode", ["generic", "contextual", "badge", "named"])
def test_an_obligation_reaches_the_clerks_in_every_mode(mode):
    opened = shop(mode, "anna", orders=WAITING)
    opened.walk(5, ("anna", 1.0))
    assert ("service", "obligation") in [(card.department, card.kind) for card in opened.cards]


@pytest.mark.parametrize(("mode", "layouts"), [("generic", set()), ("contextual", set()), ("badge", {"group"})])
def test_two_known_customers_are_addressed_by_badges_or_not_at_all(mode, layouts):
    opened = shop(mode, "anna", "bert")
    opened.walk(10, ("anna", 1.0), ("bert", 1.2))
    scene = opened.showing
    assert ({scene.layout} if scene is not None else set()) == layouts


def test_a_scene_is_in_the_best_of_her_languages_that_its_words_are_in():
    screen = CONFIG.screen.model_copy(update={"languages": ["de", "ar", "en", "fr"]})
    opened = Shop([profile("anna", languages=("ar", "fr"))], config=CONFIG.model_copy(update={"screen": screen}))
    words = {"en": Wording(headline="Welcome back"), "fr": Wording(headline="Bon retour")}
    opened.shelf.all_campaigns = (WELCOME.model_copy(update={"wording": words}),)
    opened.walk(10, ("anna", 1.0))
    assert opened.showing is not None
    assert (opened.showing.language, opened.showing.headline) == ("fr", "Bon retour")
