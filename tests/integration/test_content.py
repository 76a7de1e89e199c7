"""The loop and an emergency on real parts: typed at the hub, told to the display of a shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.contracts.screen import Playlist
from tests.integration.processes import call, until
from tests.integration.screens import Screen
from tests.integration.store import STORE, Store, store_file
from tests.sync.pictures import PICTURE, sha256

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WORDS = ("--headline", "en=Please leave the building", "--body", "en=By the main door", "--until", "+2h")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Store]:
    content = store_file()
    content["catalogue"]["loop"] = [{"picture": "loop.png", "item": "spring", "weight": 2}]
    made = Store(tmp_path, content)
    (tmp_path / "platform" / "loop.png").write_bytes(PICTURE)
    try:
        made.open()
        yield made
    finally:
        made.close()


def playlist(shop: Store) -> Playlist:
    path = shop.unit / "content" / "playlist.json"
    return Playlist.model_validate_json(path.read_bytes()) if path.exists() else Playlist(version="")


def test_an_emergency_is_on_the_screen_within_seconds_and_goes_again(shop: Store) -> None:
    shop.start_agent()
    screen = Screen(shop.socket)
    until(lambda: playlist(shop).items, "the loop")
    assert [(item.picture, item.weight) for item in playlist(shop).items] == [(sha256(PICTURE), 2)]
    shop.agent.wait_for("nudge: running")

    call("edge-fleet", "emergency", STORE, *WORDS, "--config", str(shop.hub.config))
    told = screen.wait_for("content")
    while told["version"] != playlist(shop).version or playlist(shop).emergency is None:
        told = screen.wait_for("content")
    said = playlist(shop).emergency
    assert said is not None
    assert (said.headline, said.body) == ({"en": "Please leave the building"}, {"en": "By the main door"})
    doctor = call("edge-agent", "doctor", "--config", str(shop.config), status=1).stdout
    assert "An emergency is on the screen" in doctor
    assert "1 file for the screen" in doctor

    # The hub is gone, and the agent starts anew: it stays, for as long as it was put.
    shop.hub.stop()
    screen.close()
    shop.agent.kill()
    shop.start_agent()
    screen = Screen(shop.socket)
    assert screen.wait_for("state")["content_version"] == playlist(shop).version
    assert playlist(shop).emergency == said

    shop.hub.start()
    shop.hub.fleet("emergency", STORE, "--end")
    until(lambda: playlist(shop).emergency is None, "the end of the emergency")
    assert screen.wait_for("content")["version"]
    screen.close()
    assert shop.agent.stop() == 0
