"""The web server, over real sockets."""

import asyncio
import os
from datetime import UTC

import httpx2
import pytest

from edge_agent.clock import SystemClock
from edge_agent.contracts.config import WebConfig
from edge_agent.errors import ServerError
from edge_agent.supervisor import Health
from edge_agent.telling import Fact
from edge_agent.web.app import build
from edge_agent.web.feed import StoryFeed
from edge_agent.web.headers import import_map_digests
from edge_agent.web.hosts import allowed_hosts, is_loopback
from edge_agent.web.live import LiveView
from edge_agent.web.server import WebServer
from tests.web.serving import serving, sources

CLOCK = SystemClock("always")


async def test_page_setup_health_and_metrics(nobody, page):
    async with serving(sources(nobody, page)) as site, httpx2.AsyncClient(base_url=site.url) as client:
        assert "hello" in (await client.get("/")).text
        assert "javascript" in (await client.get("/app.js")).headers["content-type"]
        setup = (await client.get("/setup.json")).json()
        departments = ["outdoor", "shoes", "service-desk", "lead"]
        assert setup == {"store": "vienna-1", "departments": departments, "lead": "lead"}
        assert (await client.get("/healthz")).json() == {"status": "ok", "parts": {"bus": "running"}}
        assert "cards_sent_total 1.0" in (await client.get("/metrics")).text


