"""From a put of the slice to what lies on disk: checked, then sealed."""

import logging
from dataclasses import dataclass, field
from typing import Final

import pydantic_core
from pydantic import ValidationError

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.slice import Profile, SliceOperation
from edge_agent.store.crypto import seal_afresh
from edge_agent.store.token_keys import keys_past_s

log = logging.getLogger(__name__)

TOKENS: Final = b"tokens"
PROFILE: Final = b"profile"
"""Columns, as the seals name them."""


@dataclass(slots=True)  # not frozen: making one would take twice as long, and 100,000 come this way
class SealedProfile:
    """One version of a profile under a key of its own."""

    secret: bytes = field(repr=False)
    """Its key, in memory only: it is wrapped when the row is written."""
    tokens: bytes
    """Her devices, sealed."""
    keys_past_s: int | None
    """When the first of their keys is past."""
    rest: bytes
    """Everything else, sealed."""


def sealed(operation: SliceOperation, store: Identifier) -> SealedProfile | None:
    """Seal the profile of a put; ``None`` where it is broken: no old version may outlive it."""
    try:
        profile = Profile.model_validate(operation.profile)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, problem["loc"])) for problem in error.errors()}))
        log.warning("a profile of the slice is broken and skipped; wrong fields: %s", fields or "all")
        return None
    if profile.customer != operation.customer:
        log.warning("a profile of the slice is skipped: it is not of the customer whom it was sent for")
        return None
    # The raw fields are kept, not the parsed ones: a newer agent finds what this one does not know yet.
    rest = dict(operation.profile or {})
    tokens = rest.pop("tokens", [])
    plain = ((TOKENS, pydantic_core.to_json(tokens)), (PROFILE, pydantic_core.to_json(rest)))
    secret, (sealed_tokens, sealed_rest) = seal_afresh(store, operation.customer, plain)
    return SealedProfile(secret, sealed_tokens, keys_past_s(profile.tokens), sealed_rest)
