"""What units may know of a device with a rolling id: the temporary keys that the hub makes of its identity key."""

from typing import Final

from edge_agent.contracts.platform import RollingDevice
from edge_agent.contracts.slice import RollingToken, TemporaryKey
from edge_agent.identify.token import WINDOW_S, temporary_key

_WINDOWS_MAX: Final = 4


def rolling_token(device: RollingDevice, now_s: float, until_s: float) -> RollingToken:
    """Return the temporary keys for a lease from ``now_s`` to ``until_s``, plus one slot on each side."""
    slot_s = 1 << device.rotation_exponent
    first = int(now_s - slot_s) // WINDOW_S
    last = min(int(until_s + slot_s) // WINDOW_S, first + _WINDOWS_MAX - 1)
    identity_key = bytes.fromhex(device.identity_key)
    keys = tuple(
        TemporaryKey(window=window & 0xFFFF, key=temporary_key(identity_key, window & 0xFFFF).hex())
        for window in range(first, last + 1)
    )
    return RollingToken(device=device.device, rotation_exponent=device.rotation_exponent, keys=keys)


def keys_until_s(device: RollingDevice, until_s: float) -> float:
    """Return the end of the last lease that the keys of :func:`rolling_token` are good for."""
    slot_s = 1 << device.rotation_exponent
    return (int(until_s + slot_s) // WINDOW_S + 1) * WINDOW_S - slot_s
