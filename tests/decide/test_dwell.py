"""How long a scene stays at least: as long as its words take, within what the shop set."""

import pytest

from edge_agent.contracts.reading import reading_s
from edge_agent.contracts.wording import Wording
from edge_agent.decide.facts import Expected
from edge_agent.decide.scenes import compose_group, compose_scene, compose_thanks
from edge_agent.identify.badges import badge
from tests.scenario.shop import WELCOME

BODY = (
    "Twenty words and three stand here, one by one, "
    "so that whoever walks by needs much more time than a glance for them"
)


def minimum_s(minimum: float, maximum: float, body: str = "", headline: str = "Good morning") -> float:
    campaign = WELCOME.model_copy(update={"wording": {"en": Wording(headline=headline, body=body)}})
    scene = compose_scene(campaign, None, Expected(), None, "contextual", "en", "m1", minimum, maximum)
    assert scene.body == body
    return scene.minimum_s


def test_few_words_stay_for_a_glance() -> None:
    assert minimum_s(6, 25) == 6
    assert minimum_s(0, 25) == 6


def test_many_words_stay_as_long_as_they_take() -> None:
    assert minimum_s(6, 25, BODY) == reading_s("Good morning", BODY) == 14.5


@pytest.mark.parametrize(("minimum", "maximum", "stays"), [(20, 25, 20), (6, 10, 10), (0, 2, 2), (90, 600, 60)])
def test_the_shop_sets_the_bounds(minimum: float, maximum: float, stays: float) -> None:
    assert minimum_s(minimum, maximum, BODY) == stays


def test_groups_and_thanks_stay_for_a_glance_too() -> None:
    badges = tuple(badge(number, "en") for number in range(4))
    assert compose_group(badges, "en", "m1", 1, 25).minimum_s >= 6
    assert compose_thanks("en", "m1", 1, 25).minimum_s == 6
