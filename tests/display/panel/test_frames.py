"""The file of the live view: whole pictures, and no harm where it cannot be written."""

import stat
import time
from pathlib import Path

import pygame
import pytest
from PIL import Image

from display.panel.frames import FILE_MODE, LONG_SIDE_PX, PERIOD_S, FrameFile, reduced

WAIT_S = 30


def picture(colour: tuple[int, int, int]) -> pygame.Surface:
    surface = pygame.Surface((320, 180), 0, 32)
    surface.fill(colour)
    return surface


def red_of(path: Path) -> int:
    with Image.open(path) as frame:
        pixel = frame.convert("RGB").getpixel((160, 90))
    assert isinstance(pixel, tuple)
    return int(pixel[0])


def test_a_frame_is_written_soon_and_the_next_one_not_before_its_time(tmp_path: Path) -> None:
    frames = FrameFile(tmp_path / "frame.jpg", live=True)
    assert frames.next_deadline() == float("inf")
    frames.changed()
    assert frames.next_deadline() == 0.0
    frames.write(picture((250, 0, 0)), 100.0)
    assert frames.next_deadline() == float("inf")
    deadline = time.monotonic() + WAIT_S
    while not (tmp_path / "frame.jpg").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    frames.changed()
    assert frames.next_deadline() == 100.0 + PERIOD_S
    assert red_of(tmp_path / "frame.jpg") > 240


def test_a_frame_that_is_asked_for_is_there_at_once_and_stays(tmp_path: Path) -> None:
    frames = FrameFile(tmp_path / "frame.jpg", live=True)
    for number in range(20):
        frames.write(picture((250, 0, 0)), float(number))
        assert frames.write_now(picture((5, 0, 0)))
        assert red_of(tmp_path / "frame.jpg") < 20
    [file] = tmp_path.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("frame.jpg", FILE_MODE)


def test_a_folder_that_is_missing_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frames = FrameFile(tmp_path / "missing" / "frame.jpg", live=False)
    assert not frames.write_now(picture((5, 0, 0)))
    assert not frames.write_now(picture((5, 0, 0)))
    assert len(caplog.records) == 1
    (tmp_path / "missing").mkdir()
    assert frames.write_now(picture((5, 0, 0)))


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (3840, 2160), (480, 270), (200, 8192)])
def test_frames_are_reduced_never_enlarged(size: tuple[int, int]) -> None:
    width, height = reduced(size)
    assert max(width, height) == min(LONG_SIDE_PX, max(size))
    assert width / height == pytest.approx(size[0] / size[1], rel=0.03)
