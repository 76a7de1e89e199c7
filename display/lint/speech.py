"""Languages, privacy and reading time of what is to be shown. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from display.lint.findings import Finding
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Emergency, LoopItem
from edge_agent.contracts.reading import reading_s, words
from edge_agent.contracts.screen import Badge, Scene
from edge_agent.contracts.wording import BODY_MAX, HEADLINE_MAX, HEADLINE_WORDS_MAX

_SLOT: Final = re.compile(r"\{ *\$?([a-z_]+)[^{}]*\}")
_TYPICAL: Final = {
    "badge": "Blue diamond",
    "product": "Ridgeline trail jacket",
    "price": "1,299.00 €",
    "place": "Rack 4, ground floor",
    "pieces": "3",
    "desk": "Desk 2",
    "time": "14:30",
}


def missing_languages(field: str, written: Collection[str], wanted: Sequence[str]) -> Iterator[Finding]:
    """Yield one finding for each language of the shop that a text is not written in. A region is no other language."""
    bases = {_base(language) for language in written}
    for language in wanted:
        if _base(language) not in bases:
            advice = "write it, or take the language out of screen.languages"
            yield Finding(f"{field}.{language}", f"there is no text in {language!r}", advice)


def check_scene(scene: Scene, languages: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with the words of a scene, but for how they look."""
    if languages and _base(scene.language) not in map(_base, languages):
        problem = f"{scene.language!r} is none of the shop's: {', '.join(languages)}"
        yield Finding("language", problem, "write the scene in one of them, or add it to screen.languages")
    yield from _privacy(scene)
    yield from check_headline("headline", scene.headline)
    badge = " ".join(one.label for one in scene.badges)
    texts = (badge, scene.headline, scene.body, scene.product_name, scene.price, scene.place)
    yield from check_duration("maximum_s", scene.maximum_s, *texts)
    if scene.maximum_s < 1:
        yield Finding("maximum_s", f"it flashes up for {scene.maximum_s:g} s", "let it stay for a second at least")


def _privacy(scene: Scene) -> Iterator[Finding]:
    """Yield what a screen that everybody sees may not say. What campaigns may say is checked where they are read."""
    if scene.mode == "named":
        yield Finding("mode", "a name on a screen that everybody sees", "write mode = badge")
    if scene.badges and scene.mode in ("generic", "contextual"):
        yield Finding(
            "badges", f"a scene of mode {scene.mode!r} addresses a customer", "write mode = badge, or take them out"
        )
    for field in ("headline", "body", "product_name", "price", "place"):
        for slot in _SLOT.finditer(getattr(scene, field)):
            advice = "a scene is ready to draw; slots belong into campaigns, where only public facts fill them"
            yield Finding(field, f"the slot {slot[0]} would reach the screen", advice)


def check_campaign(name: str, campaign: Campaign, languages: Sequence[str]) -> Iterator[Finding]:
    """Yield what is missing in a campaign. That its sentences reach public facts only was checked when it was read."""
    yield from missing_languages(f"{name}, wording", campaign.wording, languages)
    for language, wording in campaign.wording.items():
        yield from check_headline(f"{name}, wording.{language}.headline", wording.headline)


def examples(campaign: Campaign) -> Iterator[tuple[str, Scene]]:
    """Yield what a campaign might put on a screen, by language, its slots filled with typical words.

    Sentences that choose their words are left out: how they end is known to the agent only.
    """
    for language, wording in campaign.wording.items():
        headline, body = (_SLOT.sub(_typical, text) for text in (wording.headline, wording.body))
        if "{" not in headline + body:
            yield (
                language,
                Scene(
                    message_id="example",
                    layout="product",
                    mode="badge",
                    language=language,
                    headline=headline[:HEADLINE_MAX],
                    body=body[:BODY_MAX],
                    badges=(Badge(number=0, colour="blue", shape="diamond", label=_TYPICAL["badge"]),),
                    product_name=_TYPICAL["product"],
                    price=_TYPICAL["price"],
                    place=_TYPICAL["place"],
                ),
            )


def _typical(slot: re.Match[str]) -> str:
    return _TYPICAL.get(slot[1], slot[0])


def check_item(field: str, item: LoopItem, languages: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with the words of one item of the loop."""
    if any(item.headline.values()):
        yield from missing_languages(f"{field}, headline", [*_written(item.headline)], languages)
    for language, text in item.headline.items():
        yield from check_headline(f"{field}, headline.{language}", text)
    yield from check_duration(
        f"{field}, duration_s", item.duration_s, max(item.headline.values(), key=words, default="")
    )


def check_emergency(emergency: Emergency, languages: Sequence[str]) -> Iterator[Finding]:
    """Yield which languages an emergency lacks."""
    yield from missing_languages("emergency, headline", [*_written(emergency.headline)], languages)
    if emergency.body:
        yield from missing_languages("emergency, body", [*_written(emergency.body)], languages)


def check_headline(field: str, text: str) -> Iterator[Finding]:
    """Yield a doubt about a headline that is longer than a glance."""
    if round(words(_SLOT.sub("word", text))) > HEADLINE_WORDS_MAX:
        problem = f"{words(text):.0f} words; at a glance {HEADLINE_WORDS_MAX} are read"
        yield Finding(field, problem, "say less, or say it in the body", "warning")


def check_duration(field: str, duration_s: float, *texts: str) -> Iterator[Finding]:
    """Yield a doubt about words that leave before they are read."""
    needed_s = reading_s(*texts)
    if any(texts) and duration_s < needed_s:
        problem = f"{duration_s:g} s; whoever passes needs {needed_s:.1f} s to read it"
        yield Finding(field, problem, f"write at least {needed_s:.0f}, or fewer words", "warning")


def _written(texts: Mapping[str, str]) -> Iterator[str]:
    return (language for language, text in texts.items() if text.strip())


def _base(language: str) -> str:
    return language.split("-")[0]
