"""iPhones whose app is in the background: which of them to ask for their token, and whose they turned out to be.

All that such a phone shows is one bit of Apple's overflow area, which other apps share: a hint. So a phone is asked
once, for one characteristic. What a phone is remembered by is its address, in memory only: a stranger's for
:data:`STRANGER_S` and never more than :data:`STRANGERS_MAX` of them, so that she is not asked again and again (the one
stated exception to hard rule 1); a customer's until her token's slot ends, or until she withdraws.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from edge_agent.contracts.radio_config import BackgroundConfig

STRANGER_S: Final = 900.0
"""Who gave no token of a customer is not asked again for so long."""

STRANGERS_MAX: Final = 256
"""With so many of them in memory nobody else is asked: never a stranger twice, even where somebody floods the air."""

CUSTOMERS_MAX: Final = 64
"""Phones whose token is a customer's; the one that was asked first goes first."""

ANSWER_S: Final = 15.0
"""A phone that was asked and is not heard of again counts as a stranger's: the reader has failed."""

REST_S: Final = 2.0
"""Between two questions the radio listens for at least so long, and for as long as it was deaf: whoever floods the air
with hints cannot take more than half of its time."""

RESUME_S: Final = 8.0
"""The radio hears again so long after an answer at the latest: the kernel stops discovery for a connection, and BlueZ
takes it up again 5 s later."""

_PUBLISHED: Final = "00000000-0000-0000-0000-0000000000"
_PUBLISHED_DIGITS: Final = (0x09, 0x12, 0x24, 0x48, 0x10, 0x29, 0x52)
_PUBLISHED_ZERO: Final = 0x07

_NEVER: Final = float("inf")


def overflow_bit(service_uuid: str) -> int | None:
    """Return which bit of the overflow area a service UUID sets, where that is published; else ``None``.

    Apple's hash is not documented. Known are the 128 UUIDs that end in 00 to 7f and are zero otherwise, one for each
    bit (David G. Young, github.com/davidgyoung/OverflowAreaBeaconRef): each binary digit of the last byte flips the
    same bits of the number, whatever the others are.
    """
    digits = service_uuid.lower().removeprefix(_PUBLISHED)
    if len(digits) != 2 or int(digits, 16) >= 1 << len(_PUBLISHED_DIGITS):
        return None
    bit = _PUBLISHED_ZERO
    for place, flips in enumerate(_PUBLISHED_DIGITS):
        if int(digits, 16) >> place & 1:
            bit ^= flips
    return bit


def background_phones(config: BackgroundConfig) -> "BackgroundPhones | None":
    """Return what the configuration allows to be asked; ``None``: nobody is."""
    if not config.enabled or config.service_uuid is None:
        return None
    bit = overflow_bit(config.service_uuid) if config.overflow_bit is None else config.overflow_bit
    return None if bit is None else BackgroundPhones(bit, config.ask_from_dbm)


@dataclass(frozen=True, slots=True)
class _Asked:
    address: str = field(repr=False)
    rssi_dbm: int
    until_s: float


@dataclass(frozen=True, slots=True)
class _Customers:
    token: bytes = field(repr=False)
    until_s: float


