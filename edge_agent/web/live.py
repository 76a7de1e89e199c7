"""The demo's live view: the frame that the screen shows, and the story. Never in a shop."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from edge_agent.web.feed import StoryFeed

PAGES = Path(__file__).parent / "pages"

POLL_S: Final = 0.04
"""How often the frame file is looked at while somebody waits for a new one: 25 times a second."""

HOLD_S: Final = 10.0
"""A request for a newer frame is answered within this, also when there is none."""

FRAME_MAX_BYTES: Final = 8 * 1024 * 1024
"""A larger frame file is not one of ours."""

HEARTBEAT_S: Final = 15.0
"""A silent event stream says so, so that a dead connection is noticed."""


class LiveView:
    """Routes of the live view. ``frame_file`` is the JPEG that the display writes, replaced atomically."""

    def __init__(self, frame_file: Path | None, story: StoryFeed) -> None:
        self._frame_file = frame_file
        self._story = story

    def routes(self) -> list[Route]:
        """Return the routes of pages, frame and event stream."""
        return [
            Route("/live", lambda _: FileResponse(PAGES / "live.html")),
            Route("/live/frame.jpg", self.frame),
            Route("/story", lambda _: FileResponse(PAGES / "story.html")),
            Route("/story/lines", self.lines),
        ]

    async def frame(self, request: Request) -> Response:
        """Return the present frame; with ``If-None-Match``, wait for one that differs (304 after a while)."""
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

    async def lines(self, _request: Request) -> StreamingResponse:
        """Return the story as server-sent events."""
        return StreamingResponse(_events(self._story), media_type="text/event-stream")

    def _tag(self) -> str | None:
        if self._frame_file is None:
            return None
        try:
            status = self._frame_file.stat()
        except OSError:
            return None
        return f'"{status.st_mtime_ns:x}-{status.st_ino:x}"' if 0 < status.st_size <= FRAME_MAX_BYTES else None


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