async def test_every_answer_is_guarded(nobody, page):
    async with serving(sources(nobody, page)) as site, httpx2.AsyncClient(base_url=site.url) as client:
        for path in ("/", "/app.js", "/metrics", "/no-such-page"):
            headers = (await client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "server" not in headers
        [digest] = import_map_digests((page / "index.html").read_text())
        assert f"'sha256-{digest}'" in policy


async def test_a_foreign_name_is_refused(nobody, page):
    async with serving(sources(nobody, page)) as site, httpx2.AsyncClient(base_url=site.url) as client:
        assert (await client.get("/setup.json", headers={"host": "evil.example"})).status_code == 400
        for own in ("localhost", f"127.0.0.1:{site.port}", f"[::1]:{site.port}"):
            assert (await client.get("/setup.json", headers={"host": own})).status_code == 200


@pytest.mark.parametrize("path", ["/live", "/live/frame.jpg", "/story", "/story/lines", "/pages/live.js"])
async def test_a_shop_has_no_live_view(nobody, page, path):
    async with serving(sources(nobody, page)) as site, httpx2.AsyncClient(base_url=site.url) as client:
        assert (await client.get(path)).status_code == 404


async def test_path_traversal_finds_nothing(nobody, page):
    (page.parent / "secret").write_text("secret")
    async with serving(sources(nobody, page)) as site, httpx2.AsyncClient(base_url=site.url) as client:
        for path in ("/..%2fsecret", "/%2e%2e/secret", "//etc/passwd"):
            assert (await client.get(path)).status_code == 404


async def test_the_live_view_waits_for_the_next_frame(nobody, page, tmp_path):
    frame = tmp_path / "frame.jpg"
    live = LiveView(frame, StoryFeed(UTC))

    def present(content: bytes) -> None:
        (tmp_path / "next").write_bytes(content)
        os.replace(tmp_path / "next", frame)

    async with serving(sources(nobody, page, live=live)) as site, httpx2.AsyncClient(base_url=site.url) as client:
        assert (await client.get("/live")).status_code == 200
        assert (await client.get("/live/frame.jpg")).status_code == 404
        present(b"first")
        first = await client.get("/live/frame.jpg")
        assert (first.content, first.headers["content-type"]) == (b"first", "image/jpeg")
        waiting = asyncio.create_task(
            client.get("/live/frame.jpg", headers={"if-none-match": first.headers["etag"]}, timeout=30)
        )
        await asyncio.sleep(0)
        present(b"second")
        assert (await waiting).content == b"second"


async def test_the_live_view_of_a_shop_tells_no_story(nobody, page, tmp_path):
    (tmp_path / "frame.jpg").write_bytes(b"frame")
    live = LiveView(tmp_path / "frame.jpg", None)
    async with serving(sources(nobody, page, live=live)) as site, httpx2.AsyncClient(base_url=site.url) as client:
        assert (await client.get("/live")).status_code == 200
        assert (await client.get("/live/frame.jpg")).content == b"frame"
        for path in ("/story", "/story/lines"):
            assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8080", 200),
        ("127.0.0.1", "localhost:8080", 200),
        ("::1", "[::1]:8080", 200),
        ("10.0.0.7", "10.0.0.5:8080", 403),
        ("10.0.0.7", "127.0.0.1:8080", 403),
        ("127.0.0.1", "rebound.example:8080", 403),
        ("::ffff:10.0.0.7", "localhost", 403),
    ],
)
async def test_a_page_that_tablets_open_shows_the_screen_to_the_unit_itself_only(
    nobody, page, tmp_path, client, host, status
):
    (tmp_path / "frame.jpg").write_bytes(b"frame")
    open_to_all = sources(nobody, page, live=LiveView(tmp_path / "frame.jpg", None), hosts=allowed_hosts("0.0.0.0"))
    app = httpx2.ASGITransport(app=build(open_to_all), client=(client, 5000))
    async with httpx2.AsyncClient(transport=app, base_url="http://unit") as asking:
        for path in ("/live", "/live/frame.jpg"):
            answer = await asking.get(path, headers={"host": host})
            assert answer.status_code == status
            assert (answer.content == b"frame") == (status == 200 and path.endswith("jpg"))
        assert (await asking.get("/setup.json", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("header", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"])
async def test_whoever_comes_through_a_proxy_on_the_unit_is_not_the_unit_itself(nobody, page, tmp_path, header):
    (tmp_path / "frame.jpg").write_bytes(b"frame")
    app = build(sources(nobody, page, live=LiveView(tmp_path / "frame.jpg", None)))
    behind = httpx2.ASGITransport(app=app, client=("127.0.0.1", 5000))
    async with httpx2.AsyncClient(transport=behind, base_url="http://127.0.0.1:8080") as asking:
        assert (await asking.get("/live/frame.jpg")).status_code == 200
        for path in ("/live", "/live/frame.jpg"):
            assert (await asking.get(path, headers={header: "for 127.0.0.1"})).status_code == 403


async def test_the_story_streams(nobody, page, tmp_path):
    story = StoryFeed(UTC)
    story.tell(Fact("near", "c", badge="Blue diamond", zone="Outdoor"), CLOCK.now())
    live = LiveView(tmp_path / "frame.jpg", story)
    async with (
        serving(sources(nobody, page, live=live)) as site,
        httpx2.AsyncClient(base_url=site.url) as client,
        client.stream("GET", "/story/lines") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert (await anext(lines)).endswith("Blue diamond near Outdoor")
        story.tell(Fact("left", "c", badge="Blue diamond"), CLOCK.now())
        while not (told := await anext(lines)):
            pass
        assert told.endswith("Blue diamond has left the shop")


async def test_a_port_in_use_is_said(nobody, page):
    made = sources(nobody, page)
    async with serving(made) as site:
        with pytest.raises(ServerError, match=rf"127\.0\.0\.1:{site.port}.*web\.port"):
            await WebServer(WebConfig(port=site.port), build(made), Health("web", CLOCK)).run()


def test_listening_elsewhere_warns_once(nobody, page, caplog):
    app = build(sources(nobody, page))
    WebServer(WebConfig(host="127.0.0.1"), app, Health("web", CLOCK))
    assert caplog.records == []
    WebServer(WebConfig(host="0.0.0.0"), app, Health("web", CLOCK))
    assert len(caplog.records) == 1


def test_which_hosts_are_loopback():
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "store.lan")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert allowed_hosts("0.0.0.0") == ("*",)
