"""What a slice file holds, for the commands that decide without an agent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from pydantic import ValidationError

from edge_agent.cli.campaign_file import read_tree
from edge_agent.contracts import campaign_problems
from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.problems import explain
from edge_agent.contracts.slice import Profile
from edge_agent.contracts.slice_file import SliceFile
from edge_agent.errors import FileError

LEASE_UNTIL: Final = datetime(3001, 1, 1, tzinfo=UTC)
"""A slice file is good at any time."""


class Shelf:
    """What a slice file holds, as the pipeline asks for it."""

    def __init__(self, profiles: Iterable[Profile], products: Iterable[Product], campaigns: Sequence[Campaign]) -> None:
        self.profiles: Mapping[CustomerId, Profile] = {profile.customer: profile for profile in profiles}
        self._products = {product.product: product for product in products}
        self._campaigns = campaigns

    def profile(self, customer: CustomerId) -> Profile | None:
        """Return a profile."""
        return self.profiles.get(customer)

    def product(self, product: str) -> Product | None:
        """Return a product."""
        return self._products.get(product)

    def campaigns(self) -> Sequence[Campaign]:
        """Return what could be said."""
        return self._campaigns

    def saying(self, campaigns: Sequence[Campaign]) -> "Shelf":
        """Return a shelf with other campaigns."""
        return Shelf(self.profiles.values(), self._products.values(), campaigns)


def read_slice(path: Path) -> Shelf:
    """Read a slice file. Raises FileError that names the wrong field; a broken profile is only reported."""
    try:
        content = SliceFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise FileError("\n".join(f"{path}: {line}" for line in explain(error))) from error
    profiles = []
    for number, raw in enumerate(content.profiles, start=1):
        try:
            profiles.append(Profile.model_validate(raw))
        except ValidationError as error:
            click.echo(f"{path}: profile {number} is skipped: {'; '.join(explain(error))}", err=True)
    return Shelf(profiles, content.products, content.campaigns)


def read_campaigns(path: Path) -> Sequence[Campaign]:
    """Read a file of campaigns, as ``edge-agent campaigns check`` does. Raises FileError that names every mistake."""
    right, mistakes = campaign_problems.read_campaigns(read_tree(path).campaigns)
    if mistakes:
        raise FileError("\n".join(f"{path}: {line}" for line in mistakes))
    return tuple(right.values())
