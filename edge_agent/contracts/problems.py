"""Say what is wrong with a file or a message, for the person who has to mend it."""

from datetime import datetime

from pydantic import ValidationError

_SHOWN_MAX = 60  # characters of a wrong value: enough to find it, too few to flood a terminal


def explain(error: ValidationError) -> list[str]:
    """Return one line per wrong field: its key, the value that was given, and what is allowed."""
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        said = saying(problem["type"], problem["msg"])
        key = ".".join(map(str, problem["loc"]))
        if not key:  # about the whole: it is no JSON, or its fields contradict each other
            lines.append(said)
            continue
        untold = problem["type"] in _RENAMED or any(word in key for word in _SECRET)
        given = "" if untold else f" = {_short(problem['input'])}"
        lines.append(f"{key}{given}: {said}")
    return lines


def saying(kind: str, message: str) -> str:
    """Return what is said of one wrong field; ``kind`` and ``message`` are pydantic's ``type`` and ``msg``."""
    return _RENAMED.get(kind, message.removeprefix("Value error, "))


_SECRET = ("key", "token", "password", "code")  # fields whose values nobody should read in a log
_RENAMED = {
    "extra_forbidden": "no such key; check its spelling",
    "missing": "is missing",
}


def _short(value: object) -> str:
    text = value.isoformat() if isinstance(value, datetime) else repr(value)
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
