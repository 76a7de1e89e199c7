"""A theme's two faces: one for headlines and prices, one for the rest, and for emergencies.

Text in any language: Pango lays it out where it is installed, Pillow where it is not.
"""

import logging
from dataclasses import dataclass

from display.text.typeset import Block, Style, Typesetter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Faces:
    """Lays out headlines in one face, and the rest in another."""

    plain: Typesetter
    headline: Typesetter

    def lay(self, text: str, style: Style, width_px: int) -> Block:
        """Break ``text`` into lines of at most ``width_px``."""
        return (self.headline if style.headline else self.plain).lay(text, style, width_px)


def open_typesetter(families: str) -> Typesetter:
    """Return the best typesetter that this machine has."""
    try:
        from display.text.pango import PangoTypesetter
    except (ImportError, OSError) as error:  # the Python packages, or the system's libraries
        from display.text.pillow import PillowTypesetter

        log.warning("no Pango (%s): drawing text with Pillow; install libpango-1.0-0 and libpangocairo-1.0-0", error)
        return PillowTypesetter()
    return PangoTypesetter(families)


def open_faces(families: str, headline_families: str | None) -> Typesetter:
    """Return the best typesetter that this machine has, with a face of its own for headlines where one is named."""
    plain = open_typesetter(families)
    return Faces(plain, open_typesetter(headline_families)) if headline_families else plain
