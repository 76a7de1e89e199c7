"""The route that customers' apps call."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from edge_agent.contracts import api
from edge_agent.contracts.presence import REPORT_MAX_BYTES
from provisioning.hub.context import Hub
from provisioning.hub.units import body_in_time


def customer_routes(hub: Hub) -> APIRouter:
    """Return the routes of the table that apps call."""
    router = APIRouter()

    async def report(request: Request) -> Response:
        body = await body_in_time(request)
        authorization = request.headers.get("authorization", "")
        if await run_in_threadpool(hub.presence.report, authorization, body, hub.now()):
            hub.fanout.changed()
        return Response(status_code=api.REPORT.status)

    router.add_api_route(
        api.REPORT.path,
        report,
        methods=[api.REPORT.method],
        name=api.REPORT.name,
        response_model=None,
        status_code=api.REPORT.status,
        max_body_size=REPORT_MAX_BYTES,
    )
    return router
