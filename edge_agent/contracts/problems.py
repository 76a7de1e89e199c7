"""Say what is wrong with a file or a message, for the person who has to mend it."""

from pydantic import ValidationError

_SHOWN_MAX = 60  # characters of a wrong value: enough to find it, too few to flood a terminal


def explain(error: ValidationError) -> list[str]:
    """Return one line per wrong field: its key, the value that was given, and what is allowed."""
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        key = ".".join(map(str, problem["loc"])) or "the whole"
        given = "" if problem["type"] in ("missing", "extra_forbidden") else f" = {_short(problem['input'])}"
        lines.append(f"{key}{given}: {_RENAMED.get(problem['type'], problem['msg'])}")
    return lines


_RENAMED = {
    "extra_forbidden": "no such key; check its spelling",
    "missing": "is missing",
}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
