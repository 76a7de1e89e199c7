"""The simulated display keeps the protocol: first frame once, permits, a proof of play at the end."""

from datetime import UTC, datetime

import pytest

from edge_agent.contracts.screen import (
    Clear,
    Panel,
    Prepare,
    ProofOfPlay,
    Refused,
    Renew,
    Scene,
    Show,
    Shown,
    State,
)
from edge_agent.simulator.display import COMPOSING_S, FIRST_FRAME_S, SimulatedDisplay

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def show(message_id: str = "m1", permit_until_s: float = 3, maximum_s: float = 25) -> Show:
    scene = Scene(
        message_id=message_id, layout="welcome", mode="badge", language="en", headline="Hello", maximum_s=maximum_s
    )
    return Show(scene=scene, permit_until_s=permit_until_s)


def run(*said: tuple[float, object], until_s: float = 60) -> list[tuple[str, str, float]]:
    """Tell a display messages at their times; return (type, how it ended, seconds visible) of its answers."""
    display, answers = SimulatedDisplay(), []

    def listen(to_s: float) -> None:
        while (due_s := display.next_deadline()) is not None and due_s <= to_s:
            answers.extend(display.answers(due_s))

    for at_s, message in said:
        listen(at_s)
        display.tell(message, at_s, NOON)
        answers.extend(display.answers(at_s))
    listen(until_s)
    assert display.showing is None
    return [
        ("shown", a.message_id, a.first_frame_s) if isinstance(a, Shown) else (a.ended, a.message_id, a.on_screen_s)
        for a in answers
        if isinstance(a, Shown | ProofOfPlay)
    ]


UNPREPARED_S = COMPOSING_S + FIRST_FRAME_S
SHOWN = ("shown", "m1", UNPREPARED_S)


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ([(0, show())], [SHOWN, ("permit", "m1", 3)]),
        ([(0, show()), (2, Renew(message_id="m1", permit_until_s=5))], [SHOWN, ("permit", "m1", 5)]),
        ([(0, show()), (2, Renew(message_id="m0", permit_until_s=5))], [SHOWN, ("permit", "m1", 3)]),
        ([(0, show(permit_until_s=99))], [SHOWN, ("maximum", "m1", 25)]),
        ([(0, show()), (2, Clear(message_id="m1", reason="away"))], [SHOWN, ("cleared", "m1", 2)]),
        ([(0, show()), (2, Clear(message_id="m0", reason="away"))], [SHOWN, ("permit", "m1", 3)]),
        ([(0, show()), (0.01, Clear(message_id="m1", reason="away"))], []),  # never visible: no proof
        ([(0, show()), (1, State())], [SHOWN, ("cleared", "m1", 1)]),
        ([(0, show()), (1, State(show=show(permit_until_s=4)))], [SHOWN, ("permit", "m1", 4)]),
        (
            [(0, show()), (1, show("m2", permit_until_s=4))],
            [SHOWN, ("replaced", "m1", 1), ("shown", "m2", 1 + UNPREPARED_S), ("permit", "m2", 3)],
        ),
    ],
)
def test_what_it_answers(said, answers):
    heard = run(*said)
    assert [answer[:2] for answer in heard] == [answer[:2] for answer in answers]
    assert [answer[2] for answer in heard] == pytest.approx([answer[2] for answer in answers], abs=UNPREPARED_S + 1e-6)


def test_what_was_prepared_comes_up_at_once_unless_it_was_dropped():
    heard = run((0, Prepare(scene=show().scene)), (2, show(permit_until_s=5)))
    assert heard[0] == ("shown", "m1", pytest.approx(2 + FIRST_FRAME_S))
    dropped = (1, Clear(message_id="m1", reason="away"))
    heard = run((0, Prepare(scene=show().scene)), dropped, (2, show(permit_until_s=5)))
    assert heard[0] == ("shown", "m1", pytest.approx(2 + UNPREPARED_S))


def test_a_panel_that_nobody_sees_ends_the_scene_and_refuses_the_next():
    display = SimulatedDisplay()
    display.tell(show(permit_until_s=9), 0, NOON)
    [shown] = display.answers(1)
    assert isinstance(shown, Shown)
    display.turn("absent", 2)
    panel, proof = display.answers(2)
    assert panel == Panel(state="absent")
    assert isinstance(proof, ProofOfPlay)
    assert proof.ended == "stopped"
    display.tell(show("m2", permit_until_s=9), 3, NOON)
    [refused] = display.answers(3)
    assert isinstance(refused, Refused)
    assert refused.message_id == "m2"


def test_what_never_came_up_is_refused_whatever_ended_it():
    display = SimulatedDisplay()
    display.tell(show("m1"), 0, NOON)
    display.tell(Clear(message_id="m1", reason="away"), 0.01, NOON)
    display.tell(show("m2"), 0.02, NOON)
    display.turn("off", 0.03)
    refused = [answer.message_id for answer in display.answers(0.03) if isinstance(answer, Refused)]
    assert refused == ["m1", "m2"]
