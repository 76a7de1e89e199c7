"""Small drawings as SVG: badges, pictograms, panels with round corners."""

import io
import math

import pygame

from display.colour import Colour, hexadecimal
from edge_agent.contracts.screen import BadgeShape


def draw_svg(body: str, width_px: int, height_px: int, view: str = "0 0 100 100") -> pygame.Surface:
    """Return the elements of an SVG, drawn anti-aliased at a size."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" width="{width_px}" height="{height_px}">'
    return native(pygame.image.load_sized_svg(io.BytesIO(f"{head}{body}</svg>".encode()), (width_px, height_px)))


def native(picture: pygame.Surface) -> pygame.Surface:
    """Return a transparent picture with its channels in the order of posters: it is blended twenty times as fast."""
    return picture.convert(pygame.Surface((1, 1), pygame.SRCALPHA, 32))


def panel(width_px: int, height_px: int, radius_px: float, colour: Colour) -> pygame.Surface:
    """Return a rectangle with round corners."""
    fill = hexadecimal(colour)
    body = f'<rect width="{width_px}" height="{height_px}" rx="{radius_px}" fill="{fill}"/>'
    return draw_svg(body, width_px, height_px, f"0 0 {width_px} {height_px}")


def badge(shape: BadgeShape, colour: Colour, plaque: Colour, rim: Colour, side_px: int) -> pygame.Surface:
    """Return a badge: its shape on a round dark plaque, so that each colour stands out alike."""
    drawn = pygame.Surface((side_px, side_px), pygame.SRCALPHA, 32)
    drawn.fill((*rim, 0))  # so that the rim fades into nothing, not into black
    middle = side_px / 2, side_px / 2
    pygame.draw.aacircle(drawn, rim, middle, 0.495 * side_px)
    pygame.draw.aacircle(drawn, plaque, middle, 0.475 * side_px)
    # The middle alone as SVG: its cost grows with the area.
    inner_px = side_px - 2 * round(0.13 * side_px)
    shown = draw_svg(f'<g fill="{hexadecimal(colour)}">{_SHAPES[shape]}</g>', inner_px, inner_px, "13 13 74 74")
    drawn.blit(shown, ((side_px - inner_px) // 2, (side_px - inner_px) // 2))
    return drawn


def notice(colour: Colour, paper: Colour, side_px: int) -> pygame.Surface:
    """Return the pictogram of a notice: a speech bubble with an i in it."""
    ink, ground = hexadecimal(colour), hexadecimal(paper)
    body = (
        f'<path fill="{ink}" d="M18 8 H82 A14 14 0 0 1 96 22 V62 A14 14 0 0 1 82 76 H50 L28 96 V76 H18'
        f' A14 14 0 0 1 4 62 V22 A14 14 0 0 1 18 8 Z"/>'
        f'<circle cx="50" cy="25" r="6" fill="{ground}"/>'
        f'<rect x="45" y="36" width="10" height="29" rx="5" fill="{ground}"/>'
    )
    return draw_svg(body, side_px, side_px)


def warning(colour: Colour, paper: Colour, side_px: int) -> pygame.Surface:
    """Return the pictogram of an emergency: a triangle with an exclamation mark."""
    ink, ground = hexadecimal(colour), hexadecimal(paper)
    body = (
        f'<path fill="{ink}" stroke="{ink}" stroke-width="10" stroke-linejoin="round" d="M50 12 L94 88 H6 Z"/>'
        f'<path fill="{ground}" d="M44 34 H56 L53.5 64 H46.5 Z"/><circle cx="50" cy="76" r="5.5" fill="{ground}"/>'
    )
    return draw_svg(body, side_px, side_px)


def pin(colour: Colour, hole: Colour, side_px: int) -> pygame.Surface:
    """Return a map pin, for places."""
    body = (
        f'<path fill="{hexadecimal(colour)}" d="M50 98 C26 66 14 52 14 36 A36 34 0 0 1 86 36 C86 52 74 66 50 98 Z"/>'
        f'<circle cx="50" cy="37" r="14" fill="{hexadecimal(hole)}"/>'
    )
    return draw_svg(body, side_px, side_px)


VEIL = 0.8
"""Opacity of a veil where the first line stands: a picture as white as snow becomes as dark as text needs."""


def scrim(width_px: int, height_px: int, above_px: int, colour: Colour) -> pygame.Surface:
    """Return a veil: it grows from nothing to ``VEIL`` within ``above_px``, and a little denser towards the bottom."""
    column = pygame.Surface((1, height_px), pygame.SRCALPHA, 32)
    for y in range(height_px):
        opacity = (
            VEIL * y / above_px if y < above_px else VEIL + (0.94 - VEIL) * (y - above_px) / (height_px - above_px)
        )
        column.set_at((0, y), (*colour, round(255 * opacity)))
    return pygame.transform.scale(column, (width_px, height_px))


def rounded(picture: pygame.Surface, radius_px: float) -> pygame.Surface:
    """Return an opaque picture with round corners."""
    cut = pygame.Surface(picture.get_size(), pygame.SRCALPHA, 32)
    cut.blit(picture, (0, 0))
    cut.blit(panel(*picture.get_size(), radius_px, (255, 255, 255)), (0, 0), special_flags=pygame.BLEND_RGBA_MULT)
    return cut


def _polygon(corners: int, radius: float, inner: float | None = None, turn_degrees: float = -90, cy: float = 50) -> str:
    """Return a regular polygon around the middle, or a star where an inner radius is given."""
    count = corners * 2 if inner else corners
    points = []
    for number in range(count):
        distance = inner if inner and number % 2 else radius
        angle = math.radians(turn_degrees + 360 * number / count)
        points.append(f"{50 + distance * math.cos(angle):.2f},{cy + distance * math.sin(angle):.2f}")
    return f'<polygon points="{" ".join(points)}"/>'


_SHAPES: dict[BadgeShape, str] = {
    "diamond": '<polygon points="50,15 78,50 50,85 22,50"/>',
    "circle": '<circle cx="50" cy="50" r="28"/>',
    "triangle": _polygon(3, 35, cy=55),
    "square": '<rect x="25" y="25" width="50" height="50" rx="2"/>',
    "star": _polygon(5, 36, 15.5, cy=52),
    "hexagon": _polygon(6, 31),
    "heart": '<path d="M50 81 C20 58 20 46 20 41 A16 16 0 0 1 50 34 A16 16 0 0 1 80 41 C80 46 80 58 50 81 Z"/>',
    "cross": '<path d="M40 21 H60 V40 H79 V60 H60 V79 H40 V60 H21 V40 H40 Z"/>',
}
