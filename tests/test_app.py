"""The composition root: why the agent ended is one line."""

from edge_agent.app.ending import damage_in
from edge_agent.errors import DamagedError, StoreError


def test_a_broken_database_is_found_among_what_ended_the_parts() -> None:
    damage = DamagedError("journal.db: no such table")
    assert damage_in(ExceptionGroup("parts", [StoreError("full"), ExceptionGroup("inner", [damage])])) is damage
    assert damage_in(ExceptionGroup("parts", [StoreError("full")])) is None
