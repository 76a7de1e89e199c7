"""Films: decoded in a child, at their own pace, or left out with a reason."""

import hashlib
import select
import subprocess
import sys
import time
from pathlib import Path

import pygame
import pytest

from display.errors import PosterError
from display.scenes import films
from display.scenes.player import Player
from edge_agent.contracts.catalogue import ContentItem
from tests.display.film import make_film

SCREEN = (480, 270)


def listed(folder: Path, content: bytes) -> ContentItem:
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    return ContentItem(sha256=digest, size_bytes=len(content), media_type="video/mp4", content_class="public")


def play(player: Player) -> list[pygame.Surface]:
    """Return the pictures that were due, until the film has ended."""
    seen: list[pygame.Surface] = []
    deadline_s = time.monotonic() + 30
    while not player.ended:
        assert time.monotonic() < deadline_s
        picture = player.due(time.monotonic())
        if picture is not None:
            seen.append(picture)
        pause_s = player.next_deadline() - time.monotonic()
        select.select([player], [], [], max(0.0, min(pause_s, 0.05)))
    player.close()
    return seen


@pytest.mark.parametrize(
    ("screen", "size"), [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), (SCREEN, SCREEN)]
)
def test_a_film_is_decoded_no_larger_than_720_lines(screen: tuple[int, int], size: tuple[int, int]) -> None:
    assert films.film_size(screen) == size


def test_a_film_plays_from_its_first_picture_to_its_last(tmp_path: Path) -> None:
    content = make_film(tmp_path, pictures=15, size=(160, 90))
    began_s = time.monotonic()
    seen = play(player := Player(tmp_path, listed(tmp_path, content), SCREEN, began_s))
    assert player.problem == ""
    assert time.monotonic() - began_s >= 14 / 30
    assert seen[0].get_size() == SCREEN
    assert seen[0].get_at((240, 135))[0] < 60 < 150 < seen[-1].get_at((240, 135))[0]  # it grows red


def test_who_looks_too_late_sees_the_present_picture_and_no_earlier_one(tmp_path: Path) -> None:
    player = Player(tmp_path, listed(tmp_path, make_film(tmp_path, pictures=3)), SCREEN, 0.0)
    while player.due(100.0) is None:
        select.select([player], [], [], 30)
    seen = 0
    while not player.ended:
        seen += player.due(200.0) is not None
        select.select([player], [], [], 0.05)
    assert seen <= 2
    player.close()


@pytest.mark.parametrize("harm", ["cut", "garbage", "other"])
def test_a_broken_film_ends_with_a_problem(tmp_path: Path, harm: str) -> None:
    content = make_film(tmp_path)
    file = listed(tmp_path, content[: len(content) // 2] if harm == "cut" else b"\0\0\0\x18ftypisom" + bytes(4000))
    if harm == "other":
        (tmp_path / file.sha256).write_bytes(content)
    player = Player(tmp_path, file, SCREEN, time.monotonic())
    play(player)
    assert player.problem


def test_a_film_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PosterError, match="1920x1080, more than 1280x720"):
        films.first_picture(make_film(tmp_path, size=(1920, 1080), pictures=1), SCREEN)


def test_a_film_of_another_shape_covers_the_screen(tmp_path: Path) -> None:
    picture = films.first_picture(make_film(tmp_path, size=(90, 160), pictures=1), SCREEN)
    assert (picture.size, len(picture.rows)) == (SCREEN, 4 * SCREEN[0] * SCREEN[1])


PARENT = """
import os, sys, time
from pathlib import Path
from display.scenes.player import Player
from edge_agent.contracts.catalogue import ContentItem

player = Player(Path(sys.argv[1]), ContentItem.model_validate_json(sys.argv[2]), (480, 270), time.monotonic())
while not player.ended if sys.argv[3] == "at its end" else player.due(time.monotonic()) is None:
    player.due(time.monotonic())
    time.sleep(0.01)
print(Path(f"/proc/self/task/{os.getpid()}/children").read_text(), flush=True)
os._exit(1)
"""


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("when", ["at its end", "in its midst"])
def test_a_display_that_crashed_leaves_no_child(tmp_path: Path, when: str) -> None:
    """It would hold the agent's socket for ever, and the next display would be refused."""
    file = listed(tmp_path, make_film(tmp_path, pictures=30))
    command = [sys.executable, "-c", PARENT, str(tmp_path), file.model_dump_json(), when]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    deadline_s = time.monotonic() + 30
    while lives(int(ran.stdout.split()[-1])):
        assert time.monotonic() < deadline_s, "it lives on"
        time.sleep(0.05)


def test_a_player_that_is_closed_leaves_no_child(tmp_path: Path) -> None:
    player = Player(tmp_path, listed(tmp_path, make_film(tmp_path, pictures=300)), SCREEN, time.monotonic())
    while player.due(time.monotonic()) is None:
        select.select([player], [], [], 30)
    player.close()
    with pytest.raises(OSError):
        select.select([player], [], [], 0)
