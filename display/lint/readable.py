"""Contrast and flashing, by the rules of WCAG 2.2 (w3.org/TR/WCAG22). Pure."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from display.lint.findings import Finding
from display.theme import TEXT_CONTRAST, Theme

CONTRAST_GOOD: Final = 7.0
"""Success criterion 1.4.6 (AAA): below it a screen in daylight is hard to read. Refused is what has less than 4.5
(1.4.3, AA), whatever its size: a screen is looked at in passing and from an angle."""

CHANGES_PER_S: Final = 3
"""Success criterion 2.3.1: nothing flashes more than three times in one second. A change of the whole picture is
counted as a flash, though only two opposite ones make one."""


def check_contrast(field: str, found: float) -> Iterator[Finding]:
    """Yield what is to be said about a contrast between words and what is behind them."""
    if found < TEXT_CONTRAST:
        yield Finding(field, f"contrast {found:.1f}:1, less than {TEXT_CONTRAST:g}:1", _DARKER)
    elif found < CONTRAST_GOOD:
        yield Finding(field, f"contrast {found:.1f}:1, less than {CONTRAST_GOOD:g}:1", _DARKER, "warning")


def check_theme(theme: Theme) -> Iterator[Finding]:
    """Yield the pairs of colours of a theme that are hard to read."""
    for pair in theme.text_pairs():
        yield from check_contrast(f"{pair.key} on {pair.behind}", pair.contrast)


def check_pace(field: str, durations_s: Sequence[float]) -> Iterator[Finding]:
    """Yield one finding where a loop of pictures changes so fast that it flashes."""
    if len(durations_s) < 2:
        return  # one picture alone does not change
    twice = [*durations_s, *islice(durations_s, CHANGES_PER_S)]  # it begins again after its end
    for number in range(len(durations_s)):
        within_s = sum(twice[number : number + CHANGES_PER_S])
        if within_s < 1:  # so many intervals lie between one change more
            problem = f"the picture changes {CHANGES_PER_S + 1} times within {within_s:.2f} s"
            yield Finding(f"{field} {number + 1}", problem, "let each stay for a second at least (WCAG 2.3.1)")
            return


_DARKER: Final = "make one of the colours lighter or darker"
