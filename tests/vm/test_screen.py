"""The display without a desktop, by KMSDRM, as systemd runs it: what the graphics card really sends to the screen."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image, ImageStat

from tests.vm.guest.machine import SCREEN_PX, Guest

CONFIG = "/etc/edge-agent/screen.toml"
NO_CONTENT = "/var/lib/edge-screen"
"""No such folder: the brand's name stands still on the screen, whatever loop the hub has sent to the unit."""
NO_AGENT = "/run/edge-screen.sock"
DROP_IN = "/run/systemd/system/edge-display.service.d/screen.conf"
SOCKET = "/sys/class/drm/card0-Virtual-1/status"
JOURNAL = (
    "journalctl --no-pager --output cat"
    " _SYSTEMD_INVOCATION_ID=$(systemctl show --property InvocationID --value edge-display)"
)
START_S = 300
"""Emulated, Python and a software GPU take their time."""


def seen(guest: Guest) -> Image.Image:
    with Image.open(io.BytesIO(guest.screenshot())) as picture:
        return picture.convert("RGB")


def lit(picture: Image.Image) -> bool:
    """Whether there is more on the screen than one colour."""
    return max(ImageStat.Stat(picture).stddev) > 5


def wait_for_screen(guest: Guest, *, on: bool) -> Image.Image:
    """Return what is on the screen, lit or not, as soon as it has come to rest."""
    end = time.monotonic() + START_S
    picture, last = seen(guest), None
    while lit(picture) is not on or picture != last:
        assert time.monotonic() < end, guest.run(f"{JOURNAL} --lines 30")
        time.sleep(0.5)
        picture, last = seen(guest), picture
    return picture


@contextmanager
def display(guest: Guest, settings: str = "") -> Iterator[None]:
    """The unit's display with a screen. The rest of the unit has no part in it. It is left as it was found."""
    found = guest.run("systemctl is-active edge-display", check=False).strip()
    guest.run(
        f"""cat > {CONFIG} <<'X'
store = "store-1"
unit = "unit-1"
zone = "Door"
folder = "{NO_CONTENT}"
[display]
brand = "Corner Shop"
{settings}
[screen]
socket = "{NO_AGENT}"
X
mkdir -p $(dirname {DROP_IN})
cat > {DROP_IN} <<'X'
[Service]
TimeoutStartSec={START_S}
WatchdogSec={START_S}
ExecStart=
ExecStart=/opt/edge-agent/venv/bin/edge-display run --config {CONFIG}
X
systemctl daemon-reload && systemctl restart edge-display""",
        timeout_s=START_S,
    )
    try:
        yield
    finally:
        guest.run("systemctl stop edge-display")
        guest.run(f"rm -f {DROP_IN} {CONFIG}; systemctl daemon-reload; systemctl reset-failed")
        if found == "active":
            guest.run("systemctl start edge-display")


def wait_for(guest: Guest, script: str) -> None:
    guest.wait_for(script, timeout_s=START_S)


def main_pid(guest: Guest) -> str:
    return guest.run("systemctl show --property MainPID --value edge-display").strip()


def test_the_shop_is_on_the_screen_and_comes_back_when_it_was_unplugged(guest: Guest) -> None:
    with display(guest):
        picture = wait_for_screen(guest, on=True)
        log = guest.run(f"{JOURNAL} --lines 50")
        assert f"screen of {SCREEN_PX[0]}x{SCREEN_PX[1]} through KMSDRM" in log
        assert "no Pango" not in log
        process = main_pid(guest)
        assert picture.size == SCREEN_PX
        guest.run(f"echo off > {SOCKET}")
        wait_for(guest, f"{JOURNAL} | grep 'the screen is absent'")
        guest.run(f"echo detect > {SOCKET}")
        wait_for(guest, f"test $({JOURNAL} | grep --count 'the screen is on') = 2")
        assert wait_for_screen(guest, on=True) == picture
        assert main_pid(guest) == process


def test_a_television_that_is_off_when_the_unit_starts(guest: Guest) -> None:
    guest.run(f"echo off > {SOCKET}")
    with display(guest):
        wait_for(guest, f"{JOURNAL} | grep 'no screen by way of kmsdrm'")
        assert guest.run("systemctl is-active edge-display").strip() == "active"
        guest.run(f"echo detect > {SOCKET}")
        wait_for(guest, f"{JOURNAL} | grep 'the screen is on'")
        wait_for_screen(guest, on=True)


@pytest.fixture
def television(guest: Guest) -> Iterator[str]:
    """A television at the other end of a CEC line; yields the file in which it writes down what it hears."""
    connect = "v4l2-ctl --device /dev/video0 --set-ctrl hdmi_000_0_is_connected_to=2"
    guest.run(f"modprobe vivid && udevadm settle && {connect} && cec-ctl --device /dev/cec0 --tv")
    guest.run("chmod 600 /dev/cec0")  # the television's own end: the display must not take it for one of ours
    listen = "exec cec-ctl --device /dev/cec0 --monitor > /run/cec"
    guest.run(f"systemd-run --quiet --collect --unit=television sh -c '{listen}'")
    yield "/run/cec"
    guest.run("systemctl stop television; modprobe --remove vivid", check=False)


def test_outside_its_hours_the_television_is_sent_to_sleep(guest: Guest, television: str) -> None:
    today = guest.run("LC_ALL=C date --utc +%a").strip().lower()
    days = [day for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") if day != today]
    later = f'hours = [{{days = ["{days[3]}"], begins = "12:00", ends = "12:01"}}]\ncec = true'
    with display(guest, later):
        wait_for(guest, f"{JOURNAL} | grep 'the television was switched off'")
        wait_for(guest, f"grep STANDBY {television}")
        wait_for_screen(guest, on=False)
        assert "the screen is off" in guest.run(JOURNAL)
    with display(guest, "cec = true"):
        wait_for(guest, f"{JOURNAL} | grep 'the television was switched on'")
        wait_for(guest, f"grep IMAGE_VIEW_ON {television} && grep ACTIVE_SOURCE {television}")
        wait_for_screen(guest, on=True)
