"""How long a text takes to read, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.reading import GLANCE_S, reading_s, words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Good to see you again", 5),
        ("It is here – 25 % off!", 5),  # neither the dash nor the lone sign
        ("Größe 42, jetzt im Wanderschuh-Regal", 5),
        ("خصم 25% على السترات", 4),
        ("방수 재킷 25% 할인", 4),
        ("防水夹克优惠中", 7 / 1.6),
        ("25%オフのジャケット", 1 + 8 / 1.6),
        ("เสื้อแจ็คเก็ต", 9 / 4),  # four of its thirteen signs stand above others
    ],
)
def test_words_are_counted_as_the_readers_of_a_script_do(text: str, count: float) -> None:
    assert words(text) == pytest.approx(count)


def test_a_translation_takes_about_as_long_as_the_original() -> None:
    english = words("The waterproof jacket is now reduced by a quarter, on rack four")
    for translated in (
        "Die wasserdichte Jacke ist jetzt um ein Viertel reduziert, an Ständer vier",
        "防水夹克现在降价四分之一，请到四号货架",
        "防水ジャケットが今だけ四分の一お買い得、四番の棚にあります",
        "แจ็คเก็ตกันน้ำลดราคาหนึ่งในสี่แล้ววันนี้ ที่ชั้นวางหมายเลขสี่",
    ):
        assert 0.7 < words(translated) / english < 1.5


def test_few_words_are_up_for_a_glance_and_many_for_as_long_as_they_take() -> None:
    assert reading_s("Good morning") == GLANCE_S
    assert reading_s("one two three four five six seven", "eight nine ten eleven twelve") == 8


@given(st.text(), st.text())
def test_more_text_never_takes_less_time(text: str, more: str) -> None:
    assert GLANCE_S <= reading_s(text) <= reading_s(text, more)
    assert words(f"{text} {more}") == pytest.approx(words(text) + words(more))
