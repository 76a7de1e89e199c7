"""The two kinds of contract, and the value types that they share."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

MESSAGE_MAX_BYTES = 64 * 1024
"""No single message (socket, broker, nudge) may be larger; larger ones are refused unread."""

_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~-]*$"  # safe in a topic level, a URL path and a file name

Identifier = Annotated[str, StringConstraints(pattern=_ID_PATTERN, min_length=1, max_length=64)]
"""A name that may stand in a topic, a URL path or a file name without quoting."""

CustomerId = Annotated[str, StringConstraints(pattern=_ID_PATTERN, min_length=1, max_length=64)]
"""An opaque customer id, valid in one store only. Never a name, an address or a loyalty number."""

Seconds = Annotated[float, Field(ge=0, le=10 * 365 * 86_400, allow_inf_nan=False)]
"""A duration in seconds."""

Metres = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
"""A distance in metres."""

Dbm = Annotated[int, Field(ge=-128, le=127)]
"""A received or transmitted power in dBm."""

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A probability between 0 and 1."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]
"""A BCP 47 language tag such as ``en``, ``de-AT`` or ``zh-Hant``."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest, lower-case hexadecimal."""

Key128 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A 128-bit key, lower-case hexadecimal."""

ShortText = Annotated[str, StringConstraints(max_length=200)]
"""A line of text for a person."""

UtcTime = Annotated[
    AwareDatetime,
    PlainSerializer(lambda value: value.isoformat().replace("+00:00", "Z"), return_type=str, when_used="json"),
]
"""A point in time with its offset; written in UTC."""


class Contract(BaseModel):
    """A message between processes: immutable; fields that it does not know are ignored.

    An error that escapes names fields, never values: a traceback in a log must tell nothing about anybody.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True, hide_input_in_errors=True)


class FileContract(BaseModel):
    """A file that a person writes: immutable; a field that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)
