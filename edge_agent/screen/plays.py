"""How many proofs of play of the loop a display may send: each is a row on the disk, and its word is all there is."""

from typing import Final

PLAYS_MAX: Final = 1000
"""At once: of each item of the longest playlist, in its old and its new version."""

PLAYS_PER_S: Final = 1.0
"""In the long run: no loop changes its picture faster."""


class PlaysLimit:
    """Lets through what a screen can have shown. Pure."""

    def __init__(self) -> None:
        self._left = float(PLAYS_MAX)
        self._at_s = 0.0

    def takes(self, now_s: float) -> bool:
        """Whether one more may pass at a monotonic second."""
        self._left = min(PLAYS_MAX, self._left + max(0.0, now_s - self._at_s) * PLAYS_PER_S)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
