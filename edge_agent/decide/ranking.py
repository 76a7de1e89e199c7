"""Which of the eligible campaigns is said. Deterministic: the same inputs give the same order."""

from edge_agent.contracts.campaign import Campaign, MessageClass

CLASS_RANK: dict[MessageClass, int] = {"service": 0, "order": 1, "offer": 2}
"""The lowest number is said first."""


def rank_key(campaign: Campaign, expected_value: float) -> tuple[int, float, int, float, str]:
    """Sort key, best first: class, expected value, priority, freshness (the newer start), id."""
    started_s = campaign.starts_at.timestamp() if campaign.starts_at else 0.0
    return (
        CLASS_RANK[campaign.message_class],
        -expected_value,
        -campaign.priority,
        -started_s,
        campaign.campaign,
    )
