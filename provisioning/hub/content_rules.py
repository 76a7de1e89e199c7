"""What a catalogue may say of its files and of the loop. Pure: the files themselves are judged elsewhere."""

from collections.abc import Iterator
from datetime import datetime

from edge_agent.contracts.catalogue import Catalogue


def problems(catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong, each with its field: what would never reach a screen, or could not be told apart there."""
    classes: dict[str, str] = {}
    for number, file in enumerate(catalogue.content):
        where = f"content.{number}"
        if file.sha256 in classes:
            yield f"{where}.sha256: listed twice"
        classes[file.sha256] = file.content_class
        yield from _dates(where, file.valid_from, file.valid_until)
    names: dict[str, str] = {}
    for number, item in enumerate(catalogue.loop):
        where = f"loop.{number}"
        if classes.get(item.picture, "public") != "public":
            yield f"{where}.picture: its file is {classes[item.picture]}, and a screen is public; set its content_class"
        if item.item is not None and names.setdefault(item.item, item.picture) != item.picture:
            yield f"{where}.item: {item.item} is another picture's name too; proofs of play could not tell them apart"
        yield from _dates(where, item.valid_from, item.valid_until)


def _dates(where: str, valid_from: datetime | None, valid_until: datetime | None) -> Iterator[str]:
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        yield f"{where}.valid_until: is not later than valid_from; it would never be shown"
