"""The file that tells ``edge-agent replay`` who is a customer, and what may be said to her."""

from typing import Annotated

from pydantic import Field, JsonValue

from edge_agent.contracts.base import Contract
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product


class SliceFile(Contract):
    """A store's knowledge in one JSON file. Like a slice from the hub: what it does not know is ignored."""

    profiles: Annotated[tuple[JsonValue, ...], Field(max_length=100_000)]
    """Profiles as the hub sends them. A broken one is skipped and counted, the rest is used."""
    products: Annotated[tuple[Product, ...], Field(max_length=200_000)] = ()
    """Products of the catalogue."""
    campaigns: Annotated[tuple[Campaign, ...], Field(max_length=1000)] = ()
    """What could be said."""
