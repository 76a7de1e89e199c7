"""systemd hears of a display that presents, and of nothing from one whose present call hangs."""

import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.display.units import WAIT_S, Unit, wait_until
from tests.display.xserver import XServer, x_server

pytestmark = pytest.mark.integration

WATCHDOG_S = 2.0
PET = b"WATCHDOG=1"


class Systemd:
    """The end of the notification socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6))}

    def next_pet(self, within_s: float = WAIT_S) -> bool:
        """Whether the display is heard within this time."""
        until_s = time.monotonic() + within_s
        while (rest_s := until_s - time.monotonic()) > 0 and select.select([self._socket], [], [], rest_s)[0]:
            if PET in self._socket.recv(4096):
                return True
        return False

    def forget(self) -> None:
        """Throw away what was said so far."""
        while select.select([self._socket], [], [], 0)[0]:
            self._socket.recv(4096)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    systemd = Systemd(tmp_path / "notify")
    yield systemd
    systemd.close()


@pytest.fixture
def screen() -> Iterator[XServer]:
    with x_server("640x360") as server:
        yield server


@pytest.fixture
def unit_with_screen(tmp_path: Path) -> Iterator[Unit]:
    unit = Unit(tmp_path, "640x360", offscreen=False)
    yield unit
    unit.end()


def test_a_present_call_that_hangs_pets_nobody(unit_with_screen: Unit, screen: XServer, systemd: Systemd) -> None:
    process = unit_with_screen.start(**systemd.environment, DISPLAY=screen.display, SDL_VIDEODRIVER="x11")
    wait_until(lambda: "screen of 640x360" in unit_with_screen.log(), "the screen")
    assert systemd.next_pet()
    assert systemd.next_pet()
    screen.hang()
    time.sleep(WATCHDOG_S)  # the one that was on its way
    systemd.forget()
    assert not systemd.next_pet(within_s=3 * WATCHDOG_S)
    assert process.poll() is None
    screen.go_on()
    assert systemd.next_pet()


def test_a_display_without_a_screen_is_not_dead(unit_with_screen: Unit, systemd: Systemd) -> None:
    """It waits for the television, and says so; killing it would not bring one."""
    unit_with_screen.start(**systemd.environment, DISPLAY=":4711", SDL_VIDEODRIVER="x11")
    for _ in range(3):
        assert systemd.next_pet()
