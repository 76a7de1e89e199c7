"""The temporary keys of one device, packed: 100,000 devices must fit into a small machine.

Each key takes 18 bytes: its window (16 bits, big-endian) and the key. Windows are counted modulo 2^16 as in
:func:`~edge_agent.identify.token.window_of`; of two windows the one less than half a round ahead is the later one.
"""

from collections.abc import Iterable
from typing import Final

from edge_agent.contracts.slice import TemporaryKey
from edge_agent.identify.token import KEY_BYTES, window_of

_WINDOW_BYTES: Final = 2
_ENTRY_BYTES: Final = _WINDOW_BYTES + KEY_BYTES
_HALF_ROUND: Final = 0x8000


def pack(keys: Iterable[TemporaryKey]) -> bytes:
    """Return the keys of a device in 18 bytes each, in their order."""
    return b"".join(key.window.to_bytes(_WINDOW_BYTES, "big") + bytes.fromhex(key.key) for key in keys)


def key_at(packed: bytes, unix_s: int) -> bytes | None:
    """Return the key of the window that holds a Unix second; ``None`` where there is none."""
    wanted = window_of(unix_s).to_bytes(_WINDOW_BYTES, "big")
    for start in range(0, len(packed), _ENTRY_BYTES):
        if packed.startswith(wanted, start):
            return packed[start + _WINDOW_BYTES : start + _ENTRY_BYTES]
    return None


def without_past(packed: bytes, oldest_window: int) -> bytes:
    """Return the keys without those of windows before ``oldest_window``; the same object where none is."""
    entries = [packed[start : start + _ENTRY_BYTES] for start in range(0, len(packed), _ENTRY_BYTES)]
    kept = [entry for entry in entries if not is_past(int.from_bytes(entry[:_WINDOW_BYTES], "big"), oldest_window)]
    return packed if len(kept) == len(entries) else b"".join(kept)


def is_past(window: int, oldest_window: int) -> bool:
    """Return whether a window lies before ``oldest_window``."""
    return (window - oldest_window) & 0xFFFF >= _HALF_ROUND
