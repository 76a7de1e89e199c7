"""An X server without a screen, for what needs a window."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class XServer:
    """A running one."""

    process: subprocess.Popen[bytes]
    display: str
    """What ``DISPLAY`` must say."""

    def hang(self) -> None:
        """Let it answer nobody."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def x_server(size: str = "640x360") -> Iterator[XServer]:
    """Run an Xvfb with one screen of ``size``."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("no Xvfb: apt install xvfb")
    reader, writer = os.pipe()
    command = [program, "-displayfd", str(writer), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        number = os.read(reader, 16).decode().strip()  # once it accepts clients; nothing, where it could not start
        assert number, "Xvfb did not start"
        yield XServer(process, f":{number}")
    finally:
        os.close(reader)
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(10)
