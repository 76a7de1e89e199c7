"""Decode in a child process of little memory and time.

Picture decoders are C, and a broken or hostile file may make them crash, swell or never end. In a child, each of these
is a refusal with a reason: the screen goes on, and does not meet the same file again after a restart. The child is a
fork, not a new program: it is there within milliseconds, and has every library loaded.
"""

import mmap
import os
import resource
import select
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, cast

from display.errors import PosterError
from display.scenes.decoding import Mode, Pixels

MEMORY_MAX_BYTES = 256 * 1024 * 1024
"""What a child may take beyond what it has from its parent."""

CPU_MAX_S = 8
"""Processor time of one picture. A 4K AVIF takes 0.7 s on a desktop, and a Raspberry Pi several times as long: nothing
waits for it meanwhile."""

WAIT_MAX_S = 16.0
"""Where the machine is too busy to give the child its time."""

_ANSWER_MAX_BYTES = 512


class Apart:
    """One picture that is being decoded in a child. Ask :attr:`finished`, or wait for the file descriptor."""

    def __init__(self, decode: Callable[[], Pixels], size: tuple[int, int], cpu_s: int = CPU_MAX_S) -> None:
        """Begin. ``decode`` returns a picture of at most ``size``, and takes at most ``cpu_s`` of processor time."""
        self._cpu_s = cpu_s
        self._shared = mmap.mmap(-1, size[0] * size[1] * 4)
        self._reader, writer = os.pipe()
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # about threads, see _child
            self._child = os.fork()
        if self._child == 0:
            _child(decode, self._shared, writer, cpu_s)
        os.close(writer)

    def fileno(self) -> int:
        """Becomes readable when it has finished."""
        return self._reader

    @property
    def finished(self) -> bool:
        """Whether :meth:`result` has something to say."""
        return bool(select.select([self._reader], [], [], 0)[0])

    def result(self) -> Pixels:
        """Return the picture, and end the child. Raises PosterError, the child's own or one that says its fate."""
        answer = os.read(self._reader, _ANSWER_MAX_BYTES) if self.finished else b"late"
        try:
            word, *rest = answer.decode(errors="replace").split(" ", 3)
            if word == "ok":
                mode, width, height = rest
                length = int(width) * int(height) * len(mode)
                return Pixels(cast(Mode, mode), (int(width), int(height)), self._shared[:length])
        finally:
            status = self.close()
        raise PosterError(" ".join(rest) if word == "refused" else _fate(word, status, self._cpu_s))

    def close(self) -> int:
        """End the child, which has answered or never will; return its status."""
        os.close(self._reader)
        os.kill(self._child, signal.SIGKILL)
        _, status = os.waitpid(self._child, 0)
        self._shared.close()
        return status


def decode_apart(decode: Callable[[], Pixels], size: tuple[int, int], cpu_s: int = CPU_MAX_S) -> Pixels:
    """Return what ``decode`` returns, at most ``size`` large, from a child process of so much processor time.

    Raises PosterError, the child's own or one that says what became of it.
    """
    child = Apart(decode, size, cpu_s)
    select.select([child], [], [], WAIT_MAX_S)
    return child.result()


def _child(decode: Callable[[], Pixels], shared: mmap.mmap, writer: int, cpu_s: int) -> NoReturn:
    """Decode, answer, and end without cleaning up: everything open belongs to the parent.

    A fork of a process with threads is safe for what is done here: the C library and Python mend their own locks.
    """
    try:
        confine(cpu_s)
        os.write(writer, _answer(decode, shared).encode()[:_ANSWER_MAX_BYTES])
    finally:
        os._exit(0)


def confine(cpu_s: int) -> None:
    """In a child: take the parent's signals off, bound memory and processor time, and be the first to go."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    held_bytes = int(Path("/proc/self/statm").read_text().split()[5]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (held_bytes + MEMORY_MAX_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))  # SIGXCPU says why; nothing catches it
    with suppress(OSError):  # a container may forbid it
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory is short, the screen stays


def _answer(decode: Callable[[], Pixels], shared: mmap.mmap) -> str:
    try:
        pixels = decode()
        shared[: len(pixels.rows)] = pixels.rows
    except PosterError as error:
        return f"refused {error}"
    except MemoryError:
        return "memory"
    return f"ok {pixels.mode} {pixels.size[0]} {pixels.size[1]}"


def _fate(word: str, status: int, cpu_s: int) -> str:
    if word == "memory":
        return f"takes more than {MEMORY_MAX_BYTES // 2**20} MiB to decode"
    if word == "late" or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return f"takes more than {cpu_s} s to decode"
    return "its decoder ended without a picture"
