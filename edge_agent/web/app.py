"""The one Starlette application of a unit, built from the sources that it is handed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.unit import PartReport
from edge_agent.web.carrier import Carrier
from edge_agent.web.headers import SecurityHeaders
from edge_agent.web.live import PAGES, LiveView


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that the web server shows or carries."""

    store: Identifier
    """The store, for the page's topics."""
    departments: Callable[[], tuple[Identifier, ...]]
    """The store's departments, as the catalogue names them at this moment."""
    lead: Identifier
    """The one of them whose tablets show what has escalated."""
    page: Path
    """Folder of the clerk's page."""
    carrier: Carrier
    """The way to the broker."""
    metrics: CollectorRegistry
    """Metrics without personal data."""
    health: Callable[[], tuple[PartReport, ...]]
    """How each part is."""
    hosts: tuple[str, ...] = ("*",)
    """Names under which the page may be opened; on loopback only its own, against DNS rebinding."""
    live: LiveView | None = None
    """The live view; ``None``: nobody may watch the screen."""


def build(sources: Sources) -> Starlette:
    """Return the application."""

    def setup(_request: Request) -> Response:
        setup = {"store": sources.store, "departments": list(sources.departments()), "lead": sources.lead}
        return JSONResponse(setup)

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(sources.metrics), media_type=CONTENT_TYPE_LATEST)

    def healthz(_request: Request) -> Response:
        parts = {report.part: report.state for report in sources.health()}
        return JSONResponse({"status": "ok", "parts": parts})

    routes: list[BaseRoute] = [
        WebSocketRoute("/mqtt", sources.carrier.endpoint),
        Route("/setup.json", setup),
        Route("/metrics", metrics),
        Route("/healthz", healthz),
    ]
    if sources.live is not None:
        routes += [*sources.live.routes(), Mount("/pages", StaticFiles(directory=PAGES))]
    routes.append(Mount("/", StaticFiles(directory=sources.page, html=True)))
    index = (sources.page / "index.html").read_text(encoding="utf-8")
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders, pages=(index,)),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(sources.hosts), www_redirect=False),
        ],
    )
