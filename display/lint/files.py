"""Read what people and the hub wrote, find out what it is, and check it."""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from display.items import LoopPicture
from display.lint.findings import Finding
from display.lint.pictures import Pictures
from display.lint.posters import check_poster
from display.lint.readable import check_pace
from display.lint.speech import check_campaign, check_emergency, check_item, check_scene, examples
from display.scenes.compose import Composer
from edge_agent.contracts.campaign_problems import name_of, read_campaigns
from edge_agent.contracts.catalogue import Emergency, LoopItem
from edge_agent.contracts.problems import explain
from edge_agent.contracts.screen import Scene
from edge_agent.contracts.written_file import toml_or_json_tree

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
    pictures: Pictures
    """Where what words stand on is found."""

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
            yield from self._scene(tree, path)
        elif isinstance(tree.get("campaigns"), Mapping) or "catalogue" in tree:  # a store file
            if "campaigns" in tree:
                yield from self._campaigns(tree["campaigns"])
            catalogue = tree.get("catalogue") or {}
            if isinstance(catalogue, Mapping):
                yield from self._loop(catalogue, "loop", path)
            else:
                yield Finding("catalogue", "is no table of fields", "write a table with loop and emergency")
        elif "campaigns" in tree:
            yield from self._campaigns(tree)
        elif "items" in tree or "loop" in tree or "emergency" in tree:
            yield from self._loop(tree, "items" if "items" in tree else "loop", path)
        else:
            yield Finding("file", "is nothing that a screen shows", _KINDS)

    def _scene(self, tree: Mapping[str, Any], path: Path) -> Iterator[Finding]:
        scene = yield from _parsed(Scene, tree, "")
        if scene is not None:
            yield from check_scene(scene, self.languages)
            yield from self._drawn("", scene, path)

    def _campaigns(self, tree: object) -> Iterator[Finding]:
        right, mistakes = read_campaigns(tree)
        for line in mistakes:
            field, _, problem = line.partition(": ")
            yield Finding(field, problem or line, "mend it; edge-agent campaigns check tells more")
        for number, campaign in right.items():
            name = name_of({"campaign": campaign.campaign}, number)
            yield from check_campaign(name, campaign, self.languages)
            for field, scene in examples(campaign):
                yield from self._drawn(f"{name}, wording.{field}", scene, Path())

    def _loop(self, tree: Mapping[str, Any], key: str, path: Path) -> Iterator[Finding]:
        raw = tree.get(key, [])
        if not isinstance(raw, list):
            yield Finding(key, "is no list", "write a list of items")
            return
        yield from check_pace(key, [_duration_s(one) for one in raw])
        for number, one in enumerate(raw, start=1):
            yield from self._item(f"{key} {number}", one, path)
        if tree.get("emergency") is not None:
            emergency = yield from _parsed(Emergency, tree["emergency"], "emergency")
            if emergency is not None:
                yield from self._emergency(emergency, path)

    def _item(self, place: str, tree: object, path: Path) -> Iterator[Finding]:
        named = tree.get("picture") if isinstance(tree, Mapping) else None
        if isinstance(tree, Mapping) and isinstance(named, str) and "." in named:  # a store file: names, relative dates
            tree = {**tree, "picture": "0" * 64, "valid_from": None, "valid_until": None}
        item = yield from _parsed(LoopItem, tree, place)
        if item is None:
            return
        yield from check_item(place, item, self.languages)
        for language, headline in item.headline.items() or [("en", "")]:
            picture = LoopPicture(str(named), item.duration_s, headline, language)
            yield from self._drawn(f"{place}, headline.{language}" if headline else place, picture, path)

    def _drawn(self, place: str, item: Scene | LoopPicture, path: Path) -> Iterator[Finding]:
        """Yield what is wrong with how it looks."""
        if item.picture is None:
            yield from check_poster(place, item, self.composer)
            return
        try:
            folder, digest = self.pictures.find(item.picture, path.parent)
        except OSError as error:
            yield Finding(
                f"{place}, picture" if place else "picture", str(error.strerror), "put it there, or name another"
            )
            return
        found = (
            item.model_copy(update={"picture": digest}) if isinstance(item, Scene) else replace(item, picture=digest)
        )
        yield from check_poster(place, found, replace(self.composer, content_folder=folder))

    def _emergency(self, emergency: Emergency, path: Path) -> Iterator[Finding]:
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
                yield from self._drawn(f"emergency, {language}", parsed, path)


_KINDS: Final = "give a scene, a playlist, a catalogue, a store file or campaigns (TOML or JSON)"


def _read(path: Path) -> object:
    """Return what a TOML or JSON file holds. Raises OSError or ValueError."""
    with path.open("rb") as file:
        content = file.read(FILE_MAX_BYTES + 1)
    if len(content) > FILE_MAX_BYTES:
        raise ValueError(f"more than {FILE_MAX_BYTES // 1024**2} MiB")
    return toml_or_json_tree(content, path.suffix)


def _parsed(model: type[Model], tree: object, place: str) -> Generator[Finding, None, Model | None]:
    """Yield what contradicts a contract; the generator returns what fits it, else None."""
    try:
        return model.model_validate_json(json.dumps(tree, default=str))  # of a TOML file: its times
    except ValidationError as error:
        for line in explain(error):
            field, _, problem = line.partition(": ")
            yield Finding(f"{place}, {field}" if place else field, problem or line, "see docs/lint.md")
    return None


def _duration_s(item: object) -> float:
    given = item.get("duration_s", _DURATION_S) if isinstance(item, Mapping) else _DURATION_S
    return float(given) if isinstance(given, (int, float)) and given >= 0 else _DURATION_S
