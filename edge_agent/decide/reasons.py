"""Every reason for silence, by its name and in plain English. Names are stable: events, ``explain`` and docs use them.

In the order in which they are looked at; the first one that holds is told.
"""

from typing import Final

_OPEN_COMPLAINT: Final = "a ticket of hers is open, and no offer is made until it is closed."

WHY_NOTHING: Final[dict[str, str]] = {
    "no_notice": "no privacy notice hangs in the shop, so nobody is spoken to personally.",
    "clock_untrusted": "the unit cannot be sure what time it is, so it cannot tell which consents hold.",
    "lease_expired": "the profiles are older than their lease; the unit must reach the hub first.",
    "profile_expired": "the store holds no profile of her, or it is past its time.",
    "withdrawn": "she withdrew her consent, or paused for today.",
    "age": "she is not known to be an adult.",
    "no_consent": "she consents neither to the screen nor to clerks at this time.",
    "do_not_disturb": "she asked to be left alone.",
    "open_complaint": _OPEN_COMPLAINT,
    "nothing_to_say": "no campaign is left that could be said to her now.",
    "holdout": "she is in the control group, who get nothing so that the effect can be measured.",
}
"""Why nothing at all is said."""

WHY_NOT: Final[dict[str, str]] = {
    "met": "it came up in this visit already.",
    "not_now": "it has not begun, or is over.",
    "daypart": "it is not said at this time of the week, by the store's clock.",
    "zone": "it is not said in this area of the store.",
    "open_complaint": _OPEN_COMPLAINT,
    "bought": "she has just bought something, and nothing else is offered to her in this visit.",
    "not_viewed": "she has not viewed any of its products lately.",
    "no_order": "no order of hers is ready here.",
    "no_ticket": "no ticket of hers is open.",
    "not_offered": "the platform does not list it among her next best offers.",
    "not_in_basket": "none of its products waits in her web basket.",
    "not_emailed": "she has not opened an e-mail about it lately.",
    "no_appointment": "she has no appointment here at about this time.",
    "tier": "her loyalty tier is not one of those that it is for.",
    "no_need": "she has not said that she needs what it is about.",
    "unknown_product": "the store's catalogue does not hold its product.",
    "content_class": "it has to do with a product that is mentioned nowhere.",
    "no_stock": "the store is not known to hold enough of it, in her size where that is known.",
    "capped": "it has been said as often as it may be.",
    "limited": "she has heard as many offers as the store allows.",
    "exclusive": "she has heard of another campaign of its group.",
    "no_channel": "neither the screen nor a clerk may say it: see consents, screen mode, content class, campaign.",
    "outranked": "another campaign comes first.",
}
"""Why one campaign is not said."""

REASONS: Final[dict[str, str]] = {**WHY_NOTHING, **WHY_NOT}
"""All of them: name -> sentence."""
