"""Languages: the nearest of those on offer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.decide.languages import language_for, locale, nearest, pick, text_in, written_right_to_left

TAGS = st.sampled_from(["en", "en-GB", "de", "de-AT", "pt", "pt-BR", "pt-PT", "zh", "zh-Hans", "zh-Hant", "ar", "xx"])


@pytest.mark.parametrize(
    ("hers", "offered", "language"),
    [
        (("de",), ("en", "de"), "de"),
        (("de-AT",), ("en", "de"), "de"),
        (("de",), ("en", "de-CH"), "de-CH"),
        (("fr", "de"), ("en", "de"), "de"),
        (("fr",), ("en", "de"), "en"),
        ((), ("de", "en"), "de"),
        (("pt-BR",), ("pt-PT", "pt-BR"), "pt-BR"),
        (("pt-PT",), ("pt-BR", "pt-PT"), "pt-PT"),
        (("pt-AO",), ("pt-BR", "pt-PT"), "pt-PT"),  # what is spoken in Angola is written as in Portugal
        (("pt",), ("pt-PT", "pt-BR"), "pt-BR"),
        (("pt-PT",), ("en", "pt-BR"), "pt-BR"),
        (("zh-TW",), ("zh-Hans", "zh-Hant"), "zh-Hant"),
        (("zh",), ("zh-Hant", "zh-Hans"), "zh-Hans"),
        (("zh-Hant", "en"), ("zh-Hans", "en"), "en"),  # another script only where nothing else is left
        (("zh-Hant",), ("en", "zh-Hans"), "zh-Hans"),
        (("nb",), ("en", "no"), "no"),
        (("iw",), ("en", "he"), "he"),
    ],
)
def test_her_best_language_of_the_shops(hers, offered, language):
    assert language_for(hers, offered) == language


@pytest.mark.parametrize(
    ("hers", "written", "language"),
    [
        (("ar", "fr"), ("en", "fr"), "fr"),  # the words are in her second language: not in the shop's first
        (("de-AT",), ("en", "de"), "de"),
        (("ar",), ("en-GB",), "en"),
        (("ar",), ("es",), "ar"),  # nobody here speaks what it is written in
    ],
)
def test_her_best_language_of_those_that_the_words_are_in(hers, written, language):
    assert language_for(hers, ("de", "en", "fr", "ar"), written) == language


@given(wanted=st.lists(TAGS, max_size=4), offered=st.lists(TAGS, min_size=1, max_size=6))
def test_one_of_those_on_offer_and_her_own_where_it_is_there(wanted, offered):
    found = nearest(wanted, offered)
    assert found is None or found in offered
    if wanted and wanted[0] in offered:
        assert found == wanted[0]
    assert language_for(wanted, offered) in offered


def test_texts_in_a_language():
    names = {"de": "Jacke", "en": "Jacket"}
    assert pick(names, "de-AT") == ("de", "Jacke")
    assert pick(names, "fr") == ("de", "Jacke")
    assert text_in(names, "en-GB") == "Jacket"
    assert text_in({}, "en") == ""


@pytest.mark.parametrize(
    ("language", "rules"), [("de-AT", "de_AT"), ("en-ZZ", "en_US"), ("xx", "en"), ("zh-Hant", "zh_Hant")]
)
def test_the_rules_of_a_language_are_always_known(language, rules):
    assert str(locale(language)) == rules


@pytest.mark.parametrize(
    ("language", "rtl"), [("ar", True), ("he", True), ("ur-PK", True), ("en", False), ("xx", False)]
)
def test_directions(language, rtl):
    assert written_right_to_left(language) is rtl
