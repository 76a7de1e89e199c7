"""The routes that the platform calls, under its bearer token: the table in :mod:`edge_agent.contracts.platform_api`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from edge_agent.contracts import platform_api as api
from edge_agent.contracts.api import Endpoint
from edge_agent.contracts.base import CustomerId, Identifier, Sha256
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue, Emergency
from edge_agent.contracts.platform import (
    EVENTS_MAX,
    CustomerRecord,
    ErasureLine,
    ErasureLines,
    EventLine,
    EventLines,
    Redemption,
    RedemptionAnswer,
    Summary,
)
from provisioning.hub.auth import is_platform
from provisioning.hub.content import FILE_MAX_BYTES
from provisioning.hub.context import Hub
from provisioning.hub.problem import ProblemError

Handler = Callable[..., Any]

_DOCUMENT_MAX_BYTES = 64 * 1024 * 1024


def platform_routes(hub: Hub) -> APIRouter:
    """Return the routes of the table."""

    def platform_only(request: Request) -> None:
        if not is_platform(request.headers.get("authorization", ""), hub.platform_token):
            raise ProblemError(
                401, "The platform's token is needed.", "Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
            )

    router = APIRouter(dependencies=[Depends(platform_only)])

    def serve(endpoint: Endpoint, **options: Any) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            router.add_api_route(
                endpoint.path,
                handler,
                methods=[endpoint.method],
                name=endpoint.name,
                response_model=endpoint.response,
                status_code=endpoint.status,
                **options,
            )
            return handler

        return register

    @serve(api.PUT_CUSTOMER)
    def put_customer(store: Identifier, customer: CustomerId, record: CustomerRecord) -> Response:
        if record.customer != customer:
            raise ProblemError(422, "The profile is of another customer.", f"customer: must be {customer}")
        hub.slices.put(store, [record], hub.now())
        return _done()

    @serve(api.DELETE_CUSTOMER)
    def delete_customer(store: Identifier, customer: CustomerId) -> Response:
        if not hub.slices.tombstone(store, customer, hub.now()):
            raise ProblemError(404, "The store holds no such customer.")
        return _done()

    @serve(api.PUT_CATALOGUE, max_body_size=_DOCUMENT_MAX_BYTES)
    def put_catalogue(store: Identifier, catalogue: Catalogue) -> Response:
        hub.content.put_catalogue(store, catalogue)
        return _done()

    @serve(api.PUT_EMERGENCY)
    def put_emergency(store: Identifier, emergency: Emergency) -> Response:
        hub.emergencies.put(store, emergency, hub.now())
        return _done()

    @serve(api.END_EMERGENCY)
    def end_emergency(store: Identifier) -> Response:
        if not hub.emergencies.end(store):
            raise ProblemError(404, "The store has no emergency.", f"store: {store}")
        return _done()

    @serve(api.PUT_CAMPAIGNS, max_body_size=_DOCUMENT_MAX_BYTES)
    def put_campaigns(store: Identifier, campaigns: CampaignFile) -> Response:
        hub.content.put_campaigns(store, campaigns)
        return _done()

    @serve(api.PUT_CONTENT, max_body_size=FILE_MAX_BYTES)
    async def put_content(store: Identifier, sha256: Sha256, request: Request) -> Response:
        await hub.content.put_file(store, sha256, request.stream())
        return _done()

    @serve(api.REDEEM)
    def redeem(store: Identifier, redemption: Redemption, response: Response) -> RedemptionAnswer:
        answer = hub.coupons.redeem(store, redemption, hub.now())
        if answer.status == "pending":
            response.status_code = 202
        return answer

    @serve(api.ERASURES)
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

    @serve(api.READ_EVENTS)
    def events(
        store: Identifier,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=EVENTS_MAX)] = EVENTS_MAX,
    ) -> EventLines:
        lines = hub.events.after(store, after, limit)
        return EventLines(events=tuple(EventLine(sequence=sequence, event=event) for sequence, event in lines))

    @serve(api.SUMMARY)
    def summary(store: Identifier) -> Summary:
        return Summary(events=hub.events.summary(store))

    def _done() -> Response:
        hub.fanout.changed()
        return Response(status_code=204)

    return router
