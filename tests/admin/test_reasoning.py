"""Why this, why not that, as a person reads it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.admin.reasoning import reasoning
from edge_agent.admin.text import spread, width
from edge_agent.contracts.admin import ANSWER, Explained, Person
from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.explanation import RANKED_MAX, REJECTED_MAX, Explanation, Ranked
from edge_agent.decide.reasons import REASONS
from edge_agent.identify.badges import badge

AT = datetime(2026, 7, 4, 16, 30, tzinfo=UTC)
RANKING = (
    Ranked(campaign="jacket-back", message_class="offer", expected_value=6.0),
    Ranked(campaign="care-kit", message_class="offer", expected_value=4.8),
)
CHOSEN: dict[str, Any] = {
    "at": AT,
    "campaign": "jacket-back",
    "screen": True,
    "card": True,
    "mode": "badge",
    "ranking": RANKING,
    "rejected": {"zone": ("boots-20",), "not_viewed": ("tents-spring", "daypack-back"), "outranked": ("care-kit",)},
}


def said(campaign: str | None = None, person: Person | None = None, held: bool = True, **changes: Any) -> Explained:
    return Explained(
        unit="entrance",
        store="vienna-1",
        zone="Outdoor",
        timezone="Europe/Vienna",
        held=held,
        person=person,
        campaign=campaign,
        explanation=Explanation(**{**CHOSEN, **changes}),
    )


def silent(reason: str, **changes: Any) -> Explained:
    nothing = {"campaign": None, "screen": False, "card": False, "ranking": (), "rejected": {}, "silent": reason}
    return Explained.model_validate(
        {**said(held=changes.pop("held", True)).model_dump(), "explanation": {**CHOSEN, **nothing, **changes}}
    )


def plain(explained: Explained, columns: int = 80) -> str:
    return "\n".join(spread(reasoning(explained, columns), columns, colour=False))


def test_the_whole_table() -> None:
    person = Person(person=2, badge=badge(1, "en"), distance_m=1.4, near_s=35.0, state="greeted", on_screen=True)
    assert plain(said(person=person)) == (
        f"""\
entrance · Outdoor · store vienna-1   Sat 2026-07-04 18:30:00 CEST
Blue circle: 1.4 m, scene on screen

Said: jacket-back, by the screen (to her badge) and a card for the clerks

May be said, the best first
                 class     expected value
   1  jacket-back  offer             6.00
   2  care-kit     offer             4.80

May not be said
  boots-20      {REASONS["zone"]}
  tents-spring  {REASONS["not_viewed"]}
  daypack-back  {REASONS["not_viewed"]}"""
    )


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_is_a_sentence_that_is_not_cut(reason: str) -> None:
    text = plain(silent(reason), 50)
    assert " ".join(text.split()).endswith(f"Nothing is said: {REASONS[reason]}")


def test_a_reason_that_this_command_does_not_know_is_named() -> None:
    assert "Nothing is said: full_moon" in plain(silent("full_moon"))


def test_whoever_is_not_known_is_no_error() -> None:
    assert "No profile of this customer is held here." in plain(silent("profile_expired", held=False))


def test_the_control_group() -> None:
    assert "Nothing is said: jacket-back would be, but she is in the control group" in plain(said(holdout=True))


@pytest.mark.parametrize(
    ("campaign", "words"),
    [
        ("jacket-back", "jacket-back: it is what is said."),
        ("care-kit", "care-kit: it may be said, and is number 2 of 2: only the first is said."),
        ("boots-20", f"boots-20: {REASONS['zone']}"),
        ("botos-20", "botos-20: there is no such campaign here: check its spelling"),
    ],
)
def test_why_not_this_one(campaign: str, words: str) -> None:
    assert words in " ".join(plain(said(campaign=campaign)).split())


def test_why_not_this_one_where_nothing_is_said() -> None:
    asked = silent("lease_expired").model_copy(update={"campaign": "boots-20"})
    assert "boots-20: no campaign was looked at, because nothing at all is said." in plain(asked)


def test_campaigns_for_which_there_was_no_room() -> None:
    text = plain(said(campaign="number-500", others=300))
    assert "number-500: not among those that are listed; 300 more are not." in text
    assert text.endswith("  and 300 more")


def test_a_long_name_has_a_line_of_its_own() -> None:
    name = "n" * 64
    lines = plain(said(rejected={"zone": (name,)}), 90).splitlines()
    assert lines[-2] == f"  {name}"
    assert lines[-1].startswith(" " * 32)


NAMES = st.text("abc-0", min_size=1, max_size=64).map(lambda text: f"c{text}"[:64])


@given(
    zone=st.text(max_size=200),
    ranking=st.lists(
        st.builds(Ranked, campaign=NAMES, message_class=st.just("offer"), expected_value=st.floats(0, 1e9))
    ),
    rejected=st.dictionaries(NAMES, st.lists(NAMES, max_size=5).map(tuple), max_size=10),
    columns=st.integers(20, 200),
)
def test_whatever_is_explained_fits_and_moves_no_cursor(
    zone: str, ranking: list[Ranked], rejected: dict[str, tuple[str, ...]], columns: int
) -> None:
    explained = said(ranking=tuple(ranking[:RANKED_MAX]), rejected=rejected).model_copy(update={"zone": zone})
    for line in spread(reasoning(explained, columns), columns, colour=False):
        assert width(line) <= columns
        assert line.isprintable()


def test_the_largest_explanation_fits_into_a_message() -> None:
    names = [f"{number:03d}{'n' * 61}" for number in range(max(REJECTED_MAX, RANKED_MAX))]
    explained = said(
        campaign=names[0],
        person=Person(
            person=10**6, badge=badge(63, "de"), distance_m=100 / 7, near_s=1e5 / 7, state="greeted", on_screen=True
        ),
        ranking=tuple(
            Ranked(campaign=name, message_class="service", expected_value=1e9 / 7) for name in names[:RANKED_MAX]
        ),
        rejected={f"reason{name[:50]}": (name,) for name in names[:REJECTED_MAX]},
        others=800,
    ).model_copy(update={"zone": "\U0001f9e5" * 200})
    packet = explained.model_dump_json().encode()
    assert len(packet) <= MESSAGE_MAX_BYTES
    assert ANSWER.validate_json(packet) == explained
