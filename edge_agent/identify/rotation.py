"""The devices that change their id every 2^K seconds, and one table of ids per slot.

Four tables may exist: those of the previous, the present and the next slot are looked into, because a phone's clock may
be wrong by a slot; the one after is prepared shortly before it is needed. A table counts only once it is complete,
and all tables change places in one assignment. No cipher is kept.
"""

from collections.abc import Iterator
from typing import Final

from edge_agent.identify.keys import key_at, without_past
from edge_agent.identify.token import ephemeral_id, slot_of, window_of

DEVICE_BITS: Final = 3
"""A device's number is its customer's number and, in so many bits, which of her devices it is."""

NOBODY: Final = -1
"""Stands for an id that two customers share."""

PREPARED_PER_S: Final = 1000
PREPARE_MIN_S: Final = 15
"""When the table after the next one is begun: so long before its slot, and a second more for every thousand devices.
Callers derive several times faster (see :data:`edge_agent.identify.index.DERIVATIONS_PER_S_MAX`)."""

Table = dict[bytes, int]
"""Ephemeral id -> device number."""


class Rotation:
    """One rotation exponent."""

    def __init__(self, rotation_exponent: int) -> None:
        self.rotation_exponent = rotation_exponent
        self.in_use: tuple[tuple[int, Table], ...] = ()
        """First second of a slot, and its table: what ids are looked up in."""
        self._length_s = 1 << rotation_exponent
        self._keys: dict[int, bytes] = {}  # the tables' values are this dictionary's own integers: they cost nothing
        self._tables: dict[int, Table] = {}
        self._unfinished: dict[int, Table] = {}
        """The table under way, if any: not looked into, but kept up with changes."""
        self.capacity = 0
        """For how many devices, the first ones, tables are made: what the unit can derive in time."""
        self._job: Iterator[None] | None = None
        self._oldest_window: int | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, number: object) -> bool:
        return number in self._keys

    def keys(self, number: int) -> bytes:
        """Return the packed keys of a device."""
        return self._keys[number]

    def put(self, number: int, keys: bytes) -> None:
        """Add a device, or replace its keys: only ids that become other ones are derived."""
        if self._oldest_window is not None:
            keys = without_past(keys, self._oldest_window)
        old = self._keys.get(number, b"")
        if old == keys and number in self._keys:
            return
        self._keys[number] = keys
        served = len(self._keys) <= self.capacity
        for slot, table in self._all_tables():
            old_key, new_key = key_at(old, slot), key_at(keys, slot)
            if old_key == new_key:
                continue
            self._leave(table, number, old_key, slot)
            if served:
                self._enter(table, number, new_key, slot)

    def remove(self, number: int) -> None:
        """Forget a device. An id that was shared stays nobody's in the tables that there are."""
        keys = self._keys.pop(number)
        for slot, table in self._all_tables():
            self._leave(table, number, key_at(keys, slot), slot)

    def work(self, unix_s: int, budget: int, trusted: bool) -> int:
        """Prepare what ``unix_s`` needs; return what is left of the budget.

        Keys of past windows are dropped one slot after their end, where the clock is ``trusted``.
        """
        wanted = self._wanted(unix_s)
        for slot in [slot for slot in self._tables if slot not in wanted]:
            del self._tables[slot]
        if any(slot not in wanted for slot in self._unfinished):  # the clock was set
            self._unfinished = {}
            self._job = None
        while budget > 0:
            if self._job is None:
                self._job = self._next_job(unix_s, wanted, trusted)
                if self._job is None:
                    break
            try:
                next(self._job)
                budget -= 1
            except StopIteration:
                self._job = None
        around = (slot for slot in self._around(unix_s) if slot in self._tables)
        self.in_use = tuple((slot, self._tables[slot]) for slot in around)
        return budget

    def complete(self, unix_s: int) -> bool:
        """Whether all tables that :meth:`work` would make at ``unix_s`` are there."""
        return all(slot in self._tables for slot in self._wanted(unix_s))

    def blind(self, unix_s: int) -> bool:
        """Whether the table of the present slot is missing, so that hardly anybody is recognised."""
        return slot_of(unix_s, self.rotation_exponent) not in self._tables

    def next_work_s(self, unix_s: int) -> int:
        """Return in how many seconds there is something to do; 0: now."""
        if self._job is not None or not self.complete(unix_s):
            return 0
        rest_s = self._length_s - unix_s % self._length_s
        return rest_s - self._ahead_s if rest_s > self._ahead_s else rest_s

    # --- slots --------------------------------------------------------------------------------

    @property
    def _ahead_s(self) -> int:
        return PREPARE_MIN_S + len(self._keys) // PREPARED_PER_S

    def _around(self, unix_s: int) -> tuple[int, ...]:
        present = slot_of(unix_s, self.rotation_exponent)
        slots = (present, present + self._length_s, present - self._length_s)
        return tuple(slot for slot in slots if slot >= 0)

    def _wanted(self, unix_s: int) -> tuple[int, ...]:
        present = slot_of(unix_s, self.rotation_exponent)
        soon = present + self._length_s - unix_s <= self._ahead_s
        return (*self._around(unix_s), present + 2 * self._length_s) if soon else self._around(unix_s)

    # --- jobs: no step costs more than one derivation ---------------------------------------------

    def _next_job(self, unix_s: int, wanted: tuple[int, ...], trusted: bool) -> Iterator[None] | None:
        missing = next((slot for slot in wanted if slot not in self._tables), None)
        if missing is not None:
            return self._fill(missing)
        oldest_window = window_of(min(self._around(unix_s)))
        if trusted and oldest_window != self._oldest_window:
            self._oldest_window = oldest_window
            return self._tidy(oldest_window)
        return None

    def _fill(self, slot: int) -> Iterator[None]:
        table: Table = {}
        self._unfinished = {slot: table}
        for number in tuple(self._keys)[: self.capacity]:
            keys = self._keys.get(number)
            if keys is not None:  # else it was removed meanwhile
                self._enter(table, number, key_at(keys, slot), slot)
            yield
        self._unfinished = {}
        self._tables[slot] = table  # switched in whole

    def _tidy(self, oldest_window: int) -> Iterator[None]:
        for number in tuple(self._keys):
            keys = self._keys.get(number)
            if keys is not None:
                self._keys[number] = without_past(keys, oldest_window)
            yield

    # --- tables -------------------------------------------------------------------------------

    def _all_tables(self) -> tuple[tuple[int, Table], ...]:
        return (*self._tables.items(), *self._unfinished.items())

    def _enter(self, table: Table, number: int, key: bytes | None, slot: int) -> None:
        if key is None:
            return
        eid = ephemeral_id(key, self.rotation_exponent, slot)
        hers = table.get(eid, number) >> DEVICE_BITS == number >> DEVICE_BITS
        table[eid] = number if hers else NOBODY  # the later of her devices: they may have changed places

    def _leave(self, table: Table, number: int, key: bytes | None, slot: int) -> None:
        if key is None:
            return
        eid = ephemeral_id(key, self.rotation_exponent, slot)
        if table.get(eid) == number:
            del table[eid]
