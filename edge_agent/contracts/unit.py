"""A unit's identity and state: enrolment at the hub, presence on the store's broker."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, SecretStr

from edge_agent.contracts.base import Contract, Identifier, ShortText, UtcTime

PartState = Literal["running", "waiting", "off"]
"""``waiting``: absent at the moment, and tried again."""


class EnrolRequest(Contract):
    """Unit -> hub, ``POST /v1/enrol``: a one-time claim code buys an identity."""

    claim_code: SecretStr
    """The code that ``edge-fleet`` printed. At least 128 bits; expires; works once."""
    csr_pem: Annotated[str, Field(max_length=8192)]
    """Certificate signing request for the unit's own key, which never leaves the unit."""


class EnrolResponse(Contract):
    """Hub -> unit: who it is."""

    unit: Identifier
    """The unit's name."""
    store: Identifier
    """The store that it belongs to."""
    certificate_pem: str
    """The unit's certificate."""
    ca_pem: str
    """Certificates of the hub's authority."""
    config: dict[str, JsonValue]
    """The unit's configuration, the tree of :class:`edge_agent.contracts.config.AgentConfig`."""


class SliceKey(Contract):
    """Hub -> unit: the key that seals its slice. In memory only, on a unit that is unlocked by the hub."""

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    """32 random bytes, hexadecimal. Never logged."""


class UnitPresence(Contract):
    """Unit -> store, retained; the unit's last will says ``online: false``."""

    unit: Identifier
    """Which unit."""
    online: bool
    """Whether it is connected."""
    zone: ShortText = ""
    """The area that it serves."""
    version: str = ""
    """Version of the agent."""


class PartReport(Contract):
    """State of one part of the agent."""

    part: Identifier
    """Which part: radio, screen, bus, pull, push, web."""
    state: PartState
    """How it is."""
    problem: ShortText = ""
    """What is wrong, and what to do."""
    since: UtcTime
    """Since when."""


class Problem(Contract):
    """Every error answer of the hub (RFC 9457)."""

    type: str = "about:blank"
    """Kind of problem."""
    title: str
    """What went wrong, in a sentence."""
    status: int
    """The HTTP status."""
    detail: str = ""
    """Which field, and what to do."""
