"""Pillow with RAQM, where Pango is absent: the same promises, for what one font can draw."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, features

from display.text.pillow import PillowBlock, PillowTypesetter
from display.text.typeset import Style
from tests.display.text.drawn import ink, picture

TYPESETTER = PillowTypesetter()
raqm = pytest.mark.skipif(not features.check("raqm"), reason="Pillow without RAQM: pip install a wheel of Pillow")


def lay(text: str, language: str, width_px: int = 900) -> PillowBlock:
    block = TYPESETTER.lay(text, Style(40, language), width_px)
    if block.missing:
        pytest.skip("apt-get install fonts-noto-core fonts-noto-cjk fonts-dejavu-core")
    return block


def within(part: Image.Image, whole: Image.Image) -> bool:
    """Whether a piece of text stands somewhere in a line."""
    return any(
        max(ImageChops.difference(whole.crop((x, y, x + part.width, y + part.height)), part).getextrema()) < 48
        for x in range(whole.width - part.width + 1)
        for y in range(max(1, whole.height - part.height + 1))
    )


@raqm
def test_the_digits_of_an_arabic_percentage_keep_their_order() -> None:
    block = lay("خصم 25 % على السترات", "ar")

    def drawn(number: str) -> Image.Image:
        """Return a number in the same font, from left to right."""
        mask = Image.new("L", (200, 100))
        ImageDraw.Draw(mask).text((20, 60), number, fill=255, font=block._font, anchor="ls", direction="ltr")
        return mask.crop(mask.getbbox())

    assert within(drawn("25"), ink(block))
    assert not within(drawn("52"), ink(block))


@pytest.mark.parametrize("language", ["zh-Hans", "ja"])
def test_no_line_begins_with_what_ends_a_sentence(language: str) -> None:
    text = "新しい「トレイル」ジャケット、今だけ25%オフ。見てみませんか？"
    for width_px in range(120, 900, 61):
        block = lay(text, language, width_px)
        assert not block.broken
        assert not {line[0] for line in block._lines} & set("。、」？")
        assert not {line[-1] for line in block._lines} & set("「")


def test_what_no_single_font_has_is_told() -> None:
    assert TYPESETTER.lay("ไทย 字 🎉", Style(40, "th"), 900).missing


def test_a_mark_is_never_parted_from_its_letter() -> None:
    block = TYPESETTER.lay("e\u0301" * 40, Style(40, "en"), 100)
    assert block.broken
    assert all(not line.startswith("\u0301") for line in block._lines)


@given(
    st.text(st.sampled_from("AaÄßjfgqQẬΩЙё 25%€.-…「」。 \nخصمיע字あッ한🎉\u0301\t\x00"), max_size=50)
    | st.text(max_size=30),
    st.sampled_from(["en", "ar", "ja", "ko", "th"]),
    st.integers(1, 700),
    st.floats(8, 90),
)
@settings(max_examples=50, deadline=None)
def test_any_text_stays_inside_its_box_or_says_that_it_cannot(
    text: str, language: str, width_px: int, size_px: float
) -> None:
    block = TYPESETTER.lay(text, Style(size_px, language), width_px)
    drawn = picture(block)
    assert drawn.size == (width_px, max(1, block.height_px))
    if block.width_px <= width_px and text.strip():
        roomy = TYPESETTER.lay(text, Style(size_px, language), width_px)
        roomy._allowed_px = width_px + 200  # the same lines, and nothing near an edge on the right
        assert coverage(picture(roomy)) == pytest.approx(coverage(drawn), rel=0.001, abs=64)


def coverage(image: Image.Image) -> int:
    """Return how much ink there is."""
    return sum(value * count for value, count in enumerate(image.getchannel("A").histogram()))
