"""Whose turn it is in the loop: shares of voice, evenly spread. Pure."""

from collections.abc import Mapping, Sequence

from display.loop.playlist import Entry

Credit = Mapping[Entry, int]
"""How much of its share an entry has not had yet."""


def pick(due: Sequence[Entry], credit: Credit) -> tuple[Entry | None, Credit]:
    """Return whose turn it is among those that are due, and the credit after it.

    Smooth weighted round robin: each turn adds every weight to the credit, and whoever has most pays for all. Weights
    of 3, 1, 1 give a b a c a, not a a a b c. Entries that were not due neither gain nor lose.
    """
    if not due:
        return None, credit
    grown = {entry: credit.get(entry, 0) + entry.weight for entry in due}
    chosen = max(due, key=grown.__getitem__)  # the first of equals
    grown[chosen] -= sum(entry.weight for entry in grown)
    return chosen, {**credit, **grown}
