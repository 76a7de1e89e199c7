"""What scripts need: fonts, packages, and where lines may not end."""

import pytest

from display.text.scripts import breakable, families_for, lacking


@pytest.mark.parametrize(
    ("language", "family"),
    [
        ("ja", "Noto Sans CJK JP"),
        ("ko-KR", "Noto Sans CJK KR"),
        ("zh", "Noto Sans CJK SC"),
        ("zh-CN", "Noto Sans CJK SC"),
        ("zh-Hant", "Noto Sans CJK TC"),
        ("zh-Hant-HK", "Noto Sans CJK TC"),
        ("zh-HK", "Noto Sans CJK HK"),
    ],
)
def test_chinese_characters_are_drawn_as_the_country_writes_them(language: str, family: str) -> None:
    assert families_for(language, "Inter, Noto Sans") == f"Inter, Noto Sans, {family}"


def test_other_languages_take_the_families_of_the_theme() -> None:
    assert families_for("de-AT", "Inter, Noto Sans") == "Inter, Noto Sans"


@pytest.mark.parametrize(
    ("characters", "says"),
    [
        ("ก", "U+0E01 (Thai); apt-get install fonts-noto-core"),
        ("字", "U+5B57 (Cjk); apt-get install fonts-noto-cjk"),
        ("한", "(Hangul); apt-get install fonts-noto-cjk"),
        ("🎉", "U+1F389 (emoji); apt-get install fonts-noto-color-emoji"),
        ("𐎀", "(Ugaritic); apt-get install fonts-noto-extra"),
        ("あ字ก🎉", "and 1 more; apt-get install fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core"),
        ("\U0010fffd", "U+10FFFD (unassigned); none can have it, take it out"),
    ],
)
def test_missing_characters_are_named_with_the_package_that_brings_them(characters: str, says: str) -> None:
    assert lacking(characters).startswith("no installed font has U+")
    assert says in lacking(characters)
    assert len(lacking(characters)) < 180  # with its place it fits into a refusal


def test_korean_words_stay_whole_and_control_characters_are_no_text() -> None:
    assert breakable("방수 재킷", "ko") == "방\u2060수 재\u2060킷"
    assert breakable("방수", "ja") == "방수"
    assert breakable("このジャケット", "ja") == "このジ\u2060ャ\u2060ケ\u2060ッ\u2060ト"
    assert breakable("a\x00b\x1b[2Jc\nd\te", "en") == "a b [2Jc\nd e"
    assert breakable("\N{RIGHT-TO-LEFT OVERRIDE}129", "en") == " 129"
    assert breakable("\N{LEFT-TO-RIGHT OVERRIDE}سعر", "ar") == " سعر"
