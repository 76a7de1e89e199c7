"""The looks that ship, and how a brand's own is read."""

import logging
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from display.errors import ThemeError
from display.theme import Theme
from edge_agent.contracts.problems import explain
from edge_agent.contracts.written_file import toml_tree

log = logging.getLogger(__name__)

THEME_MAX_BYTES = 64 * 1024
LOGO_MAX_BYTES = 1024 * 1024

_FOLDER = Path(__file__).parent
_HOUSE = "house"
_TOLD_MAX = 5


@cache
def house() -> Theme:
    """Return the house's own look."""
    return read_theme(_FOLDER / f"{_HOUSE}.toml")


def shipped() -> tuple[str, ...]:
    """Return the names of the looks that ship, the house's own first."""
    names = sorted(path.stem for path in _FOLDER.glob("*.toml"))
    return (_HOUSE, *(name for name in names if name != _HOUSE))


def find_theme(name: Path) -> Theme:
    """Return the look that ships under a bare name (``atelier``), or else the one in the file.

    Raises ThemeError.
    """
    return read_theme(_FOLDER / f"{name}.toml" if str(name) in shipped() else name)


def theme_or_house(name: Path | None) -> Theme:
    """Return the wanted look; the house's own, and why in the log, where it is broken. A screen is never dark."""
    if name is None:
        return house()
    try:
        return find_theme(name)
    except ThemeError as error:
        faults = str(error).splitlines()
        for fault in faults[:_TOLD_MAX]:
            log.error("%s", fault)
        log.error(
            "the theme is not used, the house's own is; faults: %d, edge-display lint names them all", len(faults)
        )
        return house()


def read_theme(path: Path) -> Theme:
    """Return the look that the file describes; its logo is looked for beside it.

    Raises ThemeError, which names the file, every wrong key with its value, and what is allowed.
    """
    try:
        if path.stat().st_size > THEME_MAX_BYTES:
            raise ThemeError(f"{path}: more than {THEME_MAX_BYTES} bytes, too large for a theme")
        tree = toml_tree(path.read_bytes())
    except OSError as error:
        raise ThemeError(
            f"{path}: cannot be read: {error.strerror}; those that ship: {', '.join(shipped())}"
        ) from error
    except ValueError as error:
        raise ThemeError(f"{path}: {error}") from error
    try:
        theme = Theme.model_validate(tree)
    except ValidationError as error:
        lines = "\n".join(explain(error)).splitlines()
        raise ThemeError("\n".join(f"{path}: {line}" for line in lines)) from error
    if theme.logo is None:
        return theme
    logo = theme.logo.model_copy(update={"file": _logo_file(path, theme.logo.file)})
    return theme.model_copy(update={"logo": logo})


def _logo_file(theme_file: Path, logo: Path) -> Path:
    found = theme_file.parent / logo
    if found.suffix.lower() not in (".png", ".svg"):
        raise ThemeError(f"{theme_file}: logo.file = {str(logo)!r}: must be a PNG or SVG file")
    try:
        if found.stat().st_size > LOGO_MAX_BYTES:
            raise ThemeError(
                f"{theme_file}: logo.file = {str(logo)!r}: more than {LOGO_MAX_BYTES} bytes; make it smaller"
            )
    except OSError as error:
        raise ThemeError(
            f"{theme_file}: logo.file = {str(logo)!r}: {error.strerror}; it belongs beside the theme"
        ) from error
    return found
