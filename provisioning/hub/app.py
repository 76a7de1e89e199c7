"""The hub as a web application."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.gzip import GZipMiddleware

from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from provisioning.hub.context import Hub
from provisioning.hub.customers import customer_routes
from provisioning.hub.housekeeping import in_words
from provisioning.hub.platform import platform_routes
from provisioning.hub.problem import answer_problems
from provisioning.hub.units import unit_routes

log = logging.getLogger(__name__)

_LOOK_S = 60.0
_FORGET_REPORTS_S = 10.0
_COMPRESS_FROM_BYTES = 1024


def make_app(hub: Hub) -> FastAPI:
    """Return the application. Routes that take more than one message set their own body limit."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in (hub.fanout.run(), _housekeeping(hub), _forget_reports(hub))]
            yield
            for task in tasks:
                task.cancel()

    # The published OpenAPI document is made of the table of endpoints: edge-agent schema openapi.
    app = FastAPI(title="edge-agent hub", lifespan=lifespan, openapi_url=None, max_body_size=MESSAGE_MAX_BYTES)
    app.add_middleware(GZipMiddleware, minimum_size=_COMPRESS_FROM_BYTES, compresslevel=5)
    app.include_router(unit_routes(hub))
    app.include_router(platform_routes(hub))
    app.include_router(customer_routes(hub))
    answer_problems(app)
    return app


async def _housekeeping(hub: Hub) -> None:
    while True:
        try:
            deleted = await asyncio.to_thread(hub.housekeeping.run, hub.now())
            if deleted:
                log.info("deleted because it is past its time: %s", in_words(deleted))
        except (SQLAlchemyError, OSError) as error:
            log.warning("housekeeping failed and is tried again: %s", type(error).__name__)
        await asyncio.sleep(_LOOK_S)


async def _forget_reports(hub: Hub) -> None:
    while True:
        await asyncio.sleep(_FORGET_REPORTS_S)
        try:
            await asyncio.to_thread(hub.presence.forget_expired, hub.now())
        except SQLAlchemyError as error:
            log.warning("old reports of apps are not deleted yet: the database failed: %s", type(error).__name__)
