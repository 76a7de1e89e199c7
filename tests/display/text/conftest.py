"""A function that lays out text, and skips where a font is not installed."""

from collections.abc import Callable

import pytest

from display.text.scripts import lacking
from display.text.typeset import Block, Style, Typesetter

Lay = Callable[..., Block]


@pytest.fixture
def lay(typesetter: Typesetter) -> Lay:
    """Return a function that lays text out with Pango; the test is skipped where no font has the characters."""

    def lay(text: str, language: str, width_px: int = 900, size_px: float = 40, bold: bool = False) -> Block:
        block = typesetter.lay(text, Style(size_px, language, bold), width_px)
        if block.missing:
            pytest.skip(lacking(block.missing))
        return block

    return lay
