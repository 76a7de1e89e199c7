"""Every layout in every theme and language, drawn into one page to look at in a browser."""

import html
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pygame

from display.errors import PosterError
from display.items import Brand, Item
from display.scenes.canvas import Viewing
from display.scenes.compose import Composer
from display.scenes.samples import copy_pictures, sample_scene
from display.text.faces import open_faces
from display.theme import Theme
from edge_agent.contracts.screen import Layout

_STYLE = """
body { margin: 24px; background: #22252a; color: #e8e8e8; font: 15px/1.4 system-ui, sans-serif; }
nav { position: sticky; top: 0; padding: 12px 0; background: #22252a; display: flex; gap: 18px; }
section { display: flex; flex-wrap: wrap; gap: 14px; align-items: flex-start; margin-bottom: 26px; }
h2 { flex-basis: 100%; font-size: 15px; font-weight: 600; margin: 8px 0 0; }
figure { margin: 0; } img { display: block; height: 250px; } figcaption { opacity: .7; font-size: 13px; }
figure p { width: 250px; color: #ffb4a8; } [hidden] { display: none; }
"""
_SCRIPT = """
const boxes = document.querySelectorAll('select');
const filter = () => document.querySelectorAll('[data-theme]').forEach(part => {
  part.hidden = [...boxes].some(box => box.value && part.dataset[box.name] !== box.value);
});
boxes.forEach(box => box.addEventListener('change', filter));
"""


@dataclass(frozen=True, slots=True)
class Gallery:
    """What is drawn."""

    themes: Sequence[tuple[str, Theme]]
    """Each with the name that its pictures begin with."""
    languages: Sequence[str]
    sizes: Sequence[tuple[int, int]]
    brand: str
    viewing: Viewing

    def write(self, folder: Path) -> int:
        """Draw everything into ``folder``, with ``index.html`` beside it; returns how many pictures.

        Raises OSError.
        """
        folder.mkdir(parents=True, exist_ok=True)
        sections, drawn = [], 0
        for (name, theme), composer, size in self._composers(folder):
            for language in self.languages:
                figures = []
                for layout, item in _items(language):
                    file = f"{name}-{language}-{size}-{layout}.png"
                    problem = _draw(composer, item, folder / file)
                    drawn += not problem
                    figures.append(_figure(layout, file, problem))
                title = f"{theme.name} · {language} · {size}"
                sections.append(_section(name, language, size, title, figures))
        (folder / "index.html").write_text(self._page(sections), encoding="utf-8")
        return drawn

    def _composers(self, folder: Path) -> Iterator[tuple[tuple[str, Theme], Composer, str]]:
        with tempfile.TemporaryDirectory(dir=folder) as content:
            copy_pictures(Path(content))
            for name, theme in self.themes:
                typesetter = open_faces(theme.fonts, theme.headline_fonts)
                for size in self.sizes:
                    composer = Composer(size, theme, typesetter, Path(content), self.brand, self.viewing)
                    yield (name, theme), composer, f"{size[0]}x{size[1]}"

    def _page(self, sections: Sequence[str]) -> str:
        choices = {
            "theme": [name for name, _ in self.themes],
            "language": list(self.languages),
            "size": [f"{width}x{height}" for width, height in self.sizes],
        }
        boxes = "".join(
            f'<label>{key} <select name="{key}"><option value="">all</option>'
            + "".join(f"<option>{html.escape(value)}</option>" for value in values)
            + "</select></label>"
            for key, values in choices.items()
        )
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>'
            f"<style>{_STYLE}</style><nav>{boxes}</nav>{''.join(sections)}<script>{_SCRIPT}</script></html>\n"
        )


def _items(language: str) -> Iterator[tuple[str, Item]]:
    for layout in get_args(Layout):
        yield layout, sample_scene(layout, language)
    yield "brand", Brand()


def _draw(composer: Composer, item: Item, file: Path) -> str:
    """Draw one picture; returns why it cannot be drawn."""
    try:
        pygame.image.save(composer.compose(item), file)
    except PosterError as error:
        return str(error)
    return ""


def _figure(layout: str, file: str, problem: str) -> str:
    shown = f"<p>{html.escape(problem)}</p>" if problem else f'<img loading="lazy" src="{html.escape(file)}" alt="">'
    return f"<figure>{shown}<figcaption>{layout}</figcaption></figure>"


def _section(theme: str, language: str, size: str, title: str, figures: Sequence[str]) -> str:
    return (
        f'<section data-theme="{html.escape(theme)}" data-language="{language}" data-size="{size}">'
        f"<h2>{html.escape(title)}</h2>{''.join(figures)}</section>"
    )
