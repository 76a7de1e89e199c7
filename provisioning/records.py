"""What the platform tells the hub about a customer: her profile, and her devices with their identity keys."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from edge_agent.contracts.base import FileContract, Identifier, Key128
from edge_agent.contracts.slice import Profile, RollingToken, StaticToken, TemporaryKey
from edge_agent.identify.token import WINDOW_S, temporary_key

_WINDOWS_MAX = 4


class RollingDevice(FileContract):
    """A phone or tag with a rolling id. Only the hub and the device know its identity key."""

    kind: Literal["rolling"] = "rolling"
    """Discriminator."""
    device: Identifier
    """Names the device within the customer; opaque."""
    identity_key: Annotated[Key128, Field(repr=False)]
    """Eddystone-EID identity key. It never leaves the hub."""
    rotation_exponent: Annotated[int, Field(ge=0, le=15)] = 10
    """K: the id changes every 2^K seconds."""

    def token(self, now_s: float, until_s: float) -> RollingToken:
        """Return the temporary keys for a lease from ``now_s`` to ``until_s``, plus one slot on each side."""
        slot_s = 1 << self.rotation_exponent
        first = int(now_s - slot_s) // WINDOW_S
        last = min(int(until_s + slot_s) // WINDOW_S, first + _WINDOWS_MAX - 1)
        identity_key = bytes.fromhex(self.identity_key)
        keys = tuple(
            TemporaryKey(window=window & 0xFFFF, key=temporary_key(identity_key, window & 0xFFFF).hex())
            for window in range(first, last + 1)
        )
        return RollingToken(device=self.device, rotation_exponent=self.rotation_exponent, keys=keys)

    def keys_until_s(self, until_s: float) -> float:
        """Return the end of the last lease that the keys of :meth:`token` are good for."""
        slot_s = 1 << self.rotation_exponent
        return (int(until_s + slot_s) // WINDOW_S + 1) * WINDOW_S - slot_s


class StaticDevice(StaticToken):
    """A tag or loyalty card with an id that does not change."""

    model_config = ConfigDict(extra="forbid")


Device = Annotated[RollingDevice | StaticDevice, Field(discriminator="kind")]
"""How one device of a customer is recognised, as the platform knows it."""


class CustomerRecord(Profile):
    """Platform -> hub: a profile whose tokens the hub makes from ``devices``. Unknown fields are typing errors."""

    model_config = ConfigDict(extra="forbid")

    devices: Annotated[tuple[Device, ...], Field(max_length=8)] = ()
    """Her devices."""

    @model_validator(mode="after")
    def _tokens_are_made_here(self) -> "CustomerRecord":
        if self.tokens:
            raise ValueError("tokens: the hub makes them; name the devices instead")
        return self

    @model_validator(mode="after")
    def _devices_have_names_of_their_own(self) -> "CustomerRecord":
        names = [device.device for device in self.devices]
        if len(set(names)) != len(names):
            raise ValueError("devices: two have the same name (device); give each its own")
        return self
