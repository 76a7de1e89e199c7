"""What a unit holds of a manifest, and what goes first."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.catalogue import ContentItem, LoopItem
from edge_agent.sync.manifest import Choice, Shop, choose
from tests.sync.pictures import sha256

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SHOP = Shop(("de-AT", "en"), films=True)
PLENTY = 10**12


def file(name: str, size_bytes: int = 100, **fields: object) -> ContentItem:
    kind = {"media_type": "image/png", "content_class": "public"}
    return ContentItem.model_validate({"sha256": sha256(name.encode()), "size_bytes": size_bytes, **kind, **fields})


def film(name: str, **fields: object) -> ContentItem:
    return file(name, media_type="video/mp4", **fields)


def chosen(
    *items: ContentItem, loop: tuple[LoopItem, ...] = (), shop: Shop = SHOP, now: datetime | None = NOW,
    held: frozenset[str] = frozenset(), budget_bytes: int = PLENTY, room_bytes: int = PLENTY,
) -> Choice:  # fmt: skip
    return choose(items, loop, shop, now, held, budget_bytes, room_bytes)


def test_what_does_not_fit_this_screen_is_left_out_with_its_reason() -> None:
    odd = [
        file("a", content_class="discreet"),
        file("b", languages=("fr",)),
        file("c", valid_until=NOW),
        film("d"),
    ]
    choice = chosen(*odd, shop=Shop(("en",), films=False))
    assert list(choice.left_out.values()) == ["class", "language", "past", "film"]
    assert choice.wanted == ()


def test_a_language_fits_in_each_of_its_regions() -> None:
    near = [file("a", languages=("de",)), file("b", languages=("fr", "en-GB")), file("c")]
    assert chosen(*near).wanted == tuple(near)


def test_without_a_clock_nothing_is_past() -> None:
    assert chosen(file("a", valid_until=NOW - DAY), now=None).left_out == {}


def test_films_go_first_then_what_is_not_valid_yet_never_what_is_due() -> None:
    picture, due_film = file("picture"), film("film")
    later, later_film = file("later", valid_from=NOW + DAY), film("later film", valid_from=NOW + DAY)
    everything = (later_film, later, due_film, picture)
    order = (picture, due_film, later, later_film)
    assert chosen(*everything).wanted == order
    assert chosen(*everything).pictures_due == 1
    for count, budget_bytes in ((3, 399), (2, 299), (2, 199), (2, 1)):
        choice = chosen(*everything, budget_bytes=budget_bytes)
        assert choice.wanted == order[:count]
        assert set(choice.left_out.values()) == {"budget"}
    assert chosen(*everything, budget_bytes=150).over_bytes == 50


def test_what_the_loop_shows_later_is_not_due_and_what_it_does_not_name_is_a_products() -> None:
    early, product = file("early"), file("product")
    loop = (LoopItem(picture=early.sha256, valid_from=NOW + DAY),)
    assert chosen(early, product, loop=loop, budget_bytes=100).wanted == (product,)


def test_what_is_held_and_due_is_not_given_up_for_room() -> None:
    held, new = file("held"), file("new")
    choice = chosen(new, held, held=frozenset({held.sha256}), room_bytes=50)
    assert choice.wanted == (held,)
    assert choice.left_out == {new.sha256: "room"}


FILES = st.lists(
    st.builds(
        lambda number, size_bytes, moves, from_days, until_days: file(
            str(number),
            size_bytes,
            media_type="video/mp4" if moves else "image/png",
            valid_from=NOW + from_days * DAY,
            valid_until=NOW + until_days * DAY,
        ),
        st.integers(0, 20), st.integers(1, 1000), st.booleans(), st.integers(-2, 2), st.integers(-2, 3),
    ),
    max_size=12,
)  # fmt: skip


@given(FILES, st.integers(0, 3000), st.integers(0, 3000), st.sets(st.integers(0, 20)))
def test_nothing_is_lost_and_no_limit_is_broken(
    items: list[ContentItem], budget_bytes: int, room_bytes: int, numbers: set[int]
) -> None:
    held = frozenset(sha256(str(number).encode()) for number in numbers)
    choice = chosen(*items, held=held, budget_bytes=budget_bytes, room_bytes=room_bytes)
    wanted = {item.sha256 for item in choice.wanted}
    assert wanted | choice.left_out.keys() == {item.sha256 for item in items}
    assert not wanted & choice.left_out.keys()
    due = [item for item in choice.wanted if item.valid_from is not None and item.valid_from <= NOW]
    due_bytes, wanted_bytes = sum(item.size_bytes for item in due), sum(item.size_bytes for item in choice.wanted)
    assert wanted_bytes <= max(budget_bytes, due_bytes)
    assert choice.over_bytes == max(0, due_bytes - budget_bytes)
    kept_anyway = sum(item.size_bytes for item in due if item.sha256 in held)
    assert wanted_bytes <= room_bytes + kept_anyway
