from collections.abc import Iterator

import pytest

from tests.integration.store import Store


@pytest.fixture
def store(opened: Store) -> Iterator[Store]:
    """The store that the module opened, with its display; each test starts the agent, with customers of its own."""
    opened.start_display()
    yield opened
    opened.close_tablets()
    opened.stop_agent()
