"""What words cost: reading 200 campaigns in four languages, a scene when it is first said, and again, and a card."""

import json
import time
from collections.abc import Callable
from statistics import quantiles
from zoneinfo import ZoneInfo

import pytest

from edge_agent.contracts.campaign import Campaign, CampaignFile
from edge_agent.contracts.pattern import check_pattern
from edge_agent.contracts.screen import Scene
from edge_agent.decide.cards import compose_card
from edge_agent.decide.facts import Expected
from edge_agent.decide.patterns import prepare
from edge_agent.decide.products import public
from edge_agent.decide.scenes import compose_scene
from edge_agent.identify.badges import badge
from tests.scenario.shop import JACKET, START, profile

LANGUAGES = ("en", "de", "fr", "ar")
CAMPAIGNS = 200


def written(number: int) -> dict[str, object]:
    """A campaign whose sentences are like no other's; one in three of them chooses its words by a number."""
    plural = "{ $pieces ->\n [one] one left\n *[other] { $pieces } left\n}"
    wording = {
        language: {
            "headline": f"{{ $badge }}, welcome back {number} {language}",
            "body": f"{{ $product }}, {{ $place }} {number} {language}: {plural}",
            "opening": f"Would you like to try the {{ $product }} in {{ $size }} {number} {language}?",
        }
        for language in LANGUAGES
    }
    return {"campaign": f"c{number}", "title": "c", "message_class": "offer", "department": "o", "wording": wording}


FILE = json.dumps({"version": 1, "campaigns": [written(number) for number in range(CAMPAIGNS)]})


def scene(campaign: Campaign, language: str) -> Scene:
    return compose_scene(campaign, public(JACKET, START), Expected(), badge(3, language), "badge", language, "m", 6, 25)


def timed_ms(act: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began_s)


def test_reading_campaigns_and_composing() -> None:
    check_pattern.cache_clear()
    first_ms = timed_ms(lambda: CampaignFile.model_validate_json(FILE))
    again_ms = timed_ms(lambda: CampaignFile.model_validate_json(FILE))
    print(f"\n{CAMPAIGNS} campaigns x {len(LANGUAGES)} languages: read {first_ms:.0f} ms, again {again_ms:.0f} ms")
    campaigns = CampaignFile.model_validate_json(FILE).campaigns
    for language in LANGUAGES:
        print(f"  {language}: rules read {timed_ms(lambda language=language: prepare(language)):.1f} ms", end="")
        for occasion in ("first", "again"):
            cuts = quantiles((timed_ms(lambda c=c, at=language: scene(c, at)) for c in campaigns), n=100)
            print(f"; scene {occasion} p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms", end="")
        print()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card(language: str, benchmark: Callable[..., object]) -> None:
    campaign, her, zone = Campaign.model_validate(written(0)), profile("anna"), ZoneInfo("Europe/Vienna")
    mine = badge(3, language)
    benchmark(lambda: compose_card(campaign, JACKET, her, mine, "c", "u", "Z", language, zone, START, START))
