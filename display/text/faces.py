"""A theme's two faces: one for what is bold (headlines, names, prices), one for the rest."""

from dataclasses import dataclass

from display.text.typeset import Block, Style, Typesetter, open_typesetter


@dataclass(frozen=True, slots=True)
class Faces:
    """Lays out bold text in one face, and the rest in another."""

    plain: Typesetter
    bold: Typesetter

    def lay(self, text: str, style: Style, width_px: int) -> Block:
        """Break ``text`` into lines of at most ``width_px``."""
        return (self.bold if style.bold else self.plain).lay(text, style, width_px)


def open_faces(families: str, bold_families: str | None) -> Typesetter:
    """Return the best typesetter that this machine has, with a face of its own for bold text where one is named."""
    plain = open_typesetter(families)
    return Faces(plain, open_typesetter(bold_families)) if bold_families else plain
