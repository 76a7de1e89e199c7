"""Compose examples before anybody looks: a size of a font costs milliseconds when it is used for the first time."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import get_args

import pygame

from display.errors import PosterError
from display.scenes import samples
from display.scenes.compose import Composer
from edge_agent.contracts.screen import Layout

_LANGUAGES_MAX = 2
"""The first of a shop's languages; sizes that a third needs are mostly the same."""


def rehearse(composer: Composer, languages: Iterable[str]) -> Iterator[Layout]:
    """Compose an example of each layout at a time, and throw it away.

    Where a layout has a picture, a blank one takes its place: words beside a picture have sizes of their own.
    Afterwards a scene takes 25 ms, where its first of a kind took 140 (1920x1080, one core of a small server).
    """
    known = [language for language in languages if language in samples.languages()]
    for language in known[:_LANGUAGES_MAX]:
        for layout in get_args(Layout):
            scene = samples.sample_scene(layout, language)
            place = composer.picture_place(scene)
            with suppress(PosterError):  # a language whose font is missing: its scenes will say so
                composer.compose(scene, None if place is None else pygame.Surface(place.size, 0, 32))
            yield layout
