"""The idle loop's order, and broken playlists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.errors import PlaylistError
from display.items import Brand, LoopPicture
from display.loop.playlist import Loop, parse_playlist
from edge_agent.contracts.catalogue import LoopItem
from edge_agent.contracts.screen import Playlist


def test_words_are_taken_in_the_language_of_the_playlist() -> None:
    items = (
        LoopItem(picture="a" * 64, headline={"de-AT": "Servus", "en": "Hello"}),
        LoopItem(picture="b" * 64, headline={"de": "Hallo"}),
        LoopItem(picture="c" * 64, headline={"en": "Hello"}),
    )
    loop = parse_playlist(Playlist(version="v1", language="de-AT", items=items).model_dump_json().encode())
    assert [picture.headline for picture in loop.pictures] == ["Servus", "Hallo", ""]


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


@given(st.integers(0, 6))
def test_the_loop_visits_every_picture_and_begins_again(count: int) -> None:
    loop = Loop("v1", tuple(LoopPicture(str(number), 10) for number in range(count)))
    visited, position = [], 0
    for _ in range(count):
        visited.append(loop.at(position))
        position = loop.after(position)
    assert visited == list(loop.pictures)
    assert position == 0
    assert loop.at(position) == (loop.pictures[0] if count else Brand())
