"""The routes that customers' apps call."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from edge_agent.contracts import api
from edge_agent.contracts.presence import REPORT_MAX_BYTES
from provisioning.hub.context import Hub
from provisioning.hub.units import body_in_time


def customer_routes(hub: Hub) -> APIRouter:
    """Return the routes of the table that apps call. Each is answered alike, whatever became of it."""
    router = APIRouter()

    def serve(endpoint: api.Endpoint, take: Callable[[str, bytes, datetime], bool]) -> None:
        async def handle(request: Request) -> Response:
            body = await body_in_time(request)
            authorization = request.headers.get("authorization", "")
            if await run_in_threadpool(take, authorization, body, hub.now()):
                hub.fanout.changed()
            return Response(status_code=endpoint.status)

        router.add_api_route(
            endpoint.path,
            handle,
            methods=[endpoint.method],
            name=endpoint.name,
            response_model=None,
            status_code=endpoint.status,
            max_body_size=REPORT_MAX_BYTES,
        )

    serve(api.REPORT, hub.presence.report)
    serve(api.PAUSE, hub.pauses.ask)
    return router
