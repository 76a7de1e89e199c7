"""Only what a store may use leaves the hub. Pure."""

from datetime import UTC, datetime
from typing import Final, TypeVar

from edge_agent.contracts.slice import Profile

_WORTH_KNOWING: Final = frozenset({"screen", "clerk"})
_NAMING: Final = (frozenset({"clerk", "clerk_name"}), frozenset({"screen", "screen_name"}))

P = TypeVar("P", bound=Profile)


def minimised(profile: Profile, now: datetime) -> Profile | None:
    """Return what may travel of a profile; ``None``: nothing.

    Only an adult's travels, and only while somebody may act on it. A purpose goes with its first consent that has
    ended: of several the strictest wins. One that has not begun stays, for the unit looks at the times itself.
    """
    ended = {consent.purpose for consent in profile.consents if consent.expires_at <= now}
    consents = tuple(consent for consent in profile.consents if consent.purpose not in ended)
    purposes = {consent.purpose for consent in consents}
    if profile.age != "adult" or now >= profile.valid_until or purposes.isdisjoint(_WORTH_KNOWING):
        return None
    sayable = tuple(need for need in profile.needs if need.content_class != "sensitive")
    return profile.model_copy(
        update={
            "consents": consents,
            "salutation": profile.salutation if any(pair <= purposes for pair in _NAMING) else None,
            "needs": sayable if "clerk" in purposes else (),  # no screen ever speaks of them
            "paused_until": profile.paused_until if profile.paused_until and profile.paused_until > now else None,
        }
    )


def with_pause(profile: Profile, until_s: float | None) -> Profile:
    """Return a profile with a pause until a Unix second, unless it has a longer one."""
    if until_s is None:
        return profile
    until = datetime.fromtimestamp(until_s, UTC)
    held = profile.paused_until
    return profile if held is not None and held >= until else profile.model_copy(update={"paused_until": until})


def without_withdrawn(profile: P, withdrawn_s: float | None) -> P:
    """Return a profile without what she had consented to when she withdrew, at a Unix second."""
    if withdrawn_s is None:
        return profile
    kept = tuple(consent for consent in profile.consents if consent.granted_at.timestamp() > withdrawn_s)
    return profile.model_copy(update={"consents": kept})
