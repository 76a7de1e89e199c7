"""From a token to a customer in constant time, for 100,000 customers, without ever stalling.

Never a loop over keys: rolling ids are looked up in tables, one per slot, see :mod:`edge_agent.identify.rotation`.
The tables are made a little at a time: callers give :meth:`TokenIndex.work` a budget of derivations per step.

Everything is held in dictionaries of texts, bytes and numbers, which Python's garbage collector passes over: with an
object for each device it would stop the event loop now and then.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.slice import RollingToken, StaticToken, Token
from edge_agent.identify.keys import key_at, pack
from edge_agent.identify.rotation import DEVICE_BITS, NOBODY, Rotation
from edge_agent.identify.token import badge_number

DERIVATIONS_PER_S_MAX: Final = 2000
"""What slot changes may take of the unit, all rotations together: about a twentieth of a Raspberry Pi's core.

100,000 customers who change their id every 1,024 s need 98/s. So many as change it every second cannot be served:
the rotations that need the fewest derivations are served first, and of the one that does not fit the first devices.
The others are unknown, and counted (:attr:`TokenIndex.unserved`).
"""

REST_MAX_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Device:
    """The device of a customer that sends a token."""

    customer: CustomerId
    device: str
    slot: int | None = None
    """First Unix second of the slot of its id; ``None`` for a static token."""
    slot_length_s: int = 0
    """Length of that slot."""
    keys: bytes = field(default=b"", repr=False)
    """Its temporary keys, packed; empty for a static token."""

    def badge(self, unix_s: int, palette_size: int) -> int | None:
        """Return the badge that the customer's app shows at that time; ``None`` without an app."""
        key = key_at(self.keys, unix_s)
        return None if key is None else badge_number(key, palette_size)


