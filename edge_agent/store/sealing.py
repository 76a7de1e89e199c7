"""From a put of the slice to its row on disk: checked, then sealed."""

import logging

import pydantic_core
from pydantic import ValidationError

from edge_agent.contracts.slice import Profile, SliceOperation
from edge_agent.store.crypto import ProfileCipher
from edge_agent.store.slice_log import Row
from edge_agent.store.token_keys import keys_past_s

log = logging.getLogger(__name__)


def sealed(operation: SliceOperation, cipher: ProfileCipher) -> Row | None:
    """Return the row of a put, or ``None`` where its profile is broken: no old version may outlive it."""
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
    key = cipher.new_key(operation.customer)
    return (
        operation.customer,
        key.wrapped,
        key.seal("tokens", pydantic_core.to_json(tokens)),
        keys_past_s(profile.tokens),
        key.seal("profile", pydantic_core.to_json(rest)),
    )
