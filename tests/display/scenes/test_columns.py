"""Text that flows: it fits inside its column at a readable size, or is refused with a reason."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from display.errors import PosterError
from display.scenes.boxes import Box, stack
from display.scenes.canvas import Viewing, measure
from display.scenes.columns import Line, flow, name_blocks
from display.scenes.layout import plan
from display.scenes.plan import Contents, Plan, Role, Slot
from display.text.scripts import breakable
from display.text.typeset import Typesetter
from display.theme import Space
from edge_agent.contracts.reading import words
from edge_agent.contracts.screen import Layout
from edge_agent.contracts.wording import BODY_MAX, HEADLINE_MAX

LAYOUTS = get_args(Layout)
SCREENS = [(1920, 1080), (1080, 1920), (1280, 720), (3840, 2160), (1920, 540)]

ORDINARY = {
    "en": "Your waterproof trail jacket is waiting for you here ",
    "de": "Ihre wasserdichte Wanderjacke mit Reißverschlussbelüftung wartet ",
    "el": "Το αδιάβροχο μπουφάν σας περιμένει εδώ στο κατάστημα ",
    "ru": "Ваша непромокаемая куртка ждёт вас здесь, в магазине ",
    "ar": "سترتك المقاومة للماء بانتظارك هنا بخصم 25 % ",
    "he": "המעיל העמיד במים שלך מחכה לך כאן בהנחה של 25 % ",
    "hi": "आपकी जलरोधक ट्रेकिंग जैकेट यहाँ आपका इंतज़ार कर रही है ",
    "th": "แจ็คเก็ตกันน้ำของคุณกำลังรอคุณอยู่ที่นี่ลดราคา",
    "zh-Hans": "您的防水徒步夹克正在这里等您，今天八折优惠。",
    "ja": "防水のトレイルジャケットが、こちらでお待ちしています。",
    "ko": "방수 트레일 재킷이 여기에서 기다리고 있습니다 ",
}


@pytest.mark.parametrize("language", ORDINARY)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_longest_words_of_a_campaign_always_fit(layout: Layout, language: str, typesetter: Typesetter) -> None:
    """As long as the agent lets them be, in every layout, in both directions."""
    filler = ORDINARY[language] * 5
    texts: dict[Role, str] = {
        "label": "Blue diamond",
        "badge": "Blue diamond",
        "headline": filler[:HEADLINE_MAX],
        "body": filler[:BODY_MAX],
        "product_name": "Ridgeline trail jacket, women",
        "price": "1.299,00 €",
        "place": "Rack 4, ground floor",
    }
    for size in ((1920, 1080), (1080, 1920)):
        for badges in (0, 1):
            canvas = measure(size, Viewing(), Space())
            placed = plan(layout, canvas, Contents(badges, picture=True))
            try:
                lines = flow(placed, texts, language, typesetter)
            except PosterError as error:
                if "apt-get" in str(error):
                    pytest.skip(str(error))
                raise
            shown = {line.role for line in lines}
            assert shown == {slot.role for slot in placed.slots} & set(texts)


def column(height: int, *slots: Slot, minimum_px: float = 40) -> Plan:
    return Plan("product", Box(0, 0, 900, height), slots, minimum_px=minimum_px)


def test_what_does_not_fit_loses_the_end_of_its_second_line_and_never_its_first(typesetter: Typesetter) -> None:
    placed = column(330, Slot("headline", 80, bold=True), Slot("body", 50))
    texts: dict[Role, str] = {"headline": "Your order is ready", "body": "It waits at the service desk. " * 9}
    lines = flow(placed, texts, "en", typesetter)
    assert sum(line.height_px for line in lines) <= 330
    with pytest.raises(PosterError, match="headline: too long: its 540 characters do not fit at 40 px"):
        flow(placed, {"headline": texts["body"] * 2}, "en", typesetter)


def test_a_letter_wider_than_its_column_is_refused(typesetter: Typesetter) -> None:
    narrow = replace(column(5000, Slot("headline", 80)), column=Box(0, 0, 20, 5000))
    with pytest.raises(PosterError, match="headline: too long"):
        flow(narrow, {"headline": "Www"}, "en", typesetter)


def test_an_emergency_is_shown_without_what_no_font_has(typesetter: Typesetter) -> None:
    placed = plan("emergency", measure((1920, 1080), Viewing(), Space()), Contents())
    shown = flow(placed, {"headline": "\ufdd0 Leave now", "body": "", "place": "Gate \ufdd0"}, "en", typesetter)
    plain = flow(placed, {"headline": "Leave now", "place": "Gate"}, "en", typesetter)
    assert [(line.role, line.block.width_px) for line in shown] == [(line.role, line.block.width_px) for line in plain]
    with pytest.raises(PosterError, match=r"headline: no installed font has U\+FDD0"):
        flow(placed, {"headline": "\ufdd0!"}, "en", typesetter)
    with pytest.raises(PosterError, match=r"headline: no installed font has U\+FDD0"):
        flow(replace(placed, ground="personal"), {"headline": "\ufdd0 Leave now"}, "en", typesetter)


def test_names_below_badges_stay_in_their_boxes_or_are_refused(typesetter: Typesetter) -> None:
    boxes = (Box(0, 0, 260, 110), Box(300, 0, 260, 110))
    placed = replace(column(300), minimum_px=32, small_px=40, names=boxes)
    short = name_blocks(placed, ("Rosa Stern", "Rotes Kreuz"), "de", typesetter)
    assert [block.lines for block in short] == [1, 1]
    long = name_blocks(placed, ("Dunkelblauer Diamant", "Rotes Kreuz"), "de", typesetter)
    assert [block.lines for block in long] == [2, 1]
    assert all(block.height_px <= 110 for block in long)
    narrow = replace(placed, names=(Box(0, 0, 150, 110), boxes[1]))
    with pytest.raises(PosterError, match="badges: too long: a name does not fit below its badge at 32 px"):
        name_blocks(narrow, ("Donaudampfschifffahrtskapitänsdiamanten", "Kreuz"), "de", typesetter)
    with pytest.raises(PosterError, match="badges: no installed font has U"):
        name_blocks(placed, ("Stern \ufdd0", "Kreuz"), "de", typesetter)


SAMPLES = st.sampled_from(
    "AaÄßjfgqQẬỗΩΆЙё ё 25% €₪,.!?-–…「」。、 \n\u00a0خصمجيע יהקש नमस्तेक्षत्र ไทยน้ำปื่ "
    "字直骨あッー한국어🎉👍🏽🇩🇪\u200d\u0301\t\x00"
)
TEXTS = st.text(SAMPLES, max_size=120) | st.text(max_size=60) | st.text("W", max_size=240)


@given(
    st.sampled_from(LAYOUTS),
    st.sampled_from(SCREENS),
    st.floats(0.3, 30),
    st.integers(0, 4),
    st.booleans(),
    st.sampled_from(["en", "de", "vi", "ar", "he", "hi", "th", "ja", "ko", "zh-Hant"]),
    st.fixed_dictionaries(
        {"headline": TEXTS.filter(str.strip)},
        optional=dict.fromkeys(("badge", "label", "body", "product_name", "price", "place"), TEXTS),
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_fits_or_is_refused_with_a_reason(
    typesetter: Typesetter,
    layout: Layout,
    size: tuple[int, int],
    distance_m: float,
    badges: int,
    picture: bool,
    language: str,
    texts: dict[Role, str],
) -> None:
    canvas = measure(size, Viewing(distance_m=distance_m), Space())
    placed = plan(layout, canvas, Contents(badges, picture))
    refusal = ""
    lines: list[Line] = []
    try:
        lines = flow(placed, texts, language, typesetter)
    except PosterError as error:
        refusal = str(error)
    role, _, reason = refusal.partition(": ")
    if refusal:
        assert role in texts
        assert "too long" in reason or "no installed font" in reason
        assert len(refusal) <= 200  # as long as a reason may be on the wire
    assert all(line.size_px >= placed.minimum_px == canvas.smallest_px for line in lines)
    box = placed.column
    tops = stack(box, [line.height_px for line in lines], [line.gap_px for line in lines], placed.anchor)
    for line, top in zip(lines, tops, strict=True):
        assert line.indent_px + line.block.width_px <= box.width + 1
        assert top >= box.y - 1
        assert top + line.height_px <= box.bottom + 1
        drawn = line.block.draw((0, 0, 0)).get_size()
        assert drawn[0] <= box.width
        assert drawn[1] <= line.height_px + 1


def test_a_word_is_a_word_with_and_without_its_joiners() -> None:
    assert words(breakable("방수 재킷", "ko")) == words("방수 재킷")
