"""Why the agent ended."""

from edge_agent.errors import DamagedError


def damage_in(group: BaseExceptionGroup[BaseException]) -> DamagedError | None:
    """Return why a database is broken, if that is what ended the parts."""
    found = group.subgroup(DamagedError)
    while found is not None:
        first = found.exceptions[0]
        if isinstance(first, DamagedError):
            return first
        found = first if isinstance(first, BaseExceptionGroup) else None
    return None
