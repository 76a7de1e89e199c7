"""The hub's HTTP interface as a table: the hub serves it, units and apps call it, OpenAPI is made of it.

What the platform calls is in :mod:`edge_agent.contracts.platform_api`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edge_agent.contracts.base import Contract
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue, CatalogueChanges
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import EventBatch, EventReceipts
from edge_agent.contracts.presence import AppReports, PauseRequest, PresenceReport
from edge_agent.contracts.slice import SlicePage
from edge_agent.contracts.unit import EnrolRequest, EnrolResponse, SliceKey

Caller = Literal["unit", "app", "platform", "anyone"]
"""``unit``: signs with its key. ``app``: a customer's, with a code over the body, see
:mod:`edge_agent.contracts.presence`. ``platform``: shows its bearer token. ``anyone``: enrolment and what it needs."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the hub."""

    name: str
    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    """With ``{store}``, ``{unit}``, ``{customer}`` and ``{sha256}`` as path parameters."""
    summary: str
    caller: Caller = "unit"
    """Who asks, and how he shows it."""
    request: type[Contract] | type[CampaignFile] | None = None
    upload: bool = False
    """The body is the bytes of one file."""
    response: type[Contract] | type[CampaignFile] | type[AgentConfig] | None = None
    media_type: str = "application/json"
    """Of the answer."""
    query: tuple[str, ...] = ()
    conditional: bool = False
    """Has an ETag: a request with ``If-None-Match`` may be answered 304."""
    status: Literal[200, 204] = 200
    """Status of success; 204 has no body."""
    pending: str = ""
    """What 202 means, where it is a success as well, with the same body."""
    problems: Mapping[int, str] = field(default_factory=dict)
    """What errors mean that are this operation's own."""


ENROL = Endpoint(
    "enrol",
    "POST",
    "/v1/enrol",
    "Buy an identity with a one-time claim code.",
    request=EnrolRequest,
    response=EnrolResponse,
    caller="anyone",
)
AUTHORITY = Endpoint(
    "authority",
    "GET",
    "/v1/authority",
    "Certificate of the hub's authority; a unit checks it against the fingerprint of its claim file.",
    media_type="application/x-pem-file",
    caller="anyone",
)
CONFIG = Endpoint(
    "config",
    "GET",
    "/v1/stores/{store}/units/{unit}/config",
    "The unit's configuration.",
    response=AgentConfig,
    conditional=True,
)
SLICE_KEY = Endpoint(
    "slice_key",
    "GET",
    "/v1/stores/{store}/units/{unit}/slice-key",
    "The key that seals the unit's slice, where it is not kept on the unit; made when it is asked for first.",
    response=SliceKey,
)
SLICE = Endpoint(
    "slice",
    "GET",
    "/v1/stores/{store}/slice",
    "Changes of the slice after a cursor; without one, a whole snapshot.",
    response=SlicePage,
    query=("cursor",),
    problems={410: "The cursor is too old: start again without one."},
)
CATALOGUE = Endpoint(
    "catalogue",
    "GET",
    "/v1/stores/{store}/catalogue",
    "Products, prices, places, stock, pictures.",
    response=Catalogue,
    conditional=True,
)
CATALOGUE_CHANGES = Endpoint(
    "catalogue_changes",
    "GET",
    "/v1/stores/{store}/catalogue/changes",
    "What has changed of the catalogue since the version that If-None-Match names.",
    response=CatalogueChanges,
    conditional=True,
    problems={410: "That version is forgotten, or none was named: take the whole catalogue."},
)
CAMPAIGNS = Endpoint(
    "campaigns",
    "GET",
    "/v1/stores/{store}/campaigns",
    "What could be said.",
    response=CampaignFile,
    conditional=True,
)
CONTENT = Endpoint(
    "content",
    "GET",
    "/v1/stores/{store}/content/{sha256}",
    "One file of the catalogue's content.",
    media_type="application/octet-stream",
)
NUDGES = Endpoint(
    "nudges",
    "GET",
    "/v1/stores/{store}/nudges",
    'Server-sent events, "pull" or "presence": each says what to ask for now; a missed one costs nothing.',
    media_type="text/event-stream",
)
EVENTS = Endpoint(
    "events",
    "POST",
    "/v1/events",
    "Deliver events; each is answered for itself, and counts once.",
    request=EventBatch,
    response=EventReceipts,
)
PRESENCE = Endpoint(
    "presence",
    "GET",
    "/v1/stores/{store}/units/{unit}/presence",
    "Whose apps have heard the unit's beacon within the last minute.",
    response=AppReports,
)
REPORT = Endpoint(
    "report",
    "POST",
    "/v1/presence",
    "Tell that an app hears a unit's beacon. Answered alike, whether it counts or not.",
    request=PresenceReport,
    caller="app",
    status=204,
)
PAUSE = Endpoint(
    "pause",
    "POST",
    "/v1/pause",
    "Pause for today in every store. Answered alike, whether it counts or not.",
    request=PauseRequest,
    caller="app",
    status=204,
)

ENDPOINTS = (
    AUTHORITY,
    ENROL,
    CONFIG,
    SLICE_KEY,
    SLICE,
    CATALOGUE,
    CATALOGUE_CHANGES,
    CAMPAIGNS,
    CONTENT,
    NUDGES,
    EVENTS,
    PRESENCE,
)
"""What units call."""

APP_ENDPOINTS = (REPORT, PAUSE)
"""What customers' apps call."""
