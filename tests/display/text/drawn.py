"""What a block of text looks like, as pictures that can be compared."""

import pygame
from PIL import Image

from display.text.typeset import Block


def picture(block: Block, colour: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """Return what a block draws, with its transparency."""
    drawn = block.draw(colour)
    return Image.frombytes("RGBA", drawn.get_size(), pygame.image.tobytes(drawn, "RGBA"))


def ink(block: Block) -> Image.Image:
    """Return the coverage of its strokes, without the empty edges."""
    alpha = picture(block).getchannel("A")
    return alpha.crop(alpha.getbbox())
