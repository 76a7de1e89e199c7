"""Who gets nothing, so that the effect can be measured. The same customers for ever."""

import hashlib

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.slice import Profile


def held_out(profile: Profile, campaign: Campaign) -> bool:
    """Whether she is in the control group, of the platform or of the campaign (a sticky hash)."""
    if profile.holdout:
        return True
    digest = hashlib.sha256(f"{campaign.campaign}|{profile.customer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < campaign.holdout
