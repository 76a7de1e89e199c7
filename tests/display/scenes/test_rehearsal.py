"""Examples are composed before anybody looks."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pygame
import pytest

from display.scenes.compose import Composer
from display.scenes.rehearsal import rehearse
from display.scenes.samples import sample_scene
from display.text.typeset import Block, Style, Typesetter
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


@dataclass
class Listening:
    """Sets text as another typesetter does, and remembers its sizes: a new one costs time."""

    inner: Typesetter
    sizes: set[float] = field(default_factory=set)

    def lay(self, text: str, style: Style, width_px: int) -> Block:
        self.sizes.add(style.size_px)
        return self.inner.lay(text, style, width_px)


@pytest.mark.parametrize("layout", get_args(Layout))
def test_the_first_scene_of_a_layout_needs_no_new_size(layout: Layout, tmp_path: Path, typesetter: Typesetter) -> None:
    listening = Listening(typesetter)
    composer = Composer((640, 360), house(), listening, tmp_path, "Northline")
    list(rehearse(composer, ["en"]))
    rehearsed = set(listening.sizes)
    scene = sample_scene(layout, "en")
    place = composer.picture_place(scene)
    composer.compose(scene, None if place is None else pygame.Surface(place.size))
    assert listening.sizes == rehearsed


def test_what_cannot_be_composed_is_passed_over(tmp_path: Path, typesetter: Typesetter) -> None:
    tiny = Composer((60, 60), house(), typesetter, tmp_path, "Northline")
    assert list(rehearse(tiny, ["de"])) == [*get_args(Layout)]
