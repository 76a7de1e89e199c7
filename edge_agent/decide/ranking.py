"""Which of the eligible campaigns is said. Deterministic: the same inputs give the same order."""

from edge_agent.contracts.campaign import Campaign, MessageClass

CLASS_RANK: dict[MessageClass, int] = {"service": 0, "order": 1, "offer": 2}
"""The lowest number is said first."""

Standing = tuple[int, tuple[int, float, str]]
"""What the rank of a campaign is made of besides its value for her: its class, and what breaks a tie."""

RankKey = tuple[int, float, tuple[int, float, str]]


def standing(campaign: Campaign) -> Standing:
    """Return the class of a campaign, and its priority, freshness (the newer start) and id."""
    started_s = campaign.starts_at.timestamp() if campaign.starts_at else 0.0
    return CLASS_RANK[campaign.message_class], (-campaign.priority, -started_s, campaign.campaign)


def rank_key(of: Standing, expected_value: float) -> RankKey:
    """Sort key, best first: class, expected value, priority, freshness, id."""
    message_class, ties = of
    return message_class, -expected_value, ties
