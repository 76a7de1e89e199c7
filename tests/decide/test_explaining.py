"""Why this, why not that: complete, named, and small enough for an event."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.campaign import Audience
from edge_agent.contracts.event import DecisionEvent
from edge_agent.contracts.explanation import RANKED_MAX, REJECTED_MAX, Ranked
from edge_agent.decide.reasons import REASONS, WHY_NOT, WHY_NOTHING
from edge_agent.visit.roster import UNTRACKED
from tests.decide.cases import ANNA, HERE_AND_NOW, HOUR, TICKET, Case, campaign, changed, listed
from tests.scenario.shop import JACKET, START, WELCOME

DECIDE = Path(__file__).parents[2] / "edge_agent" / "decide"


def test_it_says_what_was_chosen_and_what_was_not():
    later = campaign("later", starts_at=START + HOUR)
    orders = campaign("orders", audience=Audience(order_ready=True))
    plain = campaign("plain", value=1)
    explanation = Case(campaigns=[later, plain, orders, WELCOME]).decide().explanation
    assert (explanation.at, explanation.mode, explanation.silent) == (START, "badge", None)
    assert (explanation.campaign, explanation.screen, explanation.card) == ("jacket", True, True)
    assert explanation.ranking == (
        Ranked(campaign="jacket", message_class="offer", expected_value=6.0),
        Ranked(campaign="plain", message_class="offer", expected_value=0.1),
    )
    assert explanation.rejected == {"no_order": ("orders",), "not_now": ("later",)}
    assert explanation.others == 0


def test_silence_about_everything_names_no_campaign():
    explanation = changed(Case(), age="minor").decide().explanation
    assert (explanation.silent, explanation.ranking, explanation.rejected) == ("age", (), {})


def test_a_holdout_says_what_was_held_back():
    explanation = Case(her=ANNA.model_copy(update={"holdout": True})).decide().explanation
    assert (explanation.campaign, explanation.holdout) == ("jacket", True)
    assert explanation.screen is explanation.card is False


@given(ranked=st.integers(0, 30), stopped=st.integers(0, 250))
def test_every_campaign_is_named_or_counted(ranked, stopped):
    campaigns = [campaign(f"r{n}") for n in range(ranked)]
    campaigns += [
        campaign(f"s{n}", starts_at=START + HOUR if n % 2 else None, zones=("Bikes",)) for n in range(stopped)
    ]
    explanation = Case(campaigns=campaigns).decide().explanation
    assert listed(explanation) + explanation.others == ranked + stopped
    assert len(explanation.ranking) == min(ranked, RANKED_MAX)
    assert listed(explanation) - len(explanation.ranking) == min(stopped, REJECTED_MAX)


def test_those_that_came_farthest_are_named_first():
    audience = [campaign(f"a{n}", audience=Audience(order_ready=True)) for n in range(REJECTED_MAX)]
    late = campaign("late", starts_at=START + HOUR)
    no_stock = WELCOME.model_copy(update={"stock_min": 1000})
    explanation = Case(campaigns=[late, *audience, no_stock]).decide().explanation
    assert list(explanation.rejected) == ["no_stock", "no_order"]
    assert explanation.others == 2


def test_a_thousand_campaigns_fit_into_an_event_many_times_over():
    campaigns = [campaign(f"{n:04}".rjust(64, "x"), zones=("Bikes",) if n < 900 else ()) for n in range(1000)]
    decision = Case(campaigns=campaigns).decide()
    event = DecisionEvent(visit="v", zone="z" * 200, decision="d", explanation=decision.explanation)
    assert listed(decision.explanation) == RANKED_MAX + REJECTED_MAX
    assert len(event.model_dump_json()) < MESSAGE_MAX_BYTES / 3


def test_an_explanation_tells_nothing_about_her():
    her = ANNA.model_copy(update={"salutation": "Ms Smith", "tier": "gold", "tickets": (TICKET,)})
    text = Case(her=her).decide().explanation.model_dump_json()
    for secret in ("anna", "Smith", "gold", TICKET.ticket, JACKET.product):
        assert secret not in text


# --- reasons ---------------------------------------------------------------------------------------


FILTERS = ("eligibility.py", "filters.py", "candidates.py")


def returned(module: str) -> list[str]:
    return re.findall(r'(?:return|yield) "(\w+)"', (DECIDE / module).read_text())


def test_every_reason_has_a_sentence_and_every_sentence_a_reason():
    assert {name for module in FILTERS for name in returned(module)} <= set(REASONS)
    code = "".join((DECIDE / module).read_text() for module in (*FILTERS, "decision.py"))
    by_rank = {"outranked", "holdout"}  # these have fields of their own in an explanation
    assert {name for name in REASONS if f'"{name}"' not in code} == by_rank
    assert set(WHY_NOTHING) >= UNTRACKED


def test_the_table_has_the_order_in_which_a_candidate_is_examined():
    """The filters before that take their order from the table."""
    places = [list(WHY_NOT).index(name) for name in returned("candidates.py")]
    assert places == sorted(places)


@pytest.mark.parametrize("reason", REASONS)
def test_a_sentence_is_one_line_of_plain_words(reason):
    text = REASONS[reason]
    assert text[0].islower()
    assert text.endswith(".")
    assert len(text) <= 110
    assert "_" not in text


@pytest.mark.parametrize("table", [WHY_NOTHING, WHY_NOT], ids=["why nothing", "why not"])
def test_the_page_for_people_has_the_same_table(table):
    page = (DECIDE.parents[1] / "docs" / "deciding.md").read_text(encoding="utf-8")
    rows = "\n".join(f"| `{name}` | {text} |" for name, text in table.items())
    assert f"|---|---|\n{rows}\n\n" in page


def test_a_decision_is_about_the_moment_that_it_was_asked_for():
    assert Case().decide().explanation.at == HERE_AND_NOW.utc
