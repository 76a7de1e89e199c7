"""Contrast and flashing, by WCAG."""

from pathlib import Path

import pytest

from display.colour import contrast
from display.lint.findings import Finding, refuses
from display.lint.readable import check_contrast, check_pace, check_theme
from display.themes import find_theme, house, shipped


@pytest.mark.parametrize(
    ("found", "severities"), [(21.0, []), (7.0, []), (6.9, ["warning"]), (4.5, ["warning"]), (4.4, ["error"])]
)
def test_contrast_is_refused_below_four_and_a_half_and_doubted_below_seven(found: float, severities: list[str]) -> None:
    assert [finding.severity for finding in check_contrast("ink", found)] == severities


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x76, 0x76, 0x76), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)  # the known border of AA
    assert contrast((0x59, 0x59, 0x59), (255, 255, 255)) == pytest.approx(7.0, abs=0.01)  # and of AAA


@pytest.mark.parametrize("name", shipped())
def test_the_looks_that_ship_can_be_read(name: str) -> None:
    assert not refuses(check_theme(find_theme(Path(name))))


def test_a_pale_theme_is_named_by_its_pairs() -> None:
    theme = house()
    pale = theme.ground["offer"].model_copy(update={"soft": theme.ground["offer"].base})
    told = list(check_theme(theme.model_copy(update={"ground": {**theme.ground, "offer": pale}})))
    assert refuses(told)
    assert "ground.offer.soft on ground.offer.base" in {finding.field for finding in told}


@pytest.mark.parametrize(
    ("durations_s", "flashes"),
    [
        ([], False),
        ([0.1], False),  # one picture alone does not change
        ([3, 3, 3], False),
        ([0.5, 0.5], False),  # two changes a second
        ([0.3, 0.3], True),
        ([10, 0.3, 0.3, 0.3, 10], True),
        ([0.2, 10, 0.2, 10], False),
        ([10, 0.1, 0.1], False),  # three changes, then rest
    ],
)
def test_more_than_three_changes_a_second_flash(durations_s: list[float], flashes: bool) -> None:
    assert bool(list(check_pace("items", durations_s))) is flashes


def test_a_finding_is_one_line_with_file_field_problem_and_advice() -> None:
    finding = Finding("items 2", "it is wrong", "mend it", "warning", "playlist.json")
    assert str(finding) == "playlist.json: items 2: warning: it is wrong; mend it"
