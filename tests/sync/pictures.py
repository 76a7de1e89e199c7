"""Files of a screen, and how they get into a hub."""

import hashlib
import io

from PIL import Image

from edge_agent.contracts.catalogue import Catalogue
from tests.provisioning.hubs import STORE, RunningHub


def png(colour: int, side_px: int = 8) -> bytes:
    """Return a real picture."""
    file = io.BytesIO()
    Image.new("RGB", (side_px, side_px), (colour, 128, 255 - colour)).save(file, "PNG")
    return file.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


PICTURE, OTHER = png(10), png(200)
LARGE = PICTURE + bytes(range(256)) * 8192
FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(5000)


def item(content: bytes, media_type: str = "image/png", **fields: object) -> dict[str, object]:
    kind = {"media_type": media_type, "content_class": "public"}
    return {"sha256": sha256(content), "size_bytes": len(content), **kind, **fields}


def catalogue(*contents: bytes, **fields: object) -> Catalogue:
    """A store whose loop shows these pictures."""
    tree = {
        "content": [item(content) for content in contents],
        "loop": [{"picture": sha256(content)} for content in contents],
        **fields,
    }
    return Catalogue.model_validate({"store": STORE, "currency": "EUR", "products": (), **tree})


async def put_files(served: RunningHub, *contents: bytes) -> None:
    async with served.platform() as platform:
        for content in contents:
            answer = await platform.put(f"/content/{sha256(content)}", content=content)
            assert answer.status_code == 204, answer.text


async def put_loop(served: RunningHub, *contents: bytes, **fields: object) -> None:
    """Give the hub files and a catalogue that lists them."""
    await put_files(served, *contents)
    served.hub.content.put_catalogue(STORE, catalogue(*contents, **fields))