class BackgroundPhones:
    """Who was asked and what she gave. Times are monotonic seconds. One phone is asked at a time."""

    def __init__(self, bit: int, ask_from_dbm: int) -> None:
        """``bit``: the app's bit of the overflow area. ``ask_from_dbm``: a phone that is heard weaker is not asked."""
        self.bit = bit
        self._ask_from_dbm = ask_from_dbm
        self._asked: _Asked | None = None
        self._rested_s = 0.0
        self._deaf_since_s = 0.0
        self._resumes_s: float | None = None
        self._strangers: dict[str, float] = {}
        self._customers: dict[str, _Customers] = {}
        self._due_s = _NEVER

    @property
    def deaf(self) -> bool:
        """Whether the radio may be deaf because of a question: most controllers hear nobody while they connect.

        From :meth:`ask` until something is heard after the answer; that time is nobody's silence.
        """
        return self._resumes_s is not None

    def heard(self, now_s: float) -> bool:
        """Something was heard; return whether that ended the deafness."""
        if self._resumes_s is None or self._asked is not None:
            return False
        self._resume(now_s)
        return True

    def token(self, address: str, now_s: float) -> bytes | None:
        """Return the token that a phone gave in the present slot, or ``None``."""
        known = self._customers.get(address)
        return None if known is None or now_s >= known.until_s else known.token

    def ask(self, address: str, rssi_dbm: int, now_s: float) -> bool:
        """Whether to ask a phone that hints at the app now. If so, :meth:`answered` or :meth:`expire` ends it."""
        if self._asked is not None or now_s < self._rested_s or rssi_dbm < self._ask_from_dbm or not address:
            return False
        if self._strangers.get(address, now_s) > now_s or self.token(address, now_s) is not None:
            return False
        if len(self._strangers) >= STRANGERS_MAX:
            return False
        self._asked = _Asked(address, rssi_dbm, now_s + ANSWER_S)
        self._deaf_since_s, self._resumes_s = now_s, now_s + ANSWER_S
        self._due_s = min(self._due_s, self._asked.until_s)
        return True

    def answered(self, address: str, now_s: float) -> int | None:
        """Take an answer; return how strong the hint was, dBm. ``None``: this phone is not being asked.

        From here on it is a stranger's; where the answer is a customer's token, :meth:`remember` it.
        """
        if self._asked is None or self._asked.address != address:
            return None
        rssi_dbm, self._asked = self._asked.rssi_dbm, None
        self._rested_s, self._resumes_s = now_s + REST_S, now_s + RESUME_S
        self._due_s = min(self._due_s, self._resumes_s, now_s + STRANGER_S)
        self._customers.pop(address, None)
        self._strangers[address] = now_s + STRANGER_S
        return rssi_dbm

    def remember(self, address: str, token: bytes, until_s: float) -> None:
        """A phone's token is a customer's, until its slot ends."""
        self._strangers.pop(address, None)
        if len(self._customers) >= CUSTOMERS_MAX:
            del self._customers[next(iter(self._customers))]
        self._customers[address] = _Customers(token, until_s)
        self._due_s = min(self._due_s, until_s)

    def keep(self, known: Callable[[bytes], object]) -> None:
        """Forget phones whose token is nobody's any more, because its owner withdrew: ``known`` says ``None``."""
        for address in [address for address, hers in self._customers.items() if known(hers.token) is None]:
            del self._customers[address]

    def expire(self, now_s: float) -> bool:
        """Forget what is past its time; return whether the deafness ended by that.

        Call it at :meth:`next_deadline`: no address may stay in an empty shop.
        """
        if now_s < self._due_s:
            return False
        resumed = False
        if self._asked is not None and now_s >= self._asked.until_s:
            self.answered(self._asked.address, now_s)
        elif self._resumes_s is not None and now_s >= self._resumes_s:
            self._resume(now_s)
            resumed = True
        for address in [address for address, until_s in self._strangers.items() if now_s >= until_s]:
            del self._strangers[address]
        for address in [address for address, known in self._customers.items() if now_s >= known.until_s]:
            del self._customers[address]
        self._due_s = min(self._deadlines_s(), default=_NEVER)
        return resumed

    def next_deadline(self) -> float | None:
        """When to call :meth:`expire`; ``None`` while nothing is remembered."""
        return None if self._due_s == _NEVER else self._due_s

    def _resume(self, now_s: float) -> None:
        self._resumes_s = None
        self._rested_s = max(self._rested_s, now_s + now_s - self._deaf_since_s)

    def _deadlines_s(self) -> Iterator[float]:
        if self._resumes_s is not None:
            yield self._resumes_s
        yield from self._strangers.values()
        yield from (known.until_s for known in self._customers.values())
