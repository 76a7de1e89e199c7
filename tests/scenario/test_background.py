"""An iPhone with the app in the background: a hint, one short read, a visit, and she leaves; and strangers."""

import logging
from collections.abc import Sequence
from math import log10

from edge_agent.constants import MEASURED_POWER_DBM
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.radio_config import BackgroundConfig, RadioConfig
from edge_agent.contracts.slice import Profile
from edge_agent.events import Advertisement, AppPresent, RadioHealth, ReadToken, TokenRead
from edge_agent.frames import ad, overflow
from edge_agent.identify.background import RESUME_S, STRANGER_S, overflow_bit
from edge_agent.identify.badges import PALETTE_SIZE
from edge_agent.identify.token import badge_number, temporary_key, window_of
from tests.scenario.shop import CONFIG, ROTATION_EXPONENT, START, Shop, eid, identity_key, profile
from tests.scenario.test_strangers import everything_in

SERVICE = "00000000-0000-0000-0000-00000000002a"
BIT = overflow_bit(SERVICE)
ON = CONFIG.model_copy(
    update={
        "radio": RadioConfig(
            background=BackgroundConfig(
                enabled=True, service_uuid=SERVICE, characteristic_uuid="3f6a2c11-9d1e-4e0b-8a57-6c1d2b7f9e40"
            )
        )
    }
)
HERS, STRANGERS = "5A:00:00:00:00:01", "5A:00:00:00:00:02"


class Air(Shop):
    """A shop whose phones can be asked."""

    def __init__(self, profiles: Sequence[Profile], config: AgentConfig = ON) -> None:
        super().__init__(profiles, config=config)
        self.app_at: dict[str, str] = {HERS: "anna"}
        """Whose app answers at an address."""
        self.asked: list[str] = []

    def hint(self, seconds: float, *heard: tuple[str, float], interval_s: float = 0.25) -> None:
        """Let time pass while phones hint from these distances (metres); who is asked answers half a second later."""
        end_s, before = self.unit.now_s + seconds, len(self.effects)
        while self.unit.now_s < end_s:
            for address, distance_m in heard:
                self.unit.put(hint(address, distance_m))
            questions = [effect.address for effect in self.effects[before:] if isinstance(effect, ReadToken)]
            before = len(self.effects)
            for address in questions:
                self.asked.append(address)
                self.unit.advance(self.unit.now_s + 0.5)
                self.unit.put(TokenRead(address, self.token(address)))
            self.unit.advance(self.unit.now_s + interval_s)

    def token(self, address: str) -> bytes | None:
        customer = self.app_at.get(address)
        if customer is None:
            return None
        return eid(customer, int(self.unit.instant.utc.timestamp()))


def hint(address: str, distance_m: float) -> Advertisement:
    assert BIT is not None
    rssi_dbm = round(MEASURED_POWER_DBM - 25 * log10(distance_m))
    return ad.heard(overflow.of_bits((BIT, 3)).encode(), rssi_dbm, address, "random")


def test_a_hint_a_read_a_visit_and_she_leaves() -> None:
    shop = Air([profile("anna")])
    shop.hint(10, (HERS, 1.0))
    assert shop.asked == [HERS]
    assert shop.showing is not None
    assert "visit.started" in shop.happened()
    shop.hint(10, (HERS, 8.0))
    assert shop.showing is None
    shop.unit.advance(shop.unit.now_s + 120)
    assert "visit.ended" in shop.happened()
    assert shop.asked == [HERS]


def test_off_means_off() -> None:
    shop = Air([profile("anna")], CONFIG)
    shop.hint(30, (HERS, 1.0))
    assert (shop.asked, shop.rows) == ([], [])


def test_another_bit_is_no_hint_and_a_far_phone_is_left_alone() -> None:
    shop = Air([profile("anna")])
    assert BIT is not None
    other = overflow.of_bits(bit for bit in range(128) if bit != BIT).encode()
    shop.unit.put(ad.heard(other, -40, HERS, "random"))
    shop.hint(10, (HERS, 10.0))
    assert shop.asked == []
    assert not any(isinstance(effect, ReadToken) for effect in shop.effects)


def test_her_phone_is_read_once_a_slot() -> None:
    shop = Air([profile("anna")])
    length_s = 1 << ROTATION_EXPONENT
    slots = 3
    shop.hint(slots * length_s, (HERS, 1.0), interval_s=1)
    assert slots <= len(shop.asked) <= slots + 1
    assert shop.happened().count("visit.started") == 1
    assert "visit.ended" not in shop.happened()


def test_a_stranger_with_her_bit_is_asked_once_and_leaves_no_trace(caplog) -> None:
    caplog.set_level(logging.DEBUG)
    shop = Air([profile("anna")])
    shop.hint(600, (STRANGERS, 1.0), interval_s=1)
    assert shop.asked == [STRANGERS]
    assert (shop.rows, shop.facts) == ([], [])
    assert STRANGERS not in repr(shop.effects)
    assert STRANGERS not in repr(TokenRead(STRANGERS, b"x"))
    assert STRANGERS in everything_in(shop.pipeline), "so that she is not asked again"
    shop.unit.advance(shop.unit.now_s + STRANGER_S)
    shop.asked.clear()
    shop.effects.clear()
    assert STRANGERS not in everything_in(shop.pipeline)
    assert caplog.records == []


def test_a_forged_answer_that_nobody_asked_for_is_ignored() -> None:
    shop = Air([profile("anna")])
    shop.unit.put(TokenRead(HERS, shop.token(HERS)))
    shop.walk(10)
    assert shop.rows == []


