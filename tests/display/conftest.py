"""A scene to show, and a typesetter to set it with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from display.text.faces import open_typesetter
from display.text.pillow import PillowTypesetter
from display.text.typeset import Typesetter
from edge_agent.contracts.screen import Badge, Scene
from tests.display.units import Agent, Unit


@pytest.fixture(scope="session")
def typesetter() -> Typesetter:
    """Pango, which is what shops should have."""
    typesetter = open_typesetter("Noto Sans, DejaVu Sans, sans-serif")
    if isinstance(typesetter, PillowTypesetter):
        pytest.skip("no Pango: apt install libpango-1.0-0 libpangocairo-1.0-0 fonts-noto-core")
    return typesetter


@pytest.fixture
def badge() -> Badge:
    return Badge(number=0, colour="blue", shape="diamond", label="Blue diamond")


@pytest.fixture
def make_scene(badge: Badge) -> Callable[..., Scene]:
    """Return a maker of personal scenes."""

    def make(message_id: str = "m1", **changes: object) -> Scene:
        fields: dict[str, object] = {
            "message_id": message_id,
            "layout": "welcome",
            "mode": "badge",
            "language": "en",
            "headline": "Good to see you again",
            "badges": (badge,),
        }
        return Scene.model_validate(fields | changes)

    return make


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    """A unit's folder; what is started in it is killed in the end."""
    unit = Unit(tmp_path)
    yield unit
    unit.end()


@pytest.fixture
def agent(unit: Unit) -> Iterator[Agent]:
    """A test in the agent's place: it listens, and the display connects."""
    agent = Agent(unit.socket)
    yield agent
    agent.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="draw the golden pictures of the display anew")
