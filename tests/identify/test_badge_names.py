"""What badges are called."""

import pytest

from edge_agent.identify.badges import PALETTE_SIZE, badge


@pytest.mark.parametrize(
    ("number", "language", "label"),
    [
        (0, "en", "Blue diamond"),
        (18, "en", "Green triangle"),
        (18, "xx", "Green triangle"),
        (0, "de", "Blaue Raute"),
        (9, "de-AT", "Orange Kreis"),
        (20, "de", "Grüner Stern"),
        (18, "fr", "Triangle vert"),
        (20, "fr-CA", "Étoile verte"),
        (36, "es", "Estrella amarilla"),
        (63, "it", "Croce bianca"),
        (4, "ar", "نجمة زرقاء"),
    ],
)
def test_the_colour_agrees_with_the_shape(number, language, label):
    assert badge(number, language).label == label


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "ar"])
def test_every_badge_has_a_name_of_its_own(language):
    assert len({badge(number, language).label for number in range(PALETTE_SIZE)}) == PALETTE_SIZE
