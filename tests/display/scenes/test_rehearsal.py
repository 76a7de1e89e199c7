"""Examples are composed before anybody looks."""

from pathlib import Path
from typing import get_args

from display.scenes.compose import Composer
from display.scenes.rehearsal import rehearse
from display.text.typeset import Typesetter
from display.themes import house
from edge_agent.contracts.screen import Layout


def test_every_layout_is_rehearsed_in_the_languages_that_there_are_examples_in(
    tmp_path: Path, typesetter: Typesetter
) -> None:
    composer = Composer((320, 180), house(), typesetter, tmp_path, "Northline")
    layouts = get_args(Layout)
    assert list(rehearse(composer, ["xx", "en"])) == [*layouts]
    assert list(rehearse(composer, ["en", "de", "fr"])) == [*layouts, *layouts]
    assert list(rehearse(composer, ["xx"])) == []


def test_what_cannot_be_composed_is_passed_over(tmp_path: Path, typesetter: Typesetter) -> None:
    tiny = Composer((60, 60), house(), typesetter, tmp_path, "Northline")
    assert list(rehearse(tiny, ["de"])) == [*get_args(Layout)]
