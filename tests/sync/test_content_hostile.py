"""Hubs that send something else than they announced: it never lies there under its name, and nothing waits for it."""

import pytest

from tests.provisioning.hubs import RunningHub
from tests.sync.badservers import answer, bad_server
from tests.sync.pictures import LARGE, OTHER, PICTURE, catalogue, item, put_files, sha256
from tests.sync.test_content import names, shown
from tests.sync.units import Unit, unit_at

pytestmark = pytest.mark.integration

OCTETS = {"content_type": "application/octet-stream"}
REST = LARGE[1000:]


def ok(body: bytes) -> bytes:
    return answer("200 OK", body, **OCTETS)


def part(content_range: str, body: bytes = REST) -> bytes:
    return answer("206 Partial Content", body, content_range=content_range, **OCTETS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (ok(LARGE + b"!"), "larger than the announced"),
        (ok(LARGE[:-1]), "smaller than the announced"),
        (ok(bytes(len(LARGE))), "another digest"),
        (part(f"bytes 0-{len(LARGE)}/{len(LARGE)}"), "another part of it"),
        (part(""), "another part of it"),
        (part(f"bytes 1000-{len(LARGE)}/{len(LARGE)}", bytes(len(REST))), "another part of it"),
        (answer("416 Range Not Satisfiable", **OCTETS), "answered 416"),
        (answer("200 OK", b"<html>log on</html>", content_type="text/html"), "proxy or a log-on page"),
        (answer("302 Found", location="https://elsewhere.example/"), "answered 302"),
        (answer("404 Not Found"), "answered 404"),
        (answer("503 Service Unavailable", retry_after="7"), "answered 503"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n", "cannot be reached"),
        (b"\x00\x01\x02 nonsense\r\n\r\n", "cannot be reached"),
        (b"", "cannot be reached"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_wrong_is_said_and_keeps_nothing_else_away(
    served: RunningHub, unit: Unit, wrong: bytes, said: str
) -> None:
    listed = catalogue(LARGE, PICTURE)
    await unit.worker.call(unit.stores.catalogue.put_catalogue, listed, "e")
    folder = unit.config.content_folder
    folder.mkdir()
    (folder / f".{sha256(LARGE)}.part").write_bytes(LARGE[:1000])

    def answered(head: bytes) -> bytes:
        return ok(PICTURE) if sha256(PICTURE).encode() in head else wrong

    async with bad_server(served, answered) as server, unit_at(server.url, unit.config.folder) as fooled:
        await fooled.content.refresh()
        report = fooled.content.report()
        assert said in report.problem
        assert (report.files, report.missing) == (1, 1)
        assert shown(fooled) == [sha256(PICTURE)]
        assert sha256(LARGE) not in names(fooled)
    await put_files(served, LARGE, PICTURE)
    served.hub.content.put_catalogue(listed.store, listed)
    await unit.content.refresh()
    assert shown(unit) == [sha256(LARGE), sha256(PICTURE)], "and it is well as soon as the hub is"


async def test_a_hub_that_cannot_go_on_sends_it_from_its_beginning(served: RunningHub, unit: Unit) -> None:
    await unit.worker.call(unit.stores.catalogue.put_catalogue, catalogue(LARGE), "e")
    folder = unit.config.content_folder
    folder.mkdir()
    (folder / f".{sha256(LARGE)}.part").write_bytes(LARGE[:1000])
    async with bad_server(served, lambda _: ok(LARGE)) as server, unit_at(server.url, unit.config.folder) as other:
        await other.content.refresh()
    assert b"range: bytes=1000-" in server.requests[0].lower()
    assert names(unit) == {sha256(LARGE)}


async def test_a_file_of_another_kind_is_not_used(served: RunningHub, unit: Unit) -> None:
    program = b"#!/bin/sh\necho hello\n"
    listed = catalogue(content=[item(program), item(PICTURE, "image/jpeg")], loop=[])
    await unit.worker.call(unit.stores.catalogue.put_catalogue, listed, "e")

    def answered(head: bytes) -> bytes:
        return ok(PICTURE if sha256(PICTURE).encode() in head else program)

    async with bad_server(served, answered) as server, unit_at(server.url, unit.config.folder) as fooled:
        await fooled.content.refresh()
        assert names(fooled) == set()
        assert "is image/png, not image/jpeg" in fooled.content.report().problem


@pytest.mark.parametrize(
    "refusal", [ok(OTHER)[:-1], answer("403 Forbidden"), answer("503 Service Unavailable")], ids=["cut", "403", "503"]
)
async def test_where_the_line_is_down_nobody_asks_file_after_file(
    served: RunningHub, unit: Unit, refusal: bytes
) -> None:
    contents = [PICTURE + bytes([number]) for number in range(20)]
    await unit.worker.call(unit.stores.catalogue.put_catalogue, catalogue(*contents), "e")
    async with bad_server(served, lambda _: refusal) as server, unit_at(server.url, unit.config.folder) as cut_off:
        await cut_off.content.refresh()
    assert len(server.requests) == 2
