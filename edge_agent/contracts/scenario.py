"""A scenario of the simulated radio: who walks about in the shop, and when."""

from typing import Annotated

from pydantic import Field, model_validator

from edge_agent.contracts.base import FileContract, Key128, Seconds, ShortText

Waypoint = tuple[Seconds, Annotated[float, Field(gt=0, le=200)]]
"""(seconds since the start of the round, distance to the unit in metres)."""


class Shopper(FileContract):
    """One customer with the shop's app."""

    name: ShortText
    """For the person who reads the scenario; nothing else uses it."""
    identity_key: Key128
    """The key of her app; the hub has the same."""
    rotation_exponent: Annotated[int, Field(ge=0, le=15)] = 10
    """Her id changes every 2^K seconds."""
    interval_s: Annotated[float, Field(ge=0.05, le=10)] = 0.25
    """Seconds between two advertisements."""
    walk: Annotated[tuple[Waypoint, ...], Field(min_length=2, max_length=100)]
    """Her way, straight from point to point; before the first and after the last she is out of earshot."""

    @model_validator(mode="after")
    def _in_order(self) -> "Shopper":
        times_s = [at_s for at_s, _ in self.walk]
        if times_s != sorted(times_s):
            raise ValueError("walk: the times must grow")
        return self


class Scenario(FileContract):
    """What the simulated radio hears."""

    round_s: Annotated[float, Field(ge=10, le=86_400)]
    """After so many seconds everything begins again."""
    strangers: Annotated[int, Field(ge=0, le=1000)] = 0
    """Phones of people who did not opt in; nothing of them may ever be seen anywhere."""
    seed: int = 1
    """Makes the noise; the same seed gives the same day."""
    shoppers: Annotated[tuple[Shopper, ...], Field(max_length=1000)]
    """The customers."""
