"""Where a unit stands in a store's log of changes."""

import re
from dataclasses import dataclass
from typing import Final, Self

_CURSOR: Final = re.compile(r"([0-9a-f]{1,16})\.([0-9]{1,30})(?:([.-])([0-9]{1,30}))?")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a store's log: the unit has everything up to it, in force or on its way in."""

    epoch: str
    sequence: int
    snapshot_from: int | None = None
    """Where the log stood when the snapshot began that is being read."""
    changes_from: int | None = None
    """Where the changes began that are being read: what came since is in force for nobody before their last page."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the cursor of a text that we made, or ``None``."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            return None
        epoch, sequence, kind, start = found.groups()
        if kind is None:
            return cls(epoch, int(sequence))
        return cls(epoch, int(sequence), **{"snapshot_from" if kind == "." else "changes_from": int(start)})

    def __str__(self) -> str:
        text = f"{self.epoch}.{self.sequence}"
        if self.snapshot_from is not None:
            return f"{text}.{self.snapshot_from}"
        return text if self.changes_from is None else f"{text}-{self.changes_from}"

    @property
    def complete_to(self) -> int | None:
        """Up to where the slice is in force on the unit that shows this; ``None``: it is in the midst of a snapshot."""
        if self.snapshot_from is not None:
            return None
        return self.sequence if self.changes_from is None else self.changes_from

    def onward(self, sequence: int) -> Self:
        """Return the place of a next page that is not the last."""
        start = {"snapshot_from": self.snapshot_from}
        if self.snapshot_from is None:
            start = {"changes_from": self.complete_to}
        return type(self)(self.epoch, sequence, **start)
