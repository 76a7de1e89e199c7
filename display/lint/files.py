"""Read what people and the hub wrote, find out what it is, and check it."""

import json
import tomllib
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from display.items import LoopPicture
from display.lint.findings import Finding
from display.lint.posters import check_poster
from display.lint.readable import check_pace
from display.lint.speech import check_campaign, check_emergency, check_item, check_scene
from display.scenes.compose import Composer
from edge_agent.contracts.campaign_problems import name_of, read_campaigns
from edge_agent.contracts.catalogue import Emergency, LoopItem
from edge_agent.contracts.problems import explain
from edge_agent.contracts.screen import Scene

FILE_MAX_BYTES: Final = 16 * 1024 * 1024
_DURATION_S: Final = 12.0  # the contract's, where an item does not say

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Linter:
    """Checks files for one shop and one screen."""

    languages: Sequence[str]
    """Of the shop. Empty: not known, so that none is missing."""
    composer: Composer
    """Draws for the screen, as the display itself does."""
    stand_in: str | None = None
    """Digest of a picture that stands for all of them, where the folder of pictures is not known."""

    def check(self, path: Path) -> Iterator[Finding]:
        """Yield what is wrong with a scene, a playlist, a catalogue, a store file, or campaigns."""
        for finding in self._check(path):
            yield replace(finding, file=str(path))

    def _check(self, path: Path) -> Iterator[Finding]:
        try:
            tree = _read(path)
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            yield Finding("file", f"cannot be read: {reason}", "mend or leave out this file")
            return
        if not isinstance(tree, Mapping):
            yield Finding("file", "is no table of fields", _KINDS)
        elif "layout" in tree:
            yield from self._scene(tree)
        elif isinstance(tree.get("campaigns"), Mapping) or "catalogue" in tree:  # a store file
            yield from self._campaigns(tree.get("campaigns") or {"campaigns": []})
            yield from self._loop(tree.get("catalogue") or {}, "loop")
        elif "campaigns" in tree:
            yield from self._campaigns(tree)
        elif "items" in tree or "loop" in tree or "emergency" in tree:
            yield from self._loop(tree, "items" if "items" in tree else "loop")
        else:
            yield Finding("file", "is nothing that a screen shows", _KINDS)

    def _scene(self, tree: Mapping[str, Any]) -> Iterator[Finding]:
        scene = yield from _parsed(Scene, tree, "")
        if scene is not None:
            yield from check_scene(scene, self.languages)
            picture = scene.picture and (self.stand_in or scene.picture)
            yield from check_poster("", scene.model_copy(update={"picture": picture}), self.composer)

    def _campaigns(self, tree: object) -> Iterator[Finding]:
        right, mistakes = read_campaigns(tree)
        for line in mistakes:
            field, _, problem = line.partition(": ")
            yield Finding(field, problem or line, "mend it; edge-agent campaigns check tells more")
        for number, campaign in right.items():
            yield from check_campaign(name_of({"campaign": campaign.campaign}, number), campaign, self.languages)

    def _loop(self, tree: Mapping[str, Any], key: str) -> Iterator[Finding]:
        raw = tree.get(key, [])
        if not isinstance(raw, list):
            yield Finding(key, "is no list", "write a list of items")
            return
        yield from check_pace(key, [_duration_s(one) for one in raw])
        for number, one in enumerate(raw, start=1):
            item = yield from _parsed(LoopItem, one, f"{key} {number}")
            if item is not None:
                yield from self._item(f"{key} {number}", item)
        if tree.get("emergency") is not None:
            emergency = yield from _parsed(Emergency, tree["emergency"], "emergency")
            if emergency is not None:
                yield from self._emergency(emergency)

    def _item(self, place: str, item: LoopItem) -> Iterator[Finding]:
        yield from check_item(place, item, self.languages)
        for language, headline in item.headline.items() or [("en", "")]:
            picture = LoopPicture(self.stand_in or item.picture, item.duration_s, headline, language)
            yield from check_poster(f"{place}, headline.{language}" if headline else place, picture, self.composer)

    def _emergency(self, emergency: Emergency) -> Iterator[Finding]:
        yield from check_emergency(emergency, self.languages)
        for language, headline in emergency.headline.items():
            scene = {
                "message_id": "emergency",
                "layout": "emergency",
                "mode": "generic",
                "language": language,
                "headline": headline,
                "body": emergency.body.get(language, ""),
            }
            parsed = yield from _parsed(Scene, scene, "emergency")
            if parsed is not None:
                yield from check_poster(f"emergency, {language}", parsed, self.composer)


_KINDS: Final = "give a scene, a playlist, a catalogue, a store file (JSON), or campaigns (TOML or JSON)"


def _read(path: Path) -> object:
    """Return what a TOML or JSON file holds. Raises OSError or ValueError."""
    with path.open("rb") as file:
        content = file.read(FILE_MAX_BYTES + 1)
    if len(content) > FILE_MAX_BYTES:
        raise ValueError(f"more than {FILE_MAX_BYTES // 1024**2} MiB")
    text = content.decode("utf-8-sig")
    is_json = path.suffix.lower() == ".json" or text.lstrip().startswith(("{", "[{"))
    return json.loads(text) if is_json else tomllib.loads(text)


def _parsed(model: type[Model], tree: object, place: str) -> Generator[Finding, None, Model | None]:
    """Yield what contradicts a contract; the generator returns what fits it, else None."""
    try:
        return model.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        for line in explain(error):
            field, _, problem = line.partition(": ")
            yield Finding(f"{place}, {field}" if place else field, problem or line, "see docs/lint.md")
    return None


def _duration_s(item: object) -> float:
    given = item.get("duration_s", _DURATION_S) if isinstance(item, Mapping) else _DURATION_S
    return float(given) if isinstance(given, (int, float)) and given >= 0 else _DURATION_S
