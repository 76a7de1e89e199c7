"""Apple's overflow area: service UUIDs of apps in the background of an iPhone, as bits of a hash.

Company 0x004C, type 0x01, 16 bytes. Each UUID sets one of 128 bits; several UUIDs share a bit, so a bit is a hint.
Apple does not document it. Source: David G. Young's reverse engineering (github.com/davidgyoung/OverflowAreaBeaconRef),
which numbers the bits from the lowest of the first byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from edge_agent.frames import ad
from edge_agent.frames.ibeacon import APPLE
from edge_agent.frames.rejection import Rejected, Rejection

TYPE: Final = 0x01
BITS: Final = 128
_PAYLOAD_BYTES: Final = 1 + BITS // 8


@dataclass(frozen=True, slots=True)
class Overflow:
    """One overflow area. It recognises nobody."""

    area: int = field(repr=False)
    """All bits as a number; bit 0 is the lowest of the first byte."""
    token: ClassVar[None] = None
    measured_power_dbm: ClassVar[None] = None

    @property
    def bits(self) -> tuple[int, ...]:
        """The numbers of the bits that are set, 0 to 127."""
        return tuple(bit for bit in range(BITS) if self.has(bit))

    def has(self, bit: int) -> bool:
        """Whether a bit is set."""
        return bool(self.area >> bit & 1)

    def encode(self) -> bytes:
        """Return the whole advertising data. Raises OverflowError when there are more than 128 bits."""
        area = self.area.to_bytes(BITS // 8, "little")
        return ad.payload([ad.structure(ad.MANUFACTURER, APPLE.to_bytes(2, "little") + bytes([TYPE]) + area)])


def of_bits(bits: Iterable[int]) -> Overflow:
    """Return the area in which these bits are set."""
    return Overflow(sum(1 << bit for bit in set(bits)))


def decode(payload: bytes) -> Overflow:
    """Read Apple's manufacturer data that begins with :data:`TYPE`. Raises Rejected."""
    if len(payload) != _PAYLOAD_BYTES:
        raise Rejected(Rejection.OVERFLOW_LENGTH)
    return Overflow(int.from_bytes(payload[1:], "little"))
