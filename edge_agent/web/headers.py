"""Strict security headers on every answer, as plain ASGI so that streams and WebSockets pass untouched."""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


class SecurityHeaders:
    """Adds the headers. No inline script may run; ``pages`` may carry one import map each, allowed by its digest."""

    def __init__(self, app: ASGIApp, pages: tuple[str, ...] = ()) -> None:
        self._app = app
        digests = {digest for page in pages for digest in import_map_digests(page)}
        scripts = " ".join(["'self'", *sorted(f"'sha256-{digest}'" for digest in digests)])
        self._headers = {
            "content-security-policy": (
                f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; connect-src 'self'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def import_map_digests(page: str) -> list[str]:
    """Return the SHA-256 digests (base64) of the import maps in a page, as CSP wants them."""
    return [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in _IMPORT_MAP.findall(page)]
