"""The live view: the frame that the screen presents, and in the demo the story.

In a shop nothing personal is in the frame: the display leaves it out before it writes the file, so that neither this
process nor a page ever holds it. There the view answers the unit itself only, whatever the page is served on.
"""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from edge_agent.web.feed import StoryFeed
from edge_agent.web.hosts import is_loopback

PAGES = Path(__file__).parent / "pages"

POLL_S: Final = 0.04
"""How often the frame file is looked at while somebody waits for a new one: 25 times a second."""

HOLD_S: Final = 10.0
"""A request for a newer frame is answered within this, also when there is none."""

FRAME_MAX_BYTES: Final = 8 * 1024 * 1024
"""A larger frame file is not one of ours."""

HEARTBEAT_S: Final = 15.0
"""A silent event stream says so, so that a dead connection is noticed."""


_ELSEWHERE: Final = PlainTextResponse(
    "The screen can be watched from the unit itself only: ssh -L 8080:127.0.0.1:8080 UNIT, then http://127.0.0.1:8080/live",
    status_code=403,
)

_PASSED_ON: Final = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})
"""Whoever asks through a proxy on the unit comes from the unit itself, often under its name; she may sit anywhere."""


class LiveView:
    """Routes of the live view. ``frame_file`` is the JPEG that the display writes, replaced atomically."""

    def __init__(self, frame_file: Path, story: StoryFeed | None) -> None:
        """``story``: of the demo; ``None`` in a shop."""
        self._frame_file = frame_file
        self._story = story

    def routes(self) -> list[Route]:
        """Return the routes of pages, frame and event stream."""
        routes = [Route("/live", self.page), Route("/live/frame.jpg", self.frame)]
        if self._story is not None:
            lines = partial(_lines, self._story)
            routes += [Route("/story", lambda _: FileResponse(PAGES / "story.html")), Route("/story/lines", lines)]
        return routes

    def page(self, request: Request) -> Response:
        """Return the page that shows the frames."""
        return FileResponse(PAGES / "live.html") if self._may(request) else _ELSEWHERE

    async def frame(self, request: Request) -> Response:
        """Return the present frame; with ``If-None-Match``, wait for one that differs (304 after a while)."""
        if not self._may(request):
            return _ELSEWHERE
        seen = request.headers.get("if-none-match")
        looks = 1 if seen is None else int(HOLD_S / POLL_S)
        for look in range(looks):
            if look:
                await asyncio.sleep(POLL_S)
            tag = self._tag()
            if tag is not None and tag != seen:
                try:
                    return FileResponse(str(self._frame_file), media_type="image/jpeg", headers={"etag": tag})
                except FileNotFoundError:
                    tag = None
            if await request.is_disconnected():
                break
        return Response(status_code=304 if tag else 404, headers={"etag": tag} if tag else None)

    def _may(self, request: Request) -> bool:
        """Whether this page may be seen: outside the demo from the unit itself, under a name that only it has."""
        client = "" if request.client is None else request.client.host
        itself = is_loopback(client) and is_loopback(request.url.hostname or "")
        return self._story is not None or (itself and _PASSED_ON.isdisjoint(request.headers))

    def _tag(self) -> str | None:
        try:
            status = self._frame_file.stat()
        except OSError:
            return None
        return f'"{status.st_mtime_ns:x}-{status.st_ino:x}"' if 0 < status.st_size <= FRAME_MAX_BYTES else None


async def _lines(story: StoryFeed, _request: Request) -> StreamingResponse:
    """Return the story as server-sent events."""
    return StreamingResponse(_events(story), media_type="text/event-stream")


async def _events(story: StoryFeed) -> AsyncGenerator[str]:
    lines = story.lines()
    pending = asyncio.ensure_future(anext(lines))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=HEARTBEAT_S)
            if not done:
                yield ": nothing new\n\n"
                continue
            yield f"data: {pending.result()}\n\n"
            pending = asyncio.ensure_future(anext(lines))
    finally:
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        await lines.aclose()
