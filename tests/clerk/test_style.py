"""The page's colours can be read: WCAG AA, light and dark."""

import re
from pathlib import Path

import pytest

import edge_agent.clerk

CSS = (Path(edge_agent.clerk.__file__).parent / "page" / "style.css").read_text()
ROOTS = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
THEMES = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", root)) for root in ROOTS]
PAIRS = [
    ("ink", "paper"),
    ("ink", "sheet"),
    ("soft", "paper"),
    ("soft", "sheet"),
    ("accent", "sheet"),
    ("on-accent", "accent"),
    ("alarm", "sheet"),
    ("alarm", "alarm-sheet"),
]


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast(theme, text, ground):
    bright, dim = sorted((luminance(theme[text]), luminance(theme[ground])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
