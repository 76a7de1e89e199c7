"""Setting text for months: what a block took is given back with it, also by the libraries in C."""

import gc
import os

from display.text.typeset import Style, Typesetter
from tests.display.units import resident_mb

BLOCKS = 2000
GROWTH_MAX_MB = 1.5
"""Less than a kilobyte each; a forgotten iterator of Pango has 1.6."""


def test_blocks_of_text_leave_nothing_behind(typesetter: Typesetter) -> None:
    style = Style(size_px=40, bold=True, language="en", align="start")

    def set_text(number: int) -> None:
        typesetter.lay(f"Scene {number} of a long day", style, 300).draw((255, 255, 255))

    for number in range(300):
        set_text(number)
    gc.collect()
    before_mb = resident_mb(os.getpid())
    for number in range(BLOCKS):
        set_text(number)
    gc.collect()
    assert resident_mb(os.getpid()) - before_mb < GROWTH_MAX_MB
