"""The code in a scene's QR code: random, good once, and worth nothing soon after its scene.

It is all that the QR code carries besides the campaign: who scans it says by that nothing about the customer for whom
the scene was meant. The unit forgets the code with its scene; the platform is told its digest when the scene is shown.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.campaign import Campaign

GRACE: Final = timedelta(minutes=1)
"""Time to finish what was begun with a phone in hand when the scene ended."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code on one scene."""

    campaign: Identifier
    """The campaign that it leads to."""
    coupon: Identifier | None
    """The coupon that it gives, if any."""
    url: str
    """What the QR code says: campaign and code, and nothing else."""
    digest: str
    """SHA-256 of the code as it stands in the QR code, campaign included; hexadecimal."""


def code_for(campaign: Campaign, url: str | None, secret: str) -> Code | None:
    """Return the code of a scene; ``None`` where it shows none.

    ``url`` has ``{code}`` in it. ``secret``: unguessable, at least 128 bits, and used for nothing else.
    """
    if url is None or not campaign.qr:
        return None
    code = f"{campaign.campaign}.{secret}"
    digest = hashlib.sha256(code.encode()).hexdigest()
    return Code(campaign.campaign, campaign.coupon, url.replace("{code}", code), digest)


def expires_at(shown_at: datetime, longest_s: float) -> datetime:
    """Return when the code of a scene that has just come up is worth nothing any more."""
    return shown_at + timedelta(seconds=longest_s) + GRACE
