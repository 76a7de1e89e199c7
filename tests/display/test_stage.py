"""What is visible when, for any order of messages."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.items import Brand, LoopPicture
from display.loop.playlist import Loop
from display.stage import Report, Stage
from edge_agent.contracts.screen import ProofOfPlay, Refused, Renew, Scene, Show, Shown

FADE_S = 0.6
MakeScene = Callable[..., Scene]
LOOP = Loop("v1", (LoopPicture("a" * 64, 10), LoopPicture("b" * 64, 10), LoopPicture("c" * 64, 10)))


def stage(loop: Loop = LOOP) -> Stage:
    return Stage(loop, FADE_S, 0.0)


def watch(stage: Stage, until_s: float, now_s: float = 0.0, step_s: float = 0.1) -> list[Report]:
    """Play on to ``until_s``, presenting every frame."""
    reports: list[Report] = []
    while now_s <= until_s:
        reports += stage.advance(now_s)
        stage.frame(now_s)
        reports += stage.presented(now_s, datetime.fromtimestamp(now_s, UTC))
        now_s += step_s
    return reports


def top(stage: Stage, now_s: float) -> object:
    stage.advance(now_s)
    return stage.frame(now_s).layers[-1].item


def show(scene: Scene, permit_until_s: float | None = 3.0) -> Show:
    return Show(scene=scene, permit_until_s=permit_until_s)


def test_without_pictures_the_brand_stands_still() -> None:
    still = stage(Loop())
    assert top(still, 0) == Brand()
    assert still.next_deadline(0) == float("inf")


def test_the_loop_turns_with_a_fade() -> None:
    turning = stage()
    assert top(turning, 9.9) == LOOP.pictures[0]
    assert turning.next_deadline(9.9) == 10
    assert top(turning, 10) == LOOP.pictures[1]
    assert [layer.opacity for layer in turning.frame(10.3).layers] == pytest.approx([1.0, 0.5])
    assert len(turning.frame(10.6).layers) == 1
    assert top(turning, 30.5) == LOOP.pictures[2]  # one picture at a time, whatever was missed


def test_a_scene_is_shown_reported_and_proved(make_scene: MakeScene) -> None:
    playing = stage()
    assert playing.show(show(make_scene()), 1.0) == []
    reports = watch(playing, 5, 1.0)
    assert reports[0] == Shown(message_id="m1", first_frame_s=1.0)
    (proof,) = reports[1:]
    assert isinstance(proof, ProofOfPlay)
    assert (proof.ended, proof.content_version) == ("permit", "v1")
    assert 2.0 + FADE_S <= proof.on_screen_s < 2.0 + FADE_S + 0.2


def test_renewals_keep_it_until_its_maximum(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(show(make_scene(maximum_s=20)), 0.0)
    reports: list[Report] = []
    for second in range(25):
        playing.renew(Renew(message_id="m1", permit_until_s=second + 3), second)
        reports += watch(playing, second + 0.9, second)
    proof = reports[-1]
    assert isinstance(proof, ProofOfPlay)
    assert proof.ended == "maximum"
    assert 20 <= proof.on_screen_s < 21


def test_a_lapsed_permit_is_not_revived(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(show(make_scene()), 0.0)
    watch(playing, 1)
    playing.renew(Renew(message_id="m1", permit_until_s=10), 3.0)
    assert playing.showing is None


def test_a_permit_that_lapsed_on_the_way_shows_nothing(make_scene: MakeScene) -> None:
    playing = stage()
    (refused,) = playing.show(show(make_scene(), 3.0), 3.0)
    assert isinstance(refused, Refused)
    assert top(playing, 3.0) == LOOP.pictures[0]


def test_a_scene_that_was_never_presented_is_refused(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(show(make_scene()), 0.0)
    (refused,) = playing.clear("m1", 0.1)
    assert isinstance(refused, Refused)
    assert refused.message_id == "m1"


def test_a_stage_that_nobody_drew_for_long_has_something_to_show(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(show(make_scene()), 0.0)
    playing.advance(2.0)
    assert top(playing, 4.0) == LOOP.pictures[1]
    assert playing.frame(4.0).layers[0].opacity == 1.0


def test_another_scene_waits_for_the_minimum(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(show(make_scene(mode="generic", minimum_s=6), None), 0.0)
    watch(playing, 1)
    playing.show(show(make_scene("m2", mode="generic"), None), 1.0)
    watch(playing, 5.9, 1.0)
    assert playing.showing == "m1"
    reports = watch(playing, 8, 6.0)
    assert playing.showing == "m2"
    assert [type(report) for report in reports] == [Shown, ProofOfPlay]


def test_a_group_replaces_a_personal_scene_at_once(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(show(make_scene()), 0.0)
    watch(playing, 1)
    playing.show(show(make_scene("m2", layout="group")), 1.0)
    assert playing.showing == "m2"


def test_clearing_what_is_unknown_changes_nothing(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(show(make_scene()), 0.0)
    assert playing.clear("m9", 0.5) == []
    assert playing.showing == "m1"


def test_a_picture_that_left_the_playlist_leaves_the_screen() -> None:
    turning = stage()
    turning.set_loop(Loop("v2", LOOP.pictures[1:]), 1.0)
    assert top(turning, 1.0) == LOOP.pictures[1]
    turning.discard(LOOP.pictures[1], 2.0)
    assert top(turning, 2.0) == LOOP.pictures[2]
    turning.discard(LOOP.pictures[2], 3.0)
    assert top(turning, 3.0) == Brand()


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["show", "group", "renew", "clear", "clear_all", "loop", "wait"]),
        st.integers(0, 3),
        st.floats(0, 2),
        st.floats(0, 4),
    ),
    max_size=40,
)


@given(MESSAGES)
def test_whatever_arrives_a_personal_scene_needs_a_live_permit(
    messages: list[tuple[str, int, float, float]],
) -> None:
    playing = stage()
    permits: dict[str, float] = {}
    latest: dict[str, float] = {}  # the last moment at which a scene may still be visible
    reports: list[Report] = []
    now_s, number = 0.0, 0
    shown: set[str] = set()
    for kind, which, wait_s, permit_s in messages:
        now_s += wait_s
        reports += playing.advance(now_s)
        name = f"m{number - which}"
        match kind:
            case "show" | "group":
                number += 1
                name = f"m{number}"
                layout = "group" if kind == "group" else "welcome"
                scene = Scene(message_id=name, layout=layout, mode="badge", language="en", headline="x")
                permits[name] = now_s + permit_s
                reports += playing.show(Show(scene=scene, permit_until_s=permits[name]), now_s)
            case "renew":
                if now_s < permits.get(name, 0):
                    permits[name] = now_s + permit_s
                reports += playing.renew(Renew(message_id=name, permit_until_s=now_s + permit_s), now_s)
            case "clear":
                permits[name] = min(permits.get(name, now_s), now_s)
                reports += playing.clear(name, now_s)
            case "clear_all":
                permits = {name: min(until_s, now_s) for name, until_s in permits.items()}
                reports += playing.clear_all(now_s)
            case "loop":
                playing.set_loop(Loop("v2", LOOP.pictures[which:]), now_s)
        latest = {name: until_s + FADE_S for name, until_s in permits.items()}
        reports += playing.advance(now_s)
        frame = playing.frame(now_s)
        reports += playing.presented(now_s, datetime.fromtimestamp(now_s, UTC))
        assert 1 <= len(frame.layers) <= 3
        assert frame.layers[0].opacity == 1.0
        assert all(0 < layer.opacity <= 1 for layer in frame.layers)
        for layer in frame.layers:
            if isinstance(layer.item, Scene):
                assert now_s <= latest[layer.item.message_id] + 1e-9
                shown.add(layer.item.message_id)
        assert playing.next_deadline(now_s) >= now_s
    reports += playing.stop(now_s)
    firsts = [report.message_id for report in reports if isinstance(report, Shown)]
    proofs = [report.message_id for report in reports if isinstance(report, ProofOfPlay)]
    refused = [report.message_id for report in reports if isinstance(report, Refused)]
    assert len(firsts) == len(set(firsts))
    assert sorted(firsts) == sorted(proofs)  # every first frame has its one proof
    assert sorted([*proofs, *(name for name in refused if name)]) == sorted(f"m{n + 1}" for n in range(number))
    assert shown <= set(firsts)