class TokenIndex:
    """Knows whose token a frame carries. Everybody else stays unknown."""

    def __init__(self, entries: Iterable[tuple[CustomerId, tuple[Token, ...]]] = ()) -> None:
        self._numbers: dict[CustomerId, int] = {}
        self._customers: list[CustomerId] = []
        """By number; the numbers in :attr:`_free` are nobody's."""
        self._free: list[int] = []
        self._devices: list[str] = []
        """The names of a customer's devices in a row, by her number: mostly one and the same text."""
        self._static: dict[str, int] = {}
        """Static token -> device number."""
        self._cards: dict[int, str] = {}
        """Device number -> static token."""
        self._rotations: dict[int, Rotation] = {}
        """By exponent, shortest slots first."""
        for customer, tokens in entries:
            self.put(customer, tokens)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, customer: object) -> bool:
        return customer in self._numbers

    @property
    def unserved(self) -> int:
        """How many devices change their id too often for so many: they are not recognised."""
        self._share_out()
        return sum(max(0, len(rotation) - rotation.capacity) for rotation in self._rotations.values())

    # --- who there is -------------------------------------------------------------------------

    def put(self, customer: CustomerId, tokens: tuple[Token, ...]) -> None:
        """Replace a customer's devices. Raises ValueError for more than a profile may hold (8)."""
        if len(tokens) > 1 << DEVICE_BITS:
            raise ValueError(f"tokens: {len(tokens)}, at most {1 << DEVICE_BITS}")
        if not tokens:
            self.remove(customer)
            return
        number = self._numbers.get(customer)
        if number is None:
            number = self._numbered(customer)
        self._devices[number] = sys.intern(" ".join(token.device for token in tokens))
        for place in range(1 << DEVICE_BITS):
            self._put_device(number << DEVICE_BITS | place, tokens[place] if place < len(tokens) else None)

    def remove(self, customer: CustomerId) -> None:
        """Forget a customer's devices.

        A rolling id that was shared stays nobody's in the tables that there are, a static one until the next full load.
        """
        number = self._numbers.pop(customer, None)
        if number is None:
            return
        for place in range(1 << DEVICE_BITS):
            self._put_device(number << DEVICE_BITS | place, None)
        self._customers[number] = self._devices[number] = ""
        self._free.append(number)

    def _numbered(self, customer: CustomerId) -> int:
        if self._free:
            number = self._free.pop()
        else:
            number = len(self._customers)
            self._customers.append("")
            self._devices.append("")
        self._customers[number] = customer
        self._numbers[customer] = number
        return number

    def _put_device(self, number: int, token: Token | None) -> None:
        exponent = token.rotation_exponent if isinstance(token, RollingToken) else None
        for rotation in self._rotations.values():
            if number in rotation and rotation.rotation_exponent != exponent:
                rotation.remove(number)
        if number in self._cards:
            self._leave(self._cards.pop(number), number)
        match token:
            case RollingToken():
                self._rotation(token.rotation_exponent).put(number, pack(token.keys))
            case StaticToken():
                hers = self._static.get(token.token, number) >> DEVICE_BITS == number >> DEVICE_BITS
                self._static[token.token] = number if hers else NOBODY
                self._cards[number] = token.token

    def _leave(self, token: str, number: int) -> None:
        if self._static.get(token) == number:
            del self._static[token]

    def _rotation(self, exponent: int) -> Rotation:
        if exponent not in self._rotations:
            self._rotations[exponent] = Rotation(exponent)
            self._rotations = dict(sorted(self._rotations.items()))
        return self._rotations[exponent]

    # --- whose is it --------------------------------------------------------------------------

    def find(self, token: bytes | str) -> Device | None:
        """Return the device that sends ``token`` (8 bytes: rolling; text: static), or ``None``: unknown."""
        if isinstance(token, str):
            number = self._static.get(token, NOBODY)
            return None if number == NOBODY else self._device(number)
        found: Device | None = None
        for rotation in self._rotations.values():
            for slot, table in rotation.in_use:
                known = table.get(token)
                if known is None:
                    continue
                if known == NOBODY:
                    return None
                device = self._device(known, rotation, slot)
                if found is not None and found.customer != device.customer:
                    return None  # two slots, or two rotations, may give it to two customers
                found = found or device
        return found

    def _device(self, number: int, rotation: Rotation | None = None, slot: int | None = None) -> Device:
        customer = number >> DEVICE_BITS
        name = self._devices[customer].split(" ")[number & (1 << DEVICE_BITS) - 1]
        if rotation is None:
            return Device(self._customers[customer], name)
        return Device(self._customers[customer], name, slot, 1 << rotation.rotation_exponent, rotation.keys(number))

    # --- time ---------------------------------------------------------------------------------

    def work(self, unix_s: int, budget: int, trusted: bool = False) -> None:
        """Take at most ``budget`` steps of one derivation at most each towards the tables that ``unix_s`` needs.

        Where the clock is ``trusted``, keys of past windows are dropped one slot after their end.
        """
        self._share_out()
        rotations = tuple(self._rotations.values())
        share = budget // max(1, len(rotations))  # none can starve another
        left = budget - sum(share - rotation.work(unix_s, share, trusted) for rotation in rotations)
        for rotation in rotations:
            left = rotation.work(unix_s, left, trusted)

    def complete(self, unix_s: int) -> bool:
        """Whether all tables for ``unix_s`` are there."""
        return all(rotation.complete(unix_s) for rotation in self._rotations.values())

    def blind(self, unix_s: int) -> bool:
        """Whether the table of a present slot is missing: at the start, and when the clock was set."""
        return any(rotation.blind(unix_s) for rotation in self._rotations.values())

    def next_work_s(self, unix_s: int) -> int:
        """Return in how many seconds there is something to do; 0: now; an hour where nobody sends rolling ids."""
        return min((rotation.next_work_s(unix_s) for rotation in self._rotations.values()), default=REST_MAX_S)

    def _share_out(self) -> None:
        left_per_s = float(DERIVATIONS_PER_S_MAX)
        for exponent, rotation in reversed(self._rotations.items()):
            rotation.capacity = int(left_per_s * (1 << exponent))
            left_per_s -= min(len(rotation), rotation.capacity) / (1 << exponent)
