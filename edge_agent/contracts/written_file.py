"""Files that people write, in TOML or JSON: from their bytes to a tree. What is wrong is named by its line or byte."""

import json
import tomllib
from typing import Any, Final

_ENDLESS: Final = "brackets within brackets without end"
_DIGITS: Final = "a number with thousands of digits"


def toml_tree(content: bytes) -> dict[str, Any]:
    """Return what a TOML file holds. Raises ValueError that says where it is wrong."""
    return _toml(_text(content))


def toml_or_json_tree(content: bytes, suffix: str) -> Any:
    """Return what a file holds: JSON if its name ends so (``suffix``) or it begins with a brace, TOML otherwise.

    Raises ValueError that says where it is wrong.
    """
    text = _text(content)
    return _json(text) if suffix.lower() == ".json" or text.lstrip().startswith("{") else _toml(text)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")  # editors on Windows write a mark before the first character
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8 text; save it as UTF-8") from error


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not TOML: {error}") from error
    except ValueError as error:
        raise ValueError(f"is not TOML that anybody wrote: {_DIGITS}") from error
    except RecursionError as error:
        raise ValueError(f"is not TOML that anybody wrote: {_ENDLESS}") from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except ValueError as error:
        raise ValueError(f"is not JSON that anybody wrote: {_DIGITS}") from error
    except RecursionError as error:
        raise ValueError(f"is not JSON that anybody wrote: {_ENDLESS}") from error
