"""Switches a television by HDMI-CEC, through the system's ``cec-ctl`` (Debian: v4l-utils).

One command at a time, and none is waited for: a bus that hangs costs no frame. What a television does with a command is
its own affair; the picture is black meanwhile anyway.
"""

import logging
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

COMMAND_S = 10.0
"""A command that takes longer is ended. The slowest, claiming an address on the bus, takes up to 3 s."""

RETRY_S = 30.0
TRIES = 5
"""A wish that fails is tried so often; televisions that have just got power hear nothing for a while."""

_TELEVISION = "0"  # its address on every CEC bus
_PHYSICAL_ADDRESS = re.compile(rb"Physical Address\s*: ([0-9a-f](?:\.[0-9a-f]){3})")
_NO_OUTPUT = (b"f.f.f.f", b"0.0.0.0")  # nothing is plugged in; a television's own socket
_NOT_SENT = (b"Not Acknowledged", b"Aborted", b"Error")  # the status of cec-ctl says nothing of it
_OUTPUT_BYTES = 1 << 16


def cec_devices(folder: Path = Path("/dev")) -> Sequence[Path]:
    """Return the CEC devices of this machine."""
    return sorted(folder.glob("cec[0-9]*"))


class Television:
    """The television at the other end of the HDMI line."""

    def __init__(self, program: str = "cec-ctl", devices: Callable[[], Sequence[Path]] = cec_devices) -> None:
        self._program = program
        self._devices = devices
        self._wanted: bool | None = None
        self._doing: bool | None = None  # the wish that the commands are for
        self._commands: list[list[str]] = []
        self._failures: list[str] = []
        self._succeeded = False
        self._tries = 0
        self._retry_at_s = float("inf")
        self._running: subprocess.Popen[bytes] | None = None
        self._until_s = 0.0

    def want(self, on: bool, now_s: float) -> None:
        """Have it switched on or off, if that is not what was wanted before."""
        if on != self._wanted:
            self._wanted = on
            self._tries, self._retry_at_s = 0, now_s
            self._commands.clear()

    def turn(self, now_s: float) -> None:
        """Start what is due, and look after what runs. Returns at once."""
        if self._running is not None:
            self._look_after(self._running, now_s)
        if self._running is None and not self._commands and now_s >= self._retry_at_s:
            self._begin(now_s)
        while self._running is None and self._commands:
            self._start(self._commands.pop(0), now_s)

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return self._running is not None

    def close(self) -> None:
        """End the command that runs."""
        if self._running is not None:
            self._end(self._running)

    def _begin(self, now_s: float) -> None:
        self._tries += 1
        self._retry_at_s = now_s + RETRY_S if self._tries < TRIES else float("inf")
        self._doing, self._failures, self._succeeded = self._wanted, [], False
        devices = self._devices()
        if not devices:
            self._failures.append("this machine has no /dev/cec*")
        order = "--image-view-on" if self._doing else "--standby"
        self._commands = [[f"--device={device}", "--playback", f"--to={_TELEVISION}", order] for device in devices]
        if not devices:
            self._conclude()

    def _start(self, words: list[str], now_s: float) -> None:
        try:
            self._running = subprocess.Popen(  # noqa: S603
                [self._program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except OSError as error:
            self._failures.append(f"{self._program}: {error.strerror} (Debian: apt install v4l-utils)")
            self._conclude()
        else:
            self._until_s = now_s + COMMAND_S

    def _look_after(self, process: subprocess.Popen[bytes], now_s: float) -> None:
        status = process.poll()
        if status is None:
            if now_s < self._until_s:
                return
            self._end(process)
            self._failures.append(f"cec-ctl did not answer for {COMMAND_S:.0f} s")
            self._conclude()
            return
        assert process.stdout is not None
        output = process.stdout.read(_OUTPUT_BYTES)
        self._end(process)
        if self._doing != self._wanted:  # its success would be that of a wish of yesterday
            return
        address = _PHYSICAL_ADDRESS.search(output)
        words = process.args
        assert isinstance(words, list)
        if address is None or address[1] in _NO_OUTPUT:
            self._failures.append(f"{words[1]}: no television on this line")
        elif status != 0 or any(word in output for word in _NOT_SENT):
            self._failures.append(f"{words[1]}: the television does not answer")
        elif words[-1] == "--image-view-on":  # it is on: now our input
            self._commands.insert(0, [*words[1:-1], f"--active-source=phys-addr={address[1].decode()}"])
            return
        else:
            self._succeeded, self._retry_at_s = True, float("inf")
        self._conclude()

    def _conclude(self) -> None:
        """Say how a wish went, once its last command has ended."""
        if self._commands or self._doing != self._wanted:
            return
        if self._succeeded:
            log.info("the television was switched %s", "on" if self._doing else "off")
        elif self._tries in (1, TRIES):
            log.warning("the television could not be switched by CEC: %s", "; ".join(self._failures))

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._running = None
