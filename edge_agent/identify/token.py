"""Rolling ids and badges, derived as the Eddystone-EID specification says.

Pure: the hub uses it to make temporary keys, the unit to recognise them, an app developer to check an app.
Source: github.com/google/eddystone, eddystone-eid/eid-computation.md.
"""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

WINDOW_S: Final = 65_536
"""Length of a temporary-key window: 2^16 s."""
KEY_BYTES: Final = 16
EID_BYTES: Final = 8
_SALT: Final = b"\xff"
_BADGE_SALT: Final = b"\xfe"
_ECB: Final = modes.ECB()  # noqa: S305 (a single block)


def window_of(unix_s: int) -> int:
    """Return the number of the temporary-key window that holds a Unix second (16 bits, as in the block)."""
    return (unix_s // WINDOW_S) & 0xFFFF


def temporary_key(identity_key: bytes, window: int) -> bytes:
    """Return the 16-byte key of one window: ``AES128(IK, 00x11 | FF | 00 00 | BE16(window))``.

    Raises ValueError unless the key has 16 bytes and the window fits 16 bits.
    """
    _check_key(identity_key, "identity_key")
    return _aes(identity_key, bytes(11) + _SALT + bytes(2) + window.to_bytes(2, "big"))


def slot_of(unix_s: int, rotation_exponent: int) -> int:
    """Return the first Unix second of the slot of ``2 ** rotation_exponent`` seconds that holds ``unix_s``."""
    return (unix_s >> rotation_exponent) << rotation_exponent


def ephemeral_id(key: bytes, rotation_exponent: int, slot_start_s: int) -> bytes:
    """Return the 8-byte id of a slot: ``AES128(TK, 00x11 | K | BE32(slot))[:8]``.

    ``key`` is the temporary key of the window that holds the slot.
    Raises ValueError unless the key has 16 bytes and K is 0 to 15.
    """
    _check_key(key, "temporary key")
    if not 0 <= rotation_exponent <= 15:
        raise ValueError(f"rotation_exponent: {rotation_exponent} is not between 0 and 15")
    block = bytes(11) + bytes([rotation_exponent]) + (slot_start_s & 0xFFFF_FFFF).to_bytes(4, "big")
    return _aes(key, block)[:EID_BYTES]


def badge_number(key: bytes, palette_size: int) -> int:
    """Return the badge of a window: first byte of ``AES128(TK, 00x11 | FE | 00x4)`` modulo the palette."""
    _check_key(key, "temporary key")
    return _aes(key, bytes(11) + _BADGE_SALT + bytes(4))[0] % palette_size


def _aes(key: bytes, block: bytes) -> bytes:
    # One block of ECB is the bare AES permutation that the specification names.
    # A fresh cipher each time: 100,000 kept encryptors take 93 MB.
    return Cipher(algorithms.AES128(key), _ECB).encryptor().update(block)


def _check_key(key: bytes, name: str) -> None:
    if len(key) != KEY_BYTES:
        raise ValueError(f"{name}: {len(key)} bytes, must be {KEY_BYTES}")
