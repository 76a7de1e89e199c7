import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

import edge_agent.clerk
from tests.bus.brokers import Broker, mosquitto
from tests.bus.conftest import TOPICS, make_bus, running
from tests.clerk.desk import Desk
from tests.web.serving import Site, serving, sources

PAGE = Path(edge_agent.clerk.__file__).parent / "page"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--no-first-run",
]

expect.set_options(timeout=20_000)
OpenTablet = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    """A mosquitto, or what the test asks for as its parameter."""
    started = getattr(request, "param", mosquitto)(tmp_path)
    await started.start()
    yield started
    started.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(broker: Broker) -> AsyncIterator[Desk]:
    bus = make_bus(broker)
    desk = Desk(bus, TOPICS)
    async with running(bus):
        yield desk


@pytest_asyncio.fixture(loop_scope="session")
async def site(broker: Broker) -> AsyncIterator[Site]:
    async with serving(sources(broker, page=PAGE)) as site:
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests; each tablet is a context of its own in it."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    if not (PAGE / "vendor" / "mqtt.js").exists():
        pytest.skip("needs the page's modules: pip install -e . fetches them")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def tablet(browser: Browser, site: Site) -> AsyncIterator[OpenTablet]:
    """Open a tablet, each in a browser context of its own; a page error or a refused script fails the test."""
    async with contextlib.AsyncExitStack() as stack:
        problems: list[str] = []

        async def open_tablet(name: str = "a", path: str = "/?tablet={}&department=outdoor", **options: Any) -> Page:
            context = await browser.new_context(**{"viewport": {"width": 800, "height": 1280}, **options})
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(20_000)
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on(
                "console", lambda message: problems.append(message.text) if "Content Security" in message.text else None
            )
            await page.goto(site.url + path.format(name))
            return page

        yield open_tablet
    assert problems == []
