"""A private system bus with a fake BlueZ on it."""

import gc
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.radio.fake_bluez import FakeBluez
from tests.radio.fake_systemd import FakeSystemd

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class PrivateBus:
    """A dbus-daemon that can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("dbus-daemon")
        if program is None:
            pytest.skip("dbus-daemon is absent: apt-get install dbus")
        self._socket = folder / "bus"
        self.address = f"unix:path={self._socket}"
        config = folder / "bus.conf"
        config.write_text(_BUS.format(socket=self._socket))
        self._command = [program, f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith(b"unix:")

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.communicate()


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    """The system bus, for this test alone."""
    private = PrivateBus(tmp_path)
    private.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", private.address)
    yield private
    private.stop()


@pytest.fixture
async def bluez(bus: PrivateBus) -> AsyncIterator[FakeBluez]:
    """BlueZ with one adapter that is switched on."""
    fake = FakeBluez()
    await fake.start()
    fake.plug()
    yield fake
    await fake.stop()


@pytest.fixture
async def systemd(bus: PrivateBus) -> AsyncIterator[FakeSystemd]:
    """A systemd that starts what it is asked to."""
    fake = FakeSystemd()
    await fake.start()
    yield fake
    await fake.stop()


def pytest_runtest_logfinish() -> None:
    """Collect now what dbus-fast left behind on a dead bus: a failed write that asyncio reports when it is collected.

    Within an import, Python 3.11 takes that report's traceback for a fault of its parser (gh-106905).
    """
    gc.collect()
