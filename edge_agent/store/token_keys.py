"""The temporary keys of a customer's tokens: when they are past, and the tokens without those.

Tokens stay as they came, beside what was read of them: a newer agent finds what this one does not know yet.
"""

from collections.abc import Sequence
from typing import Any

from edge_agent.contracts.slice import RollingToken, TemporaryKey, Token
from edge_agent.identify.token import WINDOW_S


def keys_past_s(tokens: Sequence[Token], after_s: int = -1) -> int | None:
    """Return when the next key is past, later than ``after_s``; ``None``: none will be."""
    soonest_s: int | None = None
    for token in tokens:  # a plain loop: 100,000 profiles come this way
        if isinstance(token, RollingToken):
            for key in token.keys:
                past_s = _past_s(token, key)
                if past_s > after_s and (soonest_s is None or past_s < soonest_s):
                    soonest_s = past_s
    return soonest_s


def without_past_keys(raw: list[dict[str, Any]], tokens: Sequence[Token], unix_s: int) -> list[dict[str, Any]]:
    """Return the tokens as they came, without the keys that are past; ``tokens``: the same, read."""
    kept = []
    for as_sent, token in zip(raw, tokens, strict=True):
        if isinstance(token, RollingToken):
            keys = zip(as_sent["keys"], token.keys, strict=True)
            kept.append({**as_sent, "keys": [sent for sent, key in keys if _past_s(token, key) > unix_s]})
        else:
            kept.append(as_sent)
    return kept


def _past_s(token: RollingToken, key: TemporaryKey) -> int:
    """One slot after the end of its window. Windows are counted modulo 2^16: right until the year 2106."""
    return (key.window + 1) * WINDOW_S + (1 << token.rotation_exponent)
