"""The demo's processes: started by their console scripts, watched, and ended together."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from edge_agent.errors import EdgeError

SCRIPTS: Final = Path(sys.prefix) / "bin"
STOP_S: Final = 8.0
_TAIL_LINES: Final = 8


class ProcessError(EdgeError):
    """A process of the demo ended, or did not do what it should."""


class Processes:
    """Every process of the demo. Leaving the context ends them, the last one first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, asyncio.subprocess.Process]] = []

    async def __aenter__(self) -> "Processes":
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for name, _process in reversed(self._running.copy()):
            await self.stop(name)

    async def start(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start a process that keeps running; its output goes to its log."""
        with (self._logs / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(env or {})},
                start_new_session=True,  # Ctrl-C is for us; we end the others in order
            )
        self._running.append((name, process))

    async def call(self, *command: str) -> None:
        """Run a command to its end. Raises ProcessError with what it said."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise ProcessError(f"{' '.join(command[:2])} failed: {output.decode(errors='replace').strip()}")

    async def stop(self, name: str) -> None:
        """End a process; kill it where it does not end by itself."""
        process = next(process for known, process in self._running if known == name)
        self._running = [entry for entry in self._running if entry[0] != name]
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    async def watch(self) -> None:
        """Wait until one of them ends by itself; raise ProcessError that says which, and the end of its log."""
        waits = {asyncio.create_task(process.wait()): name for name, process in self._running}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        name = waits[done.pop()]
        raise ProcessError(f"{name} has ended:\n{self.tail(name)}")

    def tail(self, name: str) -> str:
        """Return the end of a log."""
        lines = (self._logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])
