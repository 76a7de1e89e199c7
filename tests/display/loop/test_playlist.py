"""What a playlist says, and what of it may be on this screen."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.errors import PlaylistError
from display.loop.playlist import left_out, parse_playlist
from edge_agent.contracts.catalogue import ContentItem, LoopItem
from edge_agent.contracts.screen import Playlist

A, B, C = (letter * 64 for letter in "abc")
DAY = datetime(2026, 6, 1, tzinfo=UTC)


def file(digest: str, **changes: object) -> ContentItem:
    fields = {"sha256": digest, "size_bytes": 1, "media_type": "image/png", "content_class": "public"}
    return ContentItem.model_validate(fields | changes)


def written(*files: ContentItem, items: tuple[LoopItem, ...], language: str = "en") -> bytes:
    return Playlist(version="v1", language=language, items=items, files=files).model_dump_json().encode()


def test_words_are_taken_in_the_language_of_the_playlist() -> None:
    items = (
        LoopItem(picture=A, headline={"de-AT": "Servus", "en": "Hello"}),
        LoopItem(picture=B, headline={"de": "Hallo"}),
        LoopItem(picture=C, headline={"en": "Hello"}),
    )
    loop = parse_playlist(written(file(A), file(B), file(C), items=items, language="de-AT"))
    assert [entry.shows.headline for entry in loop.entries] == ["Servus", "Hallo", ""]


@pytest.mark.parametrize("content_class", ["discreet", "sensitive"])
def test_what_is_not_public_is_left_out(content_class: str) -> None:
    content = written(file(A), file(B, content_class=content_class), items=(LoopItem(picture=A), LoopItem(picture=B)))
    loop = parse_playlist(content)
    assert [entry.shows.picture for entry in loop.entries] == [A]
    assert loop.file(B, DAY) is None
    assert left_out(content, loop) == {B: f"it is {content_class}"}


def test_what_is_not_listed_is_left_out() -> None:
    content = written(items=(LoopItem(picture=A),))
    loop = parse_playlist(content)
    assert loop.entries == ()
    assert left_out(content, loop) == {A: "it is not listed"}


def test_a_display_without_the_extra_leaves_films_out_and_says_what_to_install() -> None:
    content = written(file(A, media_type="video/mp4"), file(B), items=(LoopItem(picture=A), LoopItem(picture=B)))
    assert [entry.shows.film for entry in parse_playlist(content).entries] == [True, False]
    loop = parse_playlist(content, films=False)
    assert [entry.shows.picture for entry in loop.entries] == [B]
    assert "extra 'video'" in left_out(content, loop)[A]


@pytest.mark.parametrize(
    ("speaks", "shop", "shown"),
    [((), ("de",), True), (("en",), ("de",), False), (("de",), ("de-AT",), True), (("de-AT",), ("fr", "de"), True)],
)
def test_words_in_a_picture_are_in_a_language_of_the_shop(
    speaks: tuple[str, ...], shop: tuple[str, ...], shown: bool
) -> None:
    loop = parse_playlist(written(file(A, languages=speaks), items=(LoopItem(picture=A),)), shop)
    assert bool(loop.entries) == shown


def test_the_validity_of_the_file_bounds_that_of_the_item() -> None:
    until = datetime(2026, 7, 1, tzinfo=UTC)
    loop = parse_playlist(written(file(A, valid_until=until), items=(LoopItem(picture=A, valid_from=DAY),)))
    (entry,) = loop.entries
    assert (entry.valid_from, entry.valid_until) == (DAY, until)
    assert loop.file(A, DAY) is not None
    assert loop.file(A, until) is None


def test_an_item_without_a_name_is_named_after_its_file() -> None:
    loop = parse_playlist(written(file(A), items=(LoopItem(picture=A), LoopItem(picture=A, item="summer"))))
    assert [entry.name for entry in loop.entries] == ["a" * 12, "summer"]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b'{"items": []}', "version"),
        (b'{"version": "1", "items": [{"picture": "../etc/passwd"}]}', "items.0.picture"),
    ],
)
def test_a_broken_playlist_names_the_field(content: bytes, names: str) -> None:
    with pytest.raises(PlaylistError, match=names):
        parse_playlist(content)


@given(st.binary(max_size=200))
def test_random_bytes_are_an_error_and_nothing_else(content: bytes) -> None:
    with pytest.raises(PlaylistError):
        parse_playlist(content)
