"""The example scenes that ship, as data: every layout in many languages, with their pictures."""

import hashlib
import shutil
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, get_args

from edge_agent.contracts.screen import Badge, BadgeColour, BadgeShape, Layout, Scene

_FOLDER = Path(__file__).parent.parent / "samples"


@cache
def _tree() -> dict[str, dict[str, Any]]:
    return tomllib.loads((_FOLDER / "scenes.toml").read_text(encoding="utf-8"))


def languages() -> tuple[str, ...]:
    """Return the languages that there are examples in."""
    return tuple(name for name in _tree() if name != "common")


def copy_pictures(folder: Path) -> None:
    """Put the pictures of the examples into a content folder, named by their digests."""
    for picture in _FOLDER.glob("*.svg"):
        shutil.copyfile(picture, folder / _digest(picture.name))


def sample_scene(layout: Layout, language: str) -> Scene:
    """Return the example of a layout. Raises KeyError for a language that there is none in."""
    common, words = dict(_tree()["common"][layout]), _tree()[language]
    badges = tuple(_badge(name, words["labels"][name]) for name in common.pop("badges", ()))
    if "picture" in common:
        common["picture"] = _digest(common["picture"])
    fields = {"message_id": f"sample-{layout}", "layout": layout, "language": language, "badges": badges}
    return Scene.model_validate(fields | common | words[layout])


def _badge(name: str, label: str) -> Badge:
    colour, _, shape = name.partition("-")
    number = get_args(BadgeColour).index(colour) * len(get_args(BadgeShape)) + get_args(BadgeShape).index(shape)
    return Badge.model_validate({"number": number, "colour": colour, "shape": shape, "label": label})


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()
