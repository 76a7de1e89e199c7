"""The routes that the platform calls (CDP, e-mail, web, call centre), under its bearer token."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, JsonValue

from edge_agent.contracts.base import Contract, CustomerId, Identifier, Sha256, UtcTime
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue, Emergency
from provisioning.hub.auth import is_platform
from provisioning.hub.content import FILE_MAX_BYTES
from provisioning.hub.context import Hub
from provisioning.hub.coupons import Redemption, RedemptionAnswer
from provisioning.hub.erasures import READ_MAX as ERASURES_MAX
from provisioning.hub.erasures import ErasureState
from provisioning.hub.events import READ_MAX
from provisioning.hub.problem import ProblemError
from provisioning.records import CustomerRecord

_DOCUMENT_MAX_BYTES = 64 * 1024 * 1024


class EventLine(Contract):
    """One event with its place in the order of arrival."""

    sequence: int
    """Ask for ``after`` this number to read on."""
    event: dict[str, JsonValue]
    """The CloudEvent."""


class EventLines(Contract):
    """Hub -> platform: events of a store, oldest first."""

    events: Annotated[tuple[EventLine, ...], Field(max_length=READ_MAX)]
    """Empty: there is nothing newer."""


class Summary(Contract):
    """Hub -> platform: how many events of each type a store has delivered."""

    events: dict[str, int]
    """Event type -> count."""


class ErasureLine(Contract):
    """The erasure of one customer on one unit."""

    customer: CustomerId
    """Whose."""
    unit: Identifier
    """Where."""
    asked_at: UtcTime
    """When the store was told to erase her."""
    state: ErasureState
    """``waiting``: for a unit that is offline, or a moment. ``overdue``: the unit is online and should have done it.
    ``late``: more than a day; no lease of hers is in force any more. ``applied``: the unit's slice holds her no more,
    and it has sent no receipt. ``deleted``, ``shredded``: its receipt says so."""


class ErasureLines(Contract):
    """Hub -> platform: what a store's units have not confirmed, or how far the erasure of one customer has come."""

    erasures: Annotated[tuple[ErasureLine, ...], Field(max_length=ERASURES_MAX)]
    """The oldest first. An erasure is forgotten with its tombstone, after 30 days."""


def platform_routes(hub: Hub) -> APIRouter:
    """Return the routes of the platform."""

    def platform_only(request: Request) -> None:
        if not is_platform(request.headers.get("authorization", ""), hub.platform_token):
            raise ProblemError(
                401, "The platform's token is needed.", "Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
            )

    router = APIRouter(prefix="/v1/platform/stores/{store}", dependencies=[Depends(platform_only)])

    @router.put("/customers/{customer}", status_code=204)
    def put_customer(store: Identifier, customer: CustomerId, record: CustomerRecord) -> Response:
        if record.customer != customer:
            raise ProblemError(422, "The profile is of another customer.", f"customer: must be {customer}")
        hub.slices.put(store, [record], hub.now())
        return _done()

    @router.delete("/customers/{customer}", status_code=204)
    def delete_customer(store: Identifier, customer: CustomerId) -> Response:
        if not hub.slices.tombstone(store, customer, hub.now()):
            raise ProblemError(404, "The store holds no such customer.")
        return _done()

    @router.put("/catalogue", status_code=204, max_body_size=_DOCUMENT_MAX_BYTES)
    def put_catalogue(store: Identifier, catalogue: Catalogue) -> Response:
        hub.content.put_catalogue(store, catalogue)
        return _done()

    @router.put("/emergency", status_code=204)
    def put_emergency(store: Identifier, emergency: Emergency) -> Response:
        hub.emergencies.put(store, emergency, hub.now())
        return _done()

    @router.delete("/emergency", status_code=204)
    def end_emergency(store: Identifier) -> Response:
        if not hub.emergencies.end(store):
            raise ProblemError(404, "The store has no emergency.", f"store: {store}")
        return _done()

    @router.put("/campaigns", status_code=204, max_body_size=_DOCUMENT_MAX_BYTES)
    def put_campaigns(store: Identifier, campaigns: CampaignFile) -> Response:
        hub.content.put_campaigns(store, campaigns)
        return _done()

    @router.put("/content/{sha256}", status_code=204, max_body_size=FILE_MAX_BYTES)
    async def put_content(store: Identifier, sha256: Sha256, request: Request) -> Response:
        await hub.content.put_file(store, sha256, request.stream())
        return _done()

    @router.post("/redemptions")
    def redeem(store: Identifier, redemption: Redemption, response: Response) -> RedemptionAnswer:
        answer = hub.coupons.redeem(store, redemption, hub.now())
        if answer.status == "pending":
            response.status_code = 202
        return answer

    @router.get("/erasures")
    def erasures(store: Identifier, customer: CustomerId | None = None) -> ErasureLines:
        found = hub.erasures.unconfirmed(store) if customer is None else hub.erasures.of(store, customer)
        now_s = hub.now().timestamp()
        return ErasureLines(
            erasures=tuple(
                ErasureLine(
                    customer=each.customer,
                    unit=each.unit,
                    asked_at=datetime.fromtimestamp(each.asked_s, UTC),
                    state=each.state(now_s),
                )
                for each in found
            )
        )

    @router.get("/events")
    def events(
        store: Identifier,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=READ_MAX)] = READ_MAX,
    ) -> EventLines:
        lines = hub.events.after(store, after, limit)
        return EventLines(events=tuple(EventLine(sequence=sequence, event=event) for sequence, event in lines))

    @router.get("/summary")
    def summary(store: Identifier) -> Summary:
        return Summary(events=hub.events.summary(store))

    def _done() -> Response:
        hub.fanout.changed()
        return Response(status_code=204)

    return router
