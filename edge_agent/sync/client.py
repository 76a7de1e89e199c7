"""Signed requests to the hub. Whatever is wrong with an answer is a :class:`HubError` that says what."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from edge_agent.clock import Clock
from edge_agent.contracts.api import Endpoint
from edge_agent.contracts.request import NONCE_HEADER, SCHEME, RequestClaims, body_digest
from edge_agent.contracts.unit import Problem
from edge_agent.errors import HubError
from edge_agent.sync.identity import Identity

ANSWER_MAX_BYTES = 64 * 1024 * 1024
"""Largest answer: a catalogue of 200,000 products."""

RETRY_AFTER_MAX_S = 3600.0
"""A hub that asks us to stay away for longer is asked again after this."""

_PROBLEM_MAX_BYTES = 64 * 1024
_NOT_NOW = (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN, httpx2.codes.TOO_MANY_REQUESTS)
_SILENCE_S = 30.0
_CONNECT_S = 10.0

Place = Mapping[str, str]
"""Values of an endpoint's path parameters."""

Model = TypeVar("Model", bound=BaseModel)


class GoneError(HubError):
    """The hub does not know our cursor any more: start over with a snapshot."""


class AbsentError(HubError):
    """The hub has no such thing (404)."""


class UnreachableError(HubError):
    """The hub does not answer, not to the end, or not this unit: whatever else is asked for is likely to fare alike."""


@dataclass(frozen=True, slots=True)
class Document:
    """A body with its version."""

    body: bytes
    etag: str

    def parse(self, model: type[Model]) -> Model:
        """Return the body as a message; raises HubError where it is none."""
        return parse(self.body, model)


class HubClient:
    """One connection pool to the hub, shared by pull, push and nudge.

    The identity is read at the first request, so that a unit which is enrolled later needs no restart.
    """

    def __init__(self, url: str, identity_folder: Path, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._folder = identity_folder
        self._clock = clock
        self._nonce = ""
        self._opened: tuple[Identity, httpx2.AsyncClient] | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened[1].aclose()
            self._opened = None

    async def get(
        self, endpoint: Endpoint, place: Place, model: type[Model], query: str = "", limit_bytes: int = ANSWER_MAX_BYTES
    ) -> Model:
        """Return the answer of an endpoint."""
        async with self.stream(endpoint, place, query=query) as response:
            return await asyncio.to_thread(parse, await _read(response, limit_bytes), model)

    async def get_if_changed(self, endpoint: Endpoint, place: Place, etag: str | None) -> Document | None:
        """Return a document, or ``None`` where it is still of version ``etag``."""
        headers = {"If-None-Match": etag} if etag else {}
        async with self.stream(endpoint, place, headers=headers) as response:
            if response.status_code == httpx2.codes.NOT_MODIFIED:
                return None
            return Document(await _read(response, ANSWER_MAX_BYTES), response.headers.get("etag", ""))

    async def post(self, endpoint: Endpoint, body: bytes, headers: Mapping[str, str], model: type[Model]) -> Model:
        """Send a body and return the answer."""
        async with self.stream(endpoint, {}, body=body, headers=headers) as response:
            return parse(await _read(response, ANSWER_MAX_BYTES), model)

    @asynccontextmanager
    async def stream(
        self,
        endpoint: Endpoint,
        place: Place,
        *,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        silence_s: float = _SILENCE_S,
    ) -> AsyncIterator[httpx2.Response]:
        """Send a signed request and yield the answer, its body unread. Silence for ``silence_s`` ends it.

        Raises HubError for anything but success (and 304): AbsentError for 404, GoneError for 410.
        """
        identity, client = self._open()
        target = endpoint.path.format_map(place) + (f"?{query}" if query else "")
        try:
            for attempt in (1, 2):
                authorization = f"{SCHEME} {identity.sign(self._claims(endpoint.method, target, body))}"
                request = client.build_request(
                    endpoint.method,
                    self._url + target,
                    content=body or None,
                    headers={**(headers or {}), "Authorization": authorization},
                    timeout=httpx2.Timeout(silence_s, connect=_CONNECT_S),
                    extensions={"trace": _closing_handshake()},
                )
                response = await client.send(request, stream=True)
                try:
                    nonce = response.headers.get(NONCE_HEADER)
                    if response.status_code == httpx2.codes.UNAUTHORIZED and nonce and attempt == 1:
                        self._nonce = nonce
                        continue
                    await _raise_for_problem(response, endpoint)
                    yield response
                    return
                finally:
                    await response.aclose()
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise UnreachableError(f"the hub cannot be reached: {_reason(error)}") from error

    def _open(self) -> tuple[Identity, httpx2.AsyncClient]:
        if self._opened is None:
            identity = Identity.load(self._folder)
            self._opened = identity, httpx2.AsyncClient(verify=identity.tls, trust_env=False)
        return self._opened

    def _claims(self, method: str, target: str, body: bytes) -> RequestClaims:
        return RequestClaims(
            htm=method,
            htu=target,
            bh=body_digest(body),
            iat=int(self._clock.now().utc.timestamp()),
            jti=secrets.token_urlsafe(16),
            nonce=self._nonce,
        )


def _closing_handshake() -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """Return what closes the connection of a request that is cancelled in its TLS handshake.

    httpcore closes it where the handshake fails by itself; cancelled, it would stay open, and nobody would know of it.
    """
    connected: Any = None

    async def trace(step: str, about: Mapping[str, Any]) -> None:
        nonlocal connected
        if step == "connection.connect_tcp.complete":
            connected = about["return_value"]
        elif step == "connection.start_tls.failed":
            await connected.aclose()

    return trace


def parse(body: bytes, model: type[Model]) -> Model:
    """Return an answer as a message; raises HubError that names the wrong fields."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        where = ".".join(map(str, problem["loc"])) or "the body"
        raise HubError(f"the hub's answer is not a {model.__name__}: {where}: {problem['msg']}") from error


async def _read(response: httpx2.Response, limit_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > limit_bytes:
            raise HubError(f"the hub's answer is larger than {limit_bytes} bytes")
    return bytes(body)


async def _raise_for_problem(response: httpx2.Response, endpoint: Endpoint) -> None:
    status = response.status_code
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if status == httpx2.codes.NOT_MODIFIED:
        return
    if response.is_success:
        if kind != endpoint.media_type:
            raise HubError(
                f"{endpoint.name}: got {kind or 'something without a type'} where {endpoint.media_type} is expected; "
                "is there a proxy or a log-on page between this unit and the hub?"
            )
        return
    text = f"{endpoint.name}: the hub answered {status}"
    if kind == "application/problem+json":
        problem = parse(await _read(response, _PROBLEM_MAX_BYTES), Problem)
        text = f"{text}: {problem.title} {problem.detail}".strip()
    if status == httpx2.codes.GONE:
        raise GoneError(text)
    if status == httpx2.codes.NOT_FOUND:
        raise AbsentError(text)
    raise (UnreachableError if response.is_server_error or status in _NOT_NOW else HubError)(
        text, _retry_after_s(response)
    )


def _retry_after_s(response: httpx2.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() else None


def _reason(error: Any) -> str:
    return f"{type(error).__name__} {error}".strip()
