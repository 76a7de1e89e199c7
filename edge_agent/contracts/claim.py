"""The claim file: what turns a blank machine into a unit, once.

Two lines, so that it can be typed from paper: the claim code, and the fingerprint by which the unit knows
that it talks to the right hub. Empty lines and lines that start with ``#`` are ignored::

    # claim for unit door of store vienna, good until 2026-12-06
    4Zk3vXhT1bq6nJ0sWm8yRc2e
    sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

import re
from dataclasses import dataclass, field

_CODE = re.compile(r"[A-Za-z0-9_-]{22,64}")  # 22 characters of base64url hold 128 bits
_FINGERPRINT = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Claim:
    """A one-time claim code and the hub that it belongs to."""

    code: str = field(repr=False)
    """At least 128 bits, base64url."""
    fingerprint: str
    """SHA-256 of the hub's authority certificate (DER), lower-case hexadecimal."""

    def text(self, note: str) -> str:
        """Return the claim file, with a note for the person who holds it."""
        return f"# {note}\n{self.code}\nsha256:{self.fingerprint}\n"


def parse_claim(text: str) -> Claim:
    """Return the claim of a claim file.

    Raises ValueError that says which line is wrong; the code itself is never part of the message.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) != 2:
        raise ValueError(f"a claim file has two lines, a code and a fingerprint; this one has {len(lines)}")
    code, fingerprint = lines
    if not _CODE.fullmatch(code):
        raise ValueError("line 1: a claim code is 22 to 64 letters, digits, '-' or '_'")
    match = _FINGERPRINT.fullmatch(fingerprint.lower())
    if match is None:
        raise ValueError("line 2: must be 'sha256:' and 64 hexadecimal digits")
    return Claim(code, match[1])