def test_a_token_of_nobody_or_of_the_wrong_length_is_a_strangers() -> None:
    shop = Air([profile("anna")])
    shop.unit.put(hint(HERS, 1.0))
    shop.unit.put(TokenRead(HERS, b"\0" * 20))
    shop.hint(60, (HERS, 1.0))
    assert shop.asked == []
    assert shop.rows == []


def test_who_withdrew_is_not_recognised_by_her_phone_any_more() -> None:
    shop = Air([profile("anna")])
    shop.hint(40, (HERS, 1.0))
    shop.say("opted_out")
    shop.change(gone=("anna",))
    told = len(shop.rows)
    shop.hint(60, (HERS, 1.0))
    assert shop.showing is None
    assert shop.rows[told:] == []


def test_who_is_no_customer_any_more_is_forgotten_before_her_slot_ends() -> None:
    shop = Air([profile("anna")])
    shop.hint(5, (HERS, 1.0))
    assert HERS in everything_in(shop.pipeline)
    shop.change(gone=("anna",))
    shop.effects.clear()
    shop.unit.advance(shop.unit.now_s + 5)
    assert HERS not in everything_in(shop.pipeline)


def test_while_a_phone_is_asked_nobody_else_counts_as_silent() -> None:
    shop = Air([profile("anna"), profile("bea")])
    shop.walk(10, ("bea", 1.0))
    assert shop.showing is not None
    shop.unit.put(hint(STRANGERS, 1.0))
    shop.unit.advance(shop.unit.now_s + 4)  # most controllers hear nobody while they connect
    shop.unit.put(TokenRead(STRANGERS, None))
    shop.unit.advance(shop.unit.now_s + 5)  # and BlueZ waits before it takes up the scan again
    assert shop.showing is not None
    shop.walk(1, ("bea", 1.0))
    assert shop.showing is not None
    shop.unit.advance(shop.unit.now_s + 8)
    assert shop.showing is None


def test_a_transmitter_that_invents_phones_which_never_answer_keeps_nobodys_visit_alive() -> None:
    shop = Air([profile("anna"), profile("bea")])
    shop.walk(10, ("bea", 1.0))
    assert shop.showing is not None
    left_s, number = shop.unit.now_s, 0
    while "visit.ended" not in shop.happened():
        assert shop.unit.now_s < left_s + 90
        number, before = number + 1, len(shop.effects)
        address = f"5B:00:00:00:{number >> 8:02X}:{number & 0xFF:02X}"
        shop.unit.put(hint(address, 1.0))
        if ReadToken(address) in shop.effects[before:]:
            shop.unit.advance(shop.unit.now_s + 4)
            shop.unit.put(TokenRead(address, None))
            shop.unit.advance(shop.unit.now_s + 5)  # deaf all the while
        else:
            shop.unit.advance(shop.unit.now_s + 0.1)
    assert shop.showing is None


def test_a_question_does_not_make_an_ill_radio_well() -> None:
    shop = Air([profile("anna"), profile("bea")])
    shop.walk(10, ("bea", 1.0))
    shop.unit.put(hint(STRANGERS, 1.0))
    shop.unit.put(RadioHealth(healthy=False))
    shop.unit.put(TokenRead(STRANGERS, None))
    shop.unit.advance(shop.unit.now_s + RESUME_S + 200)
    assert "visit.ended" not in shop.happened()
    shop.unit.put(RadioHealth(healthy=True))
    shop.unit.advance(shop.unit.now_s + 200)
    assert "visit.ended" in shop.happened()


def report(shop: Shop, rssi_dbm: int = -60, age_s: float = 0.5, customer: str = "anna", device: str = "phone") -> None:
    shop.unit.put(AppPresent(customer, device, rssi_dbm, shop.unit.now_s - age_s))


def test_her_app_alone_brings_her_a_greeting_and_its_silence_ends_it() -> None:
    shop = Shop([profile("anna")])
    for _ in range(5):
        report(shop)
        shop.unit.advance(shop.unit.now_s + 2)
    assert shop.showing is not None
    assert shop.showing.mode == "badge"
    shop.unit.advance(shop.unit.now_s + 120)
    assert shop.showing is None
    assert "visit.ended" in shop.happened()


def test_the_screen_shows_the_badge_of_the_device_that_reports() -> None:
    anna = profile("anna")
    [tag], [phone] = profile("bea").tokens, anna.tokens
    both = anna.model_copy(update={"tokens": (tag.model_copy(update={"device": "tag"}), phone)})
    shown = []
    for device in ("tag", "phone"):
        shop = Shop([both])
        for _ in range(5):
            report(shop, device=device)
            shop.unit.advance(shop.unit.now_s + 2)
        assert shop.showing is not None
        shown.append([badge.number for badge in shop.showing.badges])
    unix_s = int(START.timestamp())
    keys = [temporary_key(identity_key(who), window_of(unix_s)) for who in ("bea", "anna")]
    assert shown == [[badge_number(key, PALETTE_SIZE)] for key in keys]


def test_a_report_of_one_who_is_not_in_the_slice_or_withdrew_is_nothing() -> None:
    shop = Shop([profile("anna")])
    for _ in range(5):
        report(shop, customer="zoe")
        shop.unit.advance(shop.unit.now_s + 2)
    assert shop.rows == []
    shop.walk(30, ("anna", 1.0))
    shop.say("opted_out")
    told = len(shop.rows)
    for _ in range(5):
        report(shop)
        shop.unit.advance(shop.unit.now_s + 2)
    assert shop.rows[told:] == []


def test_a_report_from_afar_shows_nothing() -> None:
    shop = Shop([profile("anna")])
    for _ in range(5):
        report(shop, rssi_dbm=-85)
        shop.unit.advance(shop.unit.now_s + 2)
    assert shop.showing is None
