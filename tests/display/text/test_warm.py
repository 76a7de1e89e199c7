"""Fonts are opened before the first scene, whatever the languages of a shop are."""

from dataclasses import dataclass, field

from display.text.pillow import PillowTypesetter
from display.text.typeset import Block, Style, Typesetter
from display.text.warm import warm


@dataclass
class Noted:
    """A typesetter that remembers what it was asked."""

    inner: Typesetter
    asked: list[tuple[str, Style]] = field(default_factory=list)

    def lay(self, text: str, style: Style, width_px: int) -> Block:
        self.asked.append((text, style))
        return self.inner.lay(text, style, width_px)


def test_each_language_is_drawn_in_its_script_and_every_face(typesetter: Typesetter) -> None:
    noted = Noted(typesetter)
    warm(noted, ("de-AT", "ar", "zh-Hant", "tlh"))
    faces = {(style.language, style.bold, style.headline) for _, style in noted.asked}
    assert len(faces) == 4 * 4
    texts = {style.language: text for text, style in noted.asked}
    assert "欢" in texts["zh-Hant"]
    assert "مرحبا" in texts["ar"]


def test_the_fallback_can_be_warmed_too() -> None:
    warm(PillowTypesetter(), ("en", "ja", "th"))
