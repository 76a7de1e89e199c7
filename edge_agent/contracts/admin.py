"""What the running agent tells the local commands (``watch``, ``calibrate``) over its admin socket."""

from typing import Literal

from edge_agent.contracts.base import Contract, Seconds, ShortText

LadderStep = Literal["listening", "restart_scan", "power_cycle", "reset_service", "waiting"]
"""Where an adapter is on its way back: well, or the deepest step that was taken last. ``waiting``: all steps were
tried, it is reported, and time has to pass."""


class AdapterStatus(Contract):
    """How one adapter hears."""

    adapter: ShortText
    """``hci0``; empty while none is found."""
    scan: Literal["active", "passive", "raw"]
    """How it scans; ``raw``: through the kernel's management socket."""
    healthy: bool
    """Whether it can be relied on; while not, nobody is taken for gone."""
    heard_per_s: float
    """Advertisements per second, of the last ten seconds; of everybody, which is all that is said of strangers."""
    usual_per_s: float | None
    """What is usual in this shop at this hour; ``None`` until it is known."""
    silence_s: Seconds
    """Seconds since the last advertisement."""
    step: LadderStep
    """Where it is on the recovery ladder."""
    problem: ShortText = ""
    """What is wrong, and what to do."""
