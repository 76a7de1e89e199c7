"""What ``edge-agent doctor`` finds: what is wrong with a unit, and what to do.

No customer, no token and no key is in it.
"""

from typing import Annotated, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, Identifier, ShortText, UtcTime

FINDINGS_MAX = 36
"""So many fit into one message, whatever they say; the worst are kept."""

Severity = Literal["fault", "warning", "note", "ok"]
"""``fault``: the unit does not do its work. ``warning``: it will not, or not all of it, unless somebody does something.
``note``: worth knowing. The worst first."""

SEVERITIES: tuple[Severity, ...] = ("fault", "warning", "note", "ok")
"""The worst first."""


class Finding(Contract):
    """One thing that was looked at."""

    severity: Severity
    """How bad it is."""
    about: Identifier
    """What was looked at, in one word: ``screen``, ``disk``."""
    what: ShortText
    """How it is, in a sentence."""
    todo: ShortText = ""
    """What to do about it; empty where nothing is to be done."""


class Examination(Contract):
    """How a unit is, as its agent knows it."""

    type: Literal["examination"] = "examination"
    """Discriminator."""
    at: UtcTime
    """When."""
    unit: Identifier
    """The unit."""
    store: Identifier
    """Its store."""
    zone: ShortText
    """The area that it serves."""
    timezone: ShortText
    """The store's time zone, IANA name."""
    version: ShortText
    """Version of the agent."""
    findings: Annotated[tuple[Finding, ...], Field(max_length=FINDINGS_MAX)]
    """The worst first."""
    left_out: Annotated[int, Field(ge=0)] = 0
    """Findings for which there was no room."""
