"""Pango in the scripts of the world: reading direction, shaping, line breaks, fonts."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from display.text.scripts import breakable
from display.text.typeset import Block, Style, Typesetter
from tests.display.text.drawn import ink, picture

Lay = Callable[..., Block]


def places(part: Image.Image, whole: Image.Image) -> list[int]:
    """Return where a piece of text stands within a line, in pixels from its left edge."""
    found = []
    for x in range(whole.width - part.width + 1):
        for y in range(max(1, whole.height - part.height + 1)):
            window = whole.crop((x, y, x + part.width, y + part.height))
            if max(ImageChops.difference(window, part).getextrema()) < 48:  # positions are whole pixels; edges vary
                found.append(x)
                break
    return found


def breaks(block: Block, text: str, language: str) -> list[tuple[str, str]]:
    """Return what stands before and after each end of a line but the last."""
    walk, laid = block._layout.get_iter(), breakable(text, language)  # type: ignore[attr-defined]
    found = []
    while walk.next_line():
        before = laid.encode()[: walk.get_index()].decode()
        found.append((before, laid[len(before) :]))
    return found


def test_the_digits_of_an_arabic_percentage_keep_their_order(lay: Lay) -> None:
    right, wrong = ink(lay("25", "ar")), ink(lay("52", "ar"))
    sentence = ink(lay("خصم 25 % على السترات", "ar"))
    assert len(places(right, sentence)) == 1
    assert not places(wrong, sentence)
    # What a typesetter without bidirectional text draws is seen as wrong by this test.
    assert not places(right, ink(lay("خصم 52 % على السترات", "ar")))


def test_the_sign_follows_the_number_in_reading_direction(lay: Lay) -> None:
    number, sign = ink(lay("25", "ar")), ink(lay("%", "ar"))
    apart = ink(lay("خصم 25 % على السترات", "ar"))
    assert places(sign, apart)[0] < places(number, apart)[0]  # read from the right: number, then sign
    german = ink(lay("Jetzt 25 % weniger", "de"))
    assert places(sign, german)[0] > places(number, german)[0]


def test_hebrew_turns_around_latin_words_and_prices(lay: Lay) -> None:
    line = ink(lay("מעיל Ridgeline במחיר 179.00", "he"))
    name, price = ink(lay("Ridgeline", "he")), ink(lay("179.00", "he"))
    assert places(price, line)[0] < places(name, line)[0]


def test_a_latin_name_in_front_does_not_turn_an_arabic_line_round(lay: Lay) -> None:
    line = ink(lay("Ridgeline متوفرة هنا", "ar"))
    name, word = ink(lay("Ridgeline", "ar")), ink(lay("هنا", "ar"))
    assert places(word, line)[0] < places(name, line)[0]


def test_devanagari_letters_join(lay: Lay) -> None:
    assert lay("क्ष", "hi").width_px < lay("क", "hi").width_px + lay("ष", "hi").width_px
    assert lay("त्र", "hi").width_px < lay("त", "hi").width_px + lay("र", "hi").width_px


def test_thai_breaks_between_words_only(lay: Lay) -> None:
    words = ["เสื้อ", "กัน", "น้ำ", "รุ่น", "ใหม่", "ลด", "ราคา", "วัน", "นี้", "ที่", "ชั้น", "วาง", "หมายเลข", "สี่"]
    text = "".join(words)
    allowed = set(itertools.accumulate(map(len, words)))
    for width_px in range(160, 900, 37):
        block = lay(text, "th", width_px)
        assert not block.broken
        assert {len(before) for before, _ in breaks(block, text, "th")} <= allowed, "needs a Pango with libthai"


@pytest.mark.parametrize("language", ["ja", "zh-Hans", "zh-Hant"])
def test_no_line_begins_with_what_ends_a_sentence(lay: Lay, language: str) -> None:
    text = "新しい「トレイル」ジャケット、今だけ25%オフ。ちょっと、見てみませんか？四番の棚へ！"
    for width_px in range(100, 1200, 29):
        block = lay(text, language, width_px)
        for before, after in breaks(block, text, language):
            assert after[0] not in "。、」？！ー" or block.broken
            assert before[-1] != "「" or block.broken


@pytest.mark.parametrize(
    ("language", "text"),
    [("ko", "방수 재킷을 네 번째 선반에서 만나보세요"), ("ja", "今日はジャケットとスニーカーをどうぞ")],
)
def test_words_that_are_written_as_words_stay_whole(lay: Lay, language: str, text: str) -> None:
    for width_px in range(300, 600, 17):
        block = lay(text, language, width_px)
        assert block.lines > 1
        assert not block.broken
        for before, after in breaks(block, text, language):
            assert before[-1] == " " or not ("가" <= after[0] <= "힣")
            assert not ("ァ" <= before[-1] <= "ー" and "ァ" <= after[0] <= "ー")
            assert before[-1] != "\u2060"


def test_east_asian_countries_draw_their_own_forms(lay: Lay) -> None:
    forms = {ink(lay("直骨", language)).tobytes() for language in ("ja", "zh-Hans", "zh-Hant")}
    assert len(forms) == 3


@pytest.mark.parametrize("sequence", ["👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "❤️", "1️⃣"])
def test_emoji_sequences_are_one_sign(lay: Lay, sequence: str) -> None:
    assert lay(sequence, "en").width_px <= 1.3 * lay("🎉", "en").width_px


def test_emoji_have_their_colours(lay: Lay) -> None:
    colours = picture(lay("🎉", "en")).convert("HSV").getchannel("S")
    assert colours.getextrema()[1] > 150  # the ink is white


def test_characters_that_no_font_has_are_told(typesetter: Typesetter) -> None:
    assert typesetter.lay("so \U0010fffd\ufdd0 so", Style(40, "en"), 900).missing == "\ufdd0\U0010fffd"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("vi", "Ộ Ể Ẫ Ợ"),
        ("vi", "ậ ợ ệ"),
        ("de", "Ä Ö Ü jgß"),
        ("en", "jjj"),
        ("en", "fff f"),
        ("th", "ปื่ ฏู ญู"),
        ("ar", "جميع ـِـّـٌ"),
    ],
)
@pytest.mark.parametrize("bold", [False, True])
def test_marks_and_swashes_are_drawn_whole(lay: Lay, language: str, text: str, bold: bool) -> None:
    narrow = lay(text, language, 900, bold=bold)
    roomy = lay(f"\u00a0\u00a0{text}\u00a0\u00a0", language, 900, bold=bold)  # nothing of it is near an edge
    assert ink(narrow).size == ink(roomy).size


SAMPLES = st.sampled_from(
    "AaÄßjfgqQẬỗΩΆЙё ё 25% €₪,.!?-–…「」。、、 \n\u00a0خصمجيע יהקש नमस्तेक्षत्र "
    "ไทยน้ำปื่ 字直骨あがッー한국어🎉👍🏽🇩🇪1️⃣\u200d\u0301\u0489\t\x00\x1b"
)
TEXTS = st.text(SAMPLES, max_size=60) | st.text(max_size=40)


@given(
    TEXTS,
    st.sampled_from(["en", "de", "vi", "ar", "he", "hi", "th", "ja", "ko", "zh-Hant"]),
    st.integers(1, 900),
    st.floats(8, 120),
    st.booleans(),
    st.sampled_from(["start", "centre", "end"]),
)
@example("「ёകท", "ar", 38, 24.0, False, "end")
@example("111111\u0489", "en", 63, 15.0, False, "centre")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_stays_inside_its_box_or_says_that_it_cannot(
    typesetter: Typesetter, text: str, language: str, width_px: int, size_px: float, bold: bool, align: str
) -> None:
    block = typesetter.lay(text, Style(size_px, language, bold, align), width_px)  # type: ignore[arg-type]
    drawn = block.draw((255, 255, 255))
    assert drawn.get_size() == (width_px, max(1, block.height_px))
    if block.width_px <= width_px:
        strokes, _ = block._layout.get_extents()  # type: ignore[attr-defined]
        indent_px = block._indent_px  # type: ignore[attr-defined]
        assert strokes.x / 1024 + indent_px >= -0.01
        assert (strokes.x + strokes.width) / 1024 + indent_px <= width_px + 0.01


@pytest.mark.parametrize(
    "text", ["ไ\U0001f3fd?", "\u0301\U0001f3fd…", "ה \U000e0067น\U0001f3a2\u094d", "ข\ufdfd\U0001f3fdे、₪"]
)
def test_a_sign_of_several_fonts_that_is_wider_than_its_line_ends_nothing(typesetter: Typesetter, text: str) -> None:
    """What it ended was the process, and with it all tests."""
    for width_px in range(1, 600, 3):
        assert typesetter.lay(text, Style(40, "ja"), width_px).height_px > 0


def test_importing_the_bindings_leaves_no_file_open() -> None:
    import sys

    from display.text import bindings

    names = [name for name in sys.modules if name.startswith(("pangocffi", "pangocairocffi"))]
    files = [one for name in names for one in vars(sys.modules[name]).values() if hasattr(one, "closed")]
    assert bindings.pangocffi is not None
    assert all(file.closed for file in files)
