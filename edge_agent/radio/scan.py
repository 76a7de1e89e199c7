"""The seam between a scan on one adapter and the listener that watches it.

A scan knows one way to hear and says what is wrong with it; it judges no silence and repairs nothing.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from edge_agent.errors import RadioError
from edge_agent.events import Advertisement

ScanKind = Literal["active", "passive", "raw"]
"""``raw``: through the kernel's management socket."""

Hear = Callable[[Advertisement], None]
"""Takes what a scan hears, one advertisement at a time, in the event loop; quick, never raises."""


class Scan(Protocol):
    """One scan on one adapter: started once, watched, stopped once. The next scan is a new object."""

    @property
    def kind(self) -> ScanKind:
        """How it scans."""
        ...

    @property
    def adapter(self) -> str:
        """``hci0``; empty until an adapter was found."""
        ...

    @property
    def discovering(self) -> bool:
        """Whether the stack says that it scans; short pauses are normal, the kernel restarts discovery."""
        ...

    @property
    def problem(self) -> RadioError | None:
        """Why this scan will hear nothing any more, and what to do; the first reason stays."""
        ...

    async def start(self) -> None:
        """Find the adapter and scan; what is heard goes to the callback that the scan was built with.

        Takes a bounded time. Raises RadioError with what to do; :meth:`stop` is called after that, too.
        """
        ...

    async def wait(self, timeout_s: float) -> None:
        """Return when there is a problem, at the latest after so long."""
        ...

    async def stop(self) -> None:
        """End the scan as well as may be: what it ran on is often gone. Takes a bounded time and never raises."""
        ...


NewScan = Callable[[Hear], Scan]
"""Builds a scan that has not started."""
