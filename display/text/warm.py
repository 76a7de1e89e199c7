"""Open the fonts of a shop's languages before the first scene, which shall not wait for them."""

from collections.abc import Iterable
from typing import Final

from display.text.typeset import Style, Typesetter

_ALWAYS: Final = "Good morning 25 % €179.00"
_EMOJI: Final = "🎉"
_WORDS: Final = {
    "ar": "مرحبا",
    "bn": "স্বাগতম",
    "el": "Καλημέρα",
    "fa": "خوش آمدید",
    "he": "שלום",
    "hi": "नमस्ते",
    "ja": "ようこそ店内",
    "ko": "환영합니다",
    "ru": "Здравствуйте",
    "ta": "வணக்கம்",
    "th": "สวัสดี",
    "uk": "Вітаємо",
    "vi": "Xin chào Ộ",
    "zh": "欢迎光临",
}


def warm(typesetter: Typesetter, languages: Iterable[str]) -> None:
    """Draw a word in each of the languages, regular and bold, and throw it away."""
    for language in languages:
        text = f"{_ALWAYS} {_WORDS.get(language.split('-')[0], '')} {_EMOJI}"
        for bold in (False, True):
            for headline in (False, True):
                typesetter.lay(text, Style(48, language, bold, headline=headline), 2000).draw((255, 255, 255))
