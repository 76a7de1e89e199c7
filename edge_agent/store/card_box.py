"""Cards lie sealed in the journal: they say more about a customer than anything else there.

Under a key of their own, which is derived from the unit key (HKDF-SHA256, RFC 5869) and stored nowhere. A card does not
live long, so unlike profiles they share one key; where it is gone, the cards are gone.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter

from edge_agent.contracts.base import Identifier
from edge_agent.events import CardRow
from edge_agent.store.unit_key import KEY_BYTES, UnitKey

_PURPOSE: Final = b"edge-agent: cards in the journal"
_NONCE_BYTES: Final = 12
_ROW: Final = TypeAdapter(CardRow)


class CardBox:
    """Seals and opens the cards of one unit with AES-256-GCM; a sealed card that was moved to another does not open."""

    def __init__(self, unit_key: UnitKey, store: Identifier) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=_PURPOSE).derive(unit_key.secret))
        self._store = store

    def seal(self, row: CardRow) -> bytes:
        """Return what may lie on disk of a card."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, _ROW.dump_json(row), self._about(row.card.card))

    def open(self, card: str, sealed: bytes) -> CardRow:
        """Return a card. Raises ValueError where the key does not fit, or this version of the agent cannot read it."""
        try:
            text = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._about(card))
        except InvalidTag as error:
            raise ValueError("a sealed card does not open: other key, other store, or damaged") from error
        return _ROW.validate_json(text)

    def _about(self, card: str) -> bytes:
        return f"{self._store}|{card}".encode()
