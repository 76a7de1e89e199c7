"""Only what a store may use leaves the hub."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.slice import Profile
from provisioning.minimal import minimised, with_pause, without_withdrawn

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PURPOSES = ["screen", "clerk", "clerk_name", "screen_name", "analytics"]


def consent(purpose: str, begins: timedelta = -HOUR, ends: timedelta = HOUR) -> dict[str, object]:
    return {"purpose": purpose, "receipt": "r1", "granted_at": NOW + begins, "expires_at": NOW + ends}


def anna(*consents: dict[str, object], **fields: object) -> Profile:
    return Profile.model_validate(
        {
            "customer": "anna",
            "age": "adult",
            "salutation": "Frau Berger",
            "consents": consents,
            "needs": [
                {"topic": "waterproof", "content_class": "discreet"},
                {"topic": "maternity", "content_class": "sensitive"},
            ],
            "valid_until": NOW + HOUR,
            **fields,
        }
    )


def needs(profile: Profile | None) -> list[str]:
    assert profile is not None
    return [need.topic for need in profile.needs]


@pytest.mark.parametrize(
    "profile",
    [
        anna(consent("screen"), age="minor"),
        anna(consent("screen"), age="unknown"),
        anna(),
        anna(consent("analytics"), consent("clerk_name")),
        anna(consent("screen", ends=timedelta(0))),
        anna(consent("screen"), consent("screen", ends=-timedelta(seconds=1))),
        anna(consent("screen"), valid_until=NOW),
    ],
    ids=["minor", "unknown age", "no consent", "no purpose to act on", "ended", "of two the strictest", "not valid"],
)
def test_a_profile_that_nobody_may_act_on_stays_here(profile: Profile) -> None:
    assert minimised(profile, NOW) is None


@pytest.mark.parametrize(
    ("purposes", "named"),
    [
        (("screen", "clerk_name"), False),
        (("clerk", "screen_name"), False),
        (("clerk", "clerk_name"), True),
        (("screen", "screen_name"), True),
    ],
)
def test_her_name_travels_only_with_the_purpose_that_it_belongs_to(purposes: tuple[str, ...], named: bool) -> None:
    kept = minimised(anna(*map(consent, purposes)), NOW)
    assert kept is not None
    assert (kept.salutation is not None) == named


def test_what_she_said_last_counts() -> None:
    profile = anna(consent("screen"), consent("clerk", begins=HOUR / 2))
    assert without_withdrawn(profile, None) is profile
    for withdrawn, kept in ((-2 * HOUR, 2), (-HOUR, 1), (timedelta(0), 1), (HOUR / 2, 0)):
        assert len(without_withdrawn(profile, (NOW + withdrawn).timestamp()).consents) == kept


def test_her_name_travels_only_to_be_said() -> None:
    for purposes, name in (
        (("screen", "clerk"), None),
        (("clerk", "clerk_name"), "Frau Berger"),
        (("screen", "screen_name"), "Frau Berger"),
    ):
        kept = minimised(anna(*map(consent, purposes)), NOW)
        assert kept is not None
        assert kept.salutation == name
    ended = minimised(anna(consent("clerk"), consent("clerk_name", ends=timedelta(0))), NOW)
    assert ended is not None
    assert ended.salutation is None


def test_what_she_needs_travels_to_clerks_and_nothing_sensitive_to_anybody() -> None:
    assert needs(minimised(anna(consent("clerk")), NOW)) == ["waterproof"]
    assert needs(minimised(anna(consent("screen")), NOW)) == []


def test_a_consent_that_begins_later_travels_for_the_unit_looks_at_the_times() -> None:
    kept = minimised(anna(consent("screen", begins=HOUR / 2)), NOW)
    assert kept is not None
    assert [each.purpose for each in kept.consents] == ["screen"]


def test_a_pause_travels_until_it_is_over_and_the_longer_one_counts() -> None:
    at = NOW + HOUR
    paused = with_pause(anna(consent("screen")), at.timestamp())
    for now, expected in ((NOW, at), (at, None)):
        kept = minimised(paused.model_copy(update={"valid_until": NOW + 9 * HOUR, "consents": ()}), now)
        assert kept is None, "a pause is no consent"
        kept = minimised(anna(consent("screen", ends=9 * HOUR), valid_until=NOW + 9 * HOUR, paused_until=at), now)
        assert kept is not None
        assert kept.paused_until == expected
    assert with_pause(paused, NOW.timestamp()).paused_until == at
    assert with_pause(paused, (at + HOUR).timestamp()).paused_until == at + HOUR


@given(
    st.lists(st.tuples(st.sampled_from(PURPOSES), st.integers(-3, 3), st.integers(-3, 3)), max_size=6),
    st.sampled_from(["adult", "minor", "unknown"]),
    st.integers(0, 3),
)
def test_at_no_later_time_would_a_unit_say_more_or_less_for_it(
    spans: list[tuple[str, int, int]], age: str, later_h: int
) -> None:
    """Dropping a consent that has ended must not wake another one for the same purpose."""

    def in_force(profile: Profile, purpose: str, at: datetime) -> bool:  # as decide.eligibility reads them
        mine = [each for each in profile.consents if each.purpose == purpose]
        return bool(mine) and all(each.granted_at <= at < each.expires_at for each in mine)

    profile = anna(*(consent(purpose, begin * HOUR, end * HOUR) for purpose, begin, end in spans), age=age)
    kept, at = minimised(profile, NOW), NOW + later_h * HOUR
    for purpose in PURPOSES:
        if kept is not None:
            assert in_force(kept, purpose, at) == in_force(profile, purpose, at)
        elif purpose in ("screen", "clerk") and age == "adult" and at < profile.valid_until:
            assert not in_force(profile, purpose, at)
