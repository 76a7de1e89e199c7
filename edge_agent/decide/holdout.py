"""Who gets nothing, so that the effect can be measured. The same customers for ever.

Where the platform has put her into its own control group, that counts for every campaign. Otherwise a hash of campaign
and customer gives her a fixed place between 0 and 1, and the campaign holds back those below its share: no list is
kept, every unit of the store comes to the same answer, each campaign has another group, and a share that is raised
adds customers and lets nobody out. Only offers are held back; of a service message or an order everybody hears.
"""

import hashlib

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.slice import Profile


def held_out(profile: Profile, campaign: Campaign) -> bool:
    """Whether she is in the control group, of the platform or of the campaign."""
    if profile.holdout:
        return True
    digest = hashlib.sha256(f"{campaign.campaign}|{profile.customer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < campaign.holdout
