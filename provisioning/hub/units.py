"""The routes that units call: exactly the table in :mod:`edge_agent.contracts.api`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import ValidationError

from edge_agent.contracts import api
from edge_agent.contracts.base import Identifier, Sha256
from edge_agent.contracts.event import EventBatch
from edge_agent.contracts.unit import EnrolRequest
from provisioning.hub.auth import Caller
from provisioning.hub.context import Hub
from provisioning.hub.events import BODY_MAX_BYTES, unpack
from provisioning.hub.problem import ProblemError, describe

Handler = Callable[..., Any]
_JSON = "application/json"

BODY_S = 60.0
"""The body of a signed request, 1 MiB at most, is here within this."""


def unit_routes(hub: Hub) -> APIRouter:
    """Return the routes of the table."""
    router = APIRouter()

    def serve(endpoint: api.Endpoint, **options: Any) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            router.add_api_route(
                endpoint.path, handler, methods=[endpoint.method], name=endpoint.name, response_model=None, **options
            )
            return handler

        return register

    async def signed(request: Request) -> Caller:
        body = await body_in_time(request)
        target = request.scope["raw_path"].decode("ascii", "replace")
        if query := request.scope["query_string"].decode("ascii", "replace"):
            target += f"?{query}"
        authorization = request.headers.get("authorization", "")
        caller = await run_in_threadpool(hub.gatekeeper.check, authorization, request.method, target, body, hub.now())
        for name, own in (("store", caller.store), ("unit", caller.unit)):
            if request.path_params.get(name, own) != own:
                raise ProblemError(403, "This belongs to another unit or store.", f"{name}: yours is {own}")
        return caller

    unit = Annotated[Caller, Depends(signed)]

    @serve(api.AUTHORITY)
    def authority() -> Response:
        return Response(hub.authority.pem, media_type=api.AUTHORITY.media_type)

    @serve(api.ENROL)
    def enrol(request: EnrolRequest) -> Response:
        return _json(hub.enrolment.redeem(request, hub.now()).model_dump_json())

    @serve(api.CONFIG)
    def config(request: Request, caller: unit) -> Response:
        return _conditional(request, *hub.fleet.config(caller.store, caller.unit))

    @serve(api.SLICE_KEY)
    def slice_key(caller: unit) -> Response:
        key = hub.keys.of(caller.store, caller.unit, hub.now())
        return Response(key.model_dump_json(), media_type=_JSON, headers={"Cache-Control": "no-store"})

    @serve(api.SLICE)
    def slice_page(caller: unit, cursor: Identifier | None = None) -> Response:
        served = hub.slices.page(caller.store, cursor, hub.now())
        if served.holds is not None:
            hub.erasures.applied(caller.store, caller.unit, served.holds, hub.now())
        if served.complete_to is not None:
            hub.fleet.pulled(caller.store, caller.unit, served.complete_to, hub.now())
        return _json(served.page.model_dump_json())

    @serve(api.CATALOGUE)
    def catalogue(request: Request, caller: unit) -> Response:
        return _conditional(request, *hub.content.document(caller.store, "catalogue"))

    @serve(api.CATALOGUE_CHANGES)
    def catalogue_changes(request: Request, caller: unit) -> Response:
        return _conditional(request, *hub.content.changes(caller.store, _offered(request)))

    @serve(api.CAMPAIGNS)
    def campaigns(request: Request, caller: unit) -> Response:
        return _conditional(request, *hub.content.document(caller.store, "campaigns"))

    @serve(api.CONTENT)
    def content(caller: unit, sha256: Sha256) -> Response:
        return FileResponse(hub.content.file(caller.store, sha256), media_type=api.CONTENT.media_type)

    @serve(api.NUDGES, response_class=EventSourceResponse)
    async def nudges(caller: unit) -> AsyncIterator[ServerSentEvent]:
        async for kind in hub.fanout.nudges(caller.store, caller.unit):
            yield ServerSentEvent(event=kind, raw_data="now")

    @serve(api.PRESENCE)
    def presence(caller: unit) -> Response:
        return _json(hub.presence.of(caller.store, caller.unit, hub.now()).model_dump_json())

    @serve(api.EVENTS, max_body_size=BODY_MAX_BYTES)
    async def events(request: Request, caller: unit) -> Response:
        body = await request.body()
        return await run_in_threadpool(deliver, caller, body, request.headers.get("content-encoding", ""))

    def deliver(caller: Caller, body: bytes, encoding: str) -> Response:
        try:
            batch = EventBatch.model_validate_json(unpack(body, encoding))
        except ValidationError as error:
            raise ProblemError(422, "The batch is not valid.", describe(error)) from error
        receipts = hub.events.deliver(caller.store, caller.source, batch, hub.now())
        hub.fleet.pushed(caller.store, caller.unit, hub.now())
        hub.fanout.changed()  # a withdrawn consent may have erased somebody
        return _json(receipts.model_dump_json())

    return router


async def body_in_time(request: Request) -> bytes:
    """Return the body of a request; raises a 408 problem where it takes too long."""
    try:
        async with asyncio.timeout(BODY_S):
            return await request.body()
    except TimeoutError as error:
        raise ProblemError(408, "The body did not come in time.", f"at most {BODY_S:.0f} s") from error


def _conditional(request: Request, body: str, tag: str) -> Response:
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in _offered(request):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=_JSON, headers=headers)


def _offered(request: Request) -> tuple[str, ...]:
    """Return the versions that a unit holds."""
    # A proxy that compresses turns an ETag into a weak one, which still names the same document.
    return tuple(one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(","))


def _json(body: str) -> Response:
    return Response(body, media_type=_JSON)
