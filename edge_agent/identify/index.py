"""From a token to a customer in constant time, for 100,000 customers, without ever stalling.

Rolling ids are looked up in one table per slot: the previous, the present and the next one
(a phone's clock may be wrong by a slot). The tables are filled a little at a time: callers give
:meth:`TokenIndex.work` a budget of derivations per step, and a table counts only once it is complete.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.slice import RollingToken, StaticToken, Token
from edge_agent.identify.token import badge_number, ephemeral_id, slot_of, window_of


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a customer, with the temporary keys that the slice brought."""

    customer: CustomerId
    device: str
    rotation_exponent: int
    keys: tuple[tuple[int, bytes], ...] = field(repr=False)
    """(window, temporary key); empty for a static token."""

    def key(self, unix_s: int) -> bytes | None:
        """Return the temporary key of the window that holds a Unix second."""
        window = window_of(unix_s)
        return next((key for number, key in self.keys if number == window), None)

    def badge(self, unix_s: int, palette_size: int) -> int | None:
        """Return the badge that the customer's app shows at that time; ``None`` without an app."""
        key = self.key(unix_s)
        return None if key is None else badge_number(key, palette_size)


_Table = dict[bytes, Device | None]
"""Ephemeral id -> device; ``None`` where two customers share it: then it is nobody's."""


class _Slots:
    """The tables of one rotation exponent."""

    def __init__(self, rotation_exponent: int) -> None:
        self.rotation_exponent = rotation_exponent
        self.devices: dict[tuple[CustomerId, str], Device] = {}
        self._tables: dict[int, _Table] = {}
        self._unfinished: dict[int, _Table] = {}
        """The table under way, if any: not looked into, but kept up with changes."""
        self._build: Iterator[None] | None = None

    def matches(self, eid: bytes) -> list[Device | None]:
        return [table[eid] for table in self._tables.values() if eid in table]

    def add(self, device: Device) -> None:
        self.remove((device.customer, device.device))
        self.devices[(device.customer, device.device)] = device
        for slot, table in (self._tables | self._unfinished).items():
            _insert(table, device, slot)

    def remove(self, name: tuple[CustomerId, str]) -> None:
        device = self.devices.pop(name, None)
        if device is None:
            return
        for slot, table in (self._tables | self._unfinished).items():
            key = device.key(slot)
            eid = None if key is None else ephemeral_id(key, device.rotation_exponent, slot)
            if eid is not None and table.get(eid) is device:
                del table[eid]

    def work(self, unix_s: int, budget: int) -> int:
        """Fill tables that are missing at ``unix_s``; return what is left of the budget."""
        wanted = self._wanted(unix_s)
        for slot in [slot for slot in self._tables if slot not in wanted]:
            del self._tables[slot]
        while budget > 0:
            if self._build is None:
                missing = next((slot for slot in wanted if slot not in self._tables), None)
                if missing is None:
                    break
                self._build = self._fill(missing)
            try:
                next(self._build)
                budget -= 1
            except StopIteration:
                self._build = None
        return budget

    def complete(self, unix_s: int) -> bool:
        return all(slot in self._tables for slot in self._wanted(unix_s))

    def _wanted(self, unix_s: int) -> tuple[int, ...]:
        length_s = 1 << self.rotation_exponent
        present = slot_of(unix_s, self.rotation_exponent)
        return tuple(slot for slot in (present, present + length_s, present - length_s) if slot >= 0)

    def _fill(self, slot: int) -> Iterator[None]:
        table: _Table = {}
        self._unfinished = {slot: table}
        for name, device in tuple(self.devices.items()):
            if self.devices.get(name) is device:  # neither removed nor replaced meanwhile
                _insert(table, device, slot)
            yield
        self._unfinished = {}
        self._tables[slot] = table  # switched in whole


def _insert(table: _Table, device: Device, slot: int) -> None:
    key = device.key(slot)
    if key is None:
        return
    eid = ephemeral_id(key, device.rotation_exponent, slot)
    known = table.setdefault(eid, device)
    if known is None or known.customer != device.customer:
        table[eid] = None


class TokenIndex:
    """Knows whose token a frame carries. Everybody else stays unknown."""

    def __init__(self, entries: Iterable[tuple[CustomerId, tuple[Token, ...]]] = ()) -> None:
        self._static: dict[str, Device | None] = {}
        self._slots: dict[int, _Slots] = {}
        self._tokens: dict[CustomerId, tuple[Device | str, ...]] = {}
        for customer, tokens in entries:
            self.put(customer, tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    def put(self, customer: CustomerId, tokens: tuple[Token, ...]) -> None:
        """Replace a customer's devices."""
        self.remove(customer)
        kept: list[Device | str] = []
        for token in tokens:
            match token:
                case RollingToken():
                    keys = tuple((key.window, bytes.fromhex(key.key)) for key in token.keys)
                    device = Device(customer, token.device, token.rotation_exponent, keys)
                    self._slots.setdefault(token.rotation_exponent, _Slots(token.rotation_exponent)).add(device)
                    kept.append(device)
                case StaticToken():
                    known = self._static.get(token.token, _ABSENT)
                    mine = known is _ABSENT or (isinstance(known, Device) and known.customer == customer)
                    self._static[token.token] = Device(customer, token.device, 0, ()) if mine else None
                    kept.append(token.token)
        if kept:
            self._tokens[customer] = tuple(kept)

    def remove(self, customer: CustomerId) -> None:
        """Forget a customer's devices. A token that was shared stays nobody's until the next full load."""
        for token in self._tokens.pop(customer, ()):
            if isinstance(token, Device):
                self._slots[token.rotation_exponent].remove((customer, token.device))
            elif (owner := self._static.get(token)) is not None and owner.customer == customer:
                del self._static[token]

    def find(self, token: bytes | str) -> Device | None:
        """Return the device that sends ``token`` (8 bytes: rolling; text: static), or ``None``: unknown."""
        if isinstance(token, str):
            return self._static.get(token)
        matches = [match for slots in self._slots.values() for match in slots.matches(token)]
        owners = {None if match is None else match.customer for match in matches}
        return matches[0] if len(owners) == 1 else None  # two slots, or two rotations, may give it to two customers

    def work(self, unix_s: int, budget: int) -> None:
        """Derive at most ``budget`` ids (about 8 µs each) towards the tables that ``unix_s`` needs."""
        for slots in self._slots.values():
            budget = slots.work(unix_s, budget)

    def complete(self, unix_s: int) -> bool:
        """Whether all tables for ``unix_s`` are there."""
        return all(slots.complete(unix_s) for slots in self._slots.values())

    def next_slot_s(self, unix_s: int) -> float:
        """Return in how many seconds the next table is needed; an hour where nobody sends rolling ids."""
        lengths_s = (1 << exponent for exponent in self._slots)
        return float(min((length_s - unix_s % length_s for length_s in lengths_s), default=3600))


_ABSENT = object()
