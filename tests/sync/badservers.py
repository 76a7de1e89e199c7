"""Real servers that answer wrongly, under the authority that the unit trusts."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field

from tests.provisioning.hubs import RunningHub

END = b"\r\n\r\n"


@dataclass
class BadServer:
    """Answers every request with the same bytes; counts what it got."""

    url: str = ""
    requests: list[bytes] = field(default_factory=list)


@contextlib.asynccontextmanager
async def bad_server(
    served: RunningHub, answer: Callable[[bytes], bytes], *, stalls: bool = False
) -> AsyncIterator[BadServer]:
    """Serve what ``answer`` makes of each request's head; ``stalls``: and then say nothing more."""
    files = served.hub.authority.server_files(served.hub.config.names, served.clock())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    bad = BadServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(END)
                bad.requests.append(head)
                writer.write(answer(head))
                await writer.drain()
                if stalls:
                    await reader.read()
                writer.close()
                await writer.wait_closed()
        finally:  # TLS waits for a good-bye
            writer.transport.abort()

    async with _listening(serve, context) as port:
        bad.url = f"https://127.0.0.1:{port}"
        yield bad


@contextlib.asynccontextmanager
async def _listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Yield the port; when the block ends, no connection goes on being served."""
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            if connections:
                await asyncio.wait(connections, timeout=1)
            for task in connections:
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)


def answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END + body


@contextlib.asynccontextmanager
async def deaf_proxy(served: RunningHub, drop_answers: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Carry connections to the hub byte by byte, but end the first ones when the hub answers to a POST.

    Yields its URL and a list with one entry per dropped answer. TLS passes through unseen, so whether it was a
    POST is told by size: the request of a full batch is far larger than any GET.
    """
    host, port = served.url.removeprefix("https://").split(":")
    dropped: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        sent_bytes = 0

        async def upwards() -> None:
            nonlocal sent_bytes
            while chunk := await reader.read(65536):
                sent_bytes += len(chunk)
                up_writer.write(chunk)
                await up_writer.drain()
            up_writer.close()

        async def downwards() -> None:
            while chunk := await up_reader.read(65536):
                if sent_bytes > 8000 and len(dropped) < drop_answers:
                    dropped.append(sent_bytes)
                    break
                writer.write(chunk)
                await writer.drain()
            writer.transport.abort()

        try:
            with contextlib.suppress(OSError):
                await asyncio.gather(upwards(), downwards())
        finally:  # also where it is cancelled
            for one in (up_writer, writer):
                one.transport.abort()
        for one in (up_writer, writer):
            with contextlib.suppress(OSError):
                await one.wait_closed()

    async with _listening(serve) as own_port:
        yield f"https://127.0.0.1:{own_port}", dropped
