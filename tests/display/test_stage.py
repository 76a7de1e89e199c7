"""What is visible when, for any order of messages."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.items import WHOLE, Area, Brand, Caption, Item, LoopPicture
from display.layers import LAYERS_MAX
from display.motion import Entrance
from display.stage import CALM_S, Report, Stage
from edge_agent.contracts.screen import Badge, ProofOfPlay, Refused, Renew, Scene, Show, Shown

FADE_S = 0.6
MakeScene = Callable[..., Scene]
A, B, C = (LoopPicture(letter * 64, 10) for letter in "abc")


FADE = Entrance("fade", FADE_S)


def stage(ground: Item = A, entrance: Entrance = FADE) -> Stage:
    return Stage(ground, lambda _: entrance, FADE_S, 0.0)


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


def show(stage: Stage, scene: Scene, now_s: float, permit_until_s: float | None = 3.0) -> list[Report]:
    """Show a scene whose poster is ready at once."""
    reports = stage.show(Show(scene=scene, permit_until_s=permit_until_s), now_s)
    return reports + (stage.ready(now_s, now_s) if stage.awaited == scene else [])


def test_without_pictures_the_brand_stands_still() -> None:
    still = stage(Brand())
    assert top(still, 0) == Brand()
    assert still.next_deadline(0) == float("inf")


def test_the_ground_turns_with_a_fade() -> None:
    turning = stage()
    assert turning.next_deadline(9.9) == float("inf")
    turning.set_ground(B, 10)
    assert top(turning, 10) == B
    assert [layer.opacity for layer in turning.frame(10.3).layers] == pytest.approx([1.0, 0.5])
    assert turning.frame(10.3).changing
    assert [layer.item for layer in turning.frame(10.6).layers] == [B]
    turning.set_ground(B, 11)
    assert not turning.frame(11).changing


@pytest.mark.parametrize(
    ("entrance", "source", "at"),
    [
        (Entrance("slide", 1.0), Area(0, 0, 0.5, 1), Area(0.5, 0, 0.5, 1)),
        (Entrance("slide", 1.0, from_left=True), Area(0.5, 0, 0.5, 1), Area(0, 0, 0.5, 1)),
        (Entrance("wipe", 1.0), Area(0.5, 0, 0.5, 1), Area(0.5, 0, 0.5, 1)),
        (Entrance("wipe", 1.0, from_left=True), Area(0, 0, 0.5, 1), Area(0, 0, 0.5, 1)),
    ],
)
def test_half_way_half_of_the_new_poster_is_seen(entrance: Entrance, source: Area, at: Area) -> None:
    turning = stage(entrance=entrance)
    turning.set_ground(B, 10)
    old, new = turning.frame(10.5).layers
    assert (old.source, old.at, new.opacity) == (WHOLE, WHOLE, 1.0)
    assert (new.source, new.at) == (pytest.approx(source), pytest.approx(at))


def test_an_entrance_of_no_length_is_there_at_once() -> None:
    turning = stage(entrance=Entrance("slide", 0))
    turning.set_ground(B, 10)
    assert [layer.item for layer in turning.frame(10).layers] == [B]


def test_a_picture_glides_below_its_words() -> None:
    gliding = LoopPicture("d" * 64, 10, "Hello", "en", glides=True)
    playing = stage(gliding)
    picture, words = playing.frame(0).layers
    assert (picture.item, words.item) == (gliding, Caption("Hello", "en"))
    later = playing.frame(5)
    assert not later.changing
    assert later.layers[0].source != picture.source
    assert later.layers[1].source == WHOLE
    assert playing.next_deadline(5) == 5
    assert playing.next_deadline(11) == float("inf")  # at its end it rests


def test_a_scene_is_shown_reported_and_proved(make_scene: MakeScene) -> None:
    playing = stage()
    playing.content_version = "v1"
    assert show(playing, make_scene(), 1.0) == []
    reports = watch(playing, 5, 1.0)
    assert reports[0] == Shown(message_id="m1", first_frame_s=1.0, received_s=1.0, composed_s=1.0)
    (proof,) = reports[1:]
    assert isinstance(proof, ProofOfPlay)
    assert (proof.ended, proof.content_version) == ("permit", "v1")
    assert 2.0 + FADE_S <= proof.on_screen_s < 2.0 + FADE_S + 0.2


def test_time_in_which_nobody_can_see_the_screen_is_not_on_screen(make_scene: MakeScene) -> None:
    playing = stage()
    playing.seen(False, 0.0)
    playing.seen(True, 0.5)
    show(playing, make_scene(mode="generic", maximum_s=10), 1.0, None)
    watch(playing, 3, 1.0)
    playing.seen(False, 3.0)
    watch(playing, 7, 3.1)
    playing.seen(True, 7.0)
    (proof,) = watch(playing, 13, 7.1)
    assert isinstance(proof, ProofOfPlay)
    assert 6 + FADE_S <= proof.on_screen_s < 6 + FADE_S + 0.3


def test_a_scene_waits_for_its_poster(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(Show(scene=make_scene(), permit_until_s=3.0), 1.0)
    assert playing.awaited == make_scene()
    assert top(playing, 1.2) == A
    playing.ready(1.25, 1.3)
    assert playing.awaited is None  # its turn has come at once
    (shown,) = watch(playing, 1.3, 1.3)
    assert shown == Shown(message_id="m1", first_frame_s=1.3, received_s=1.0, composed_s=1.25)


def test_a_scene_that_cannot_be_drawn_is_refused(make_scene: MakeScene) -> None:
    playing = stage()
    playing.show(Show(scene=make_scene(), permit_until_s=3.0), 1.0)
    assert playing.refuse("m1", "too long", 1.0) == [Refused(message_id="m1", reason="too long")]
    assert playing.awaited is None
    assert watch(playing, 5, 1.0) == []


def test_renewals_keep_it_until_its_maximum(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(maximum_s=20), 0.0)
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
    show(playing, make_scene(), 0.0)
    watch(playing, 1)
    playing.renew(Renew(message_id="m1", permit_until_s=10), 3.0)
    assert playing.showing is None


def test_a_permit_that_lapsed_on_the_way_shows_nothing(make_scene: MakeScene) -> None:
    playing = stage()
    (refused,) = show(playing, make_scene(), 3.0, 3.0)
    assert isinstance(refused, Refused)
    assert top(playing, 3.0) == A


def test_a_scene_that_was_never_presented_is_refused(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(), 0.0)
    (refused,) = playing.clear("m1", 0.1)
    assert isinstance(refused, Refused)
    assert refused.message_id == "m1"


def test_a_stage_that_nobody_drew_for_long_has_something_to_show(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(), 0.0)
    playing.advance(2.0)
    assert top(playing, 4.0) == A
    assert playing.frame(4.0).layers[0].opacity == 1.0


def test_another_scene_waits_for_the_minimum(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(mode="generic", minimum_s=6), 0.0, None)
    watch(playing, 1)
    show(playing, make_scene("m2", mode="generic"), 1.0, None)
    watch(playing, 5.9, 1.0)
    assert playing.showing == "m1"
    reports = watch(playing, 8, 6.0)
    assert playing.showing == "m2"
    assert [type(report) for report in reports] == [Shown, ProofOfPlay]


def test_a_group_replaces_a_personal_scene_at_once(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(), 0.0)
    watch(playing, 1)
    show(playing, make_scene("m2", layout="group"), 1.0)
    assert playing.showing == "m2"


def test_personal_scenes_of_two_customers_do_not_queue(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(), 0.0)
    watch(playing, 1)
    (refused,) = show(playing, make_scene("m2", badges=(Badge(number=1, colour="red", shape="star", label="x"),)), 1.0)
    assert isinstance(refused, Refused)
    assert "queue" in refused.reason
    show(playing, make_scene("m3"), 1.0)  # of the same customer
    assert watch(playing, 2.9, 1.0) == []
    assert playing.showing == "m1"


def test_a_storm_of_commands_does_not_flicker(make_scene: MakeScene) -> None:
    playing = stage()
    reports: list[Report] = []
    for number in range(1, 1001):
        now_s = number / 100
        show(playing, make_scene(f"m{number}", mode="generic", minimum_s=0), now_s, None)
        reports += watch(playing, now_s, now_s)
        if number % 3 == 0:
            playing.clear(f"m{number}", now_s)
    assert len([report for report in reports if isinstance(report, Shown)]) <= 10 / CALM_S + 1


def test_during_an_emergency_nothing_else_is_shown(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(), 0.0)
    watch(playing, 1)
    fire = Scene(message_id="emergency-en", layout="emergency", mode="generic", language="en", headline="Leave")
    playing.set_ground(fire, 1.0, alone=True)
    assert playing.showing is None
    assert top(playing, 1.0) == fire
    (refused,) = show(playing, make_scene("m2"), 1.5, 4.5)
    assert isinstance(refused, Refused)
    assert "emergency" in refused.reason
    (proof,) = watch(playing, 2.0, 1.0)
    assert isinstance(proof, ProofOfPlay)
    playing.set_ground(A, 9.0)
    show(playing, make_scene("m3"), 9.1, 12.0)
    assert playing.showing == "m3"


def test_a_personal_scene_leaves_by_a_fade_whatever_comes(make_scene: MakeScene) -> None:
    playing = stage(entrance=Entrance("slide", 0.9))
    show(playing, make_scene(), 0.0)
    watch(playing, 2)
    playing.clear("m1", 2.0)
    covering = playing.frame(2.3).layers[-1]
    assert covering.at == WHOLE
    assert covering.opacity == pytest.approx(0.5)
    assert playing.frame(2.3).personal
    assert [layer.item for layer in playing.frame(2.6).layers] == [A]
    assert not playing.frame(2.6).personal


def test_what_comes_after_a_scene_that_is_not_personal_takes_its_own_time(make_scene: MakeScene) -> None:
    playing = stage(entrance=Entrance("slide", 0.9))
    show(playing, make_scene(mode="generic"), 0.0, None)
    watch(playing, 2)
    playing.clear("m1", 2.0)
    steps = [playing.frame(2 + step / 100).layers[-1].at.width for step in range(1, 91)]
    assert max(later - sooner for sooner, later in pairwise(steps)) < 0.03  # nothing jumps
    (proof,) = watch(playing, 3.0, 2.91)
    assert isinstance(proof, ProofOfPlay)


def test_a_repeat_without_a_permit_does_not_free_a_personal_scene_of_its_own(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(), 0.0)
    show(playing, make_scene(mode="generic"), 1.0, None)
    assert isinstance(watch(playing, 3.0 + FADE_S + 0.2)[-1], ProofOfPlay)


def test_clearing_what_is_unknown_changes_nothing(make_scene: MakeScene) -> None:
    playing = stage()
    show(playing, make_scene(), 0.0)
    assert playing.clear("m9", 0.5) == []
    assert playing.showing == "m1"


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["show", "group", "slow", "ready", "refuse", "renew", "clear", "clear_all"])
        | st.sampled_from(["ground", "emergency", "seen", "unseen", "anew", "wait"]),
        st.integers(0, 3),
        st.floats(0, 2),
        st.floats(0, 4),
    ),
    max_size=40,
)
ENTRANCES = st.builds(Entrance, st.sampled_from(["fade", "slide", "wipe"]), st.floats(0, 0.9), st.booleans())


@given(MESSAGES, ENTRANCES)
def test_whatever_arrives_a_personal_scene_needs_a_live_permit(
    messages: list[tuple[str, int, float, float]], entrance: Entrance
) -> None:
    playing = stage(entrance=entrance)
    permits: dict[str, float] = {}
    reports: list[Report] = []
    now_s, number = 0.0, 0
    visible: set[str] = set()
    emergency = False
    for kind, which, wait_s, permit_s in messages:
        now_s += wait_s
        reports += playing.advance(now_s)
        name = f"m{number - which}"
        match kind:
            case "show" | "group" | "slow":
                number += 1
                name = f"m{number}"
                layout = "group" if kind == "group" else "welcome"
                scene = Scene(message_id=name, layout=layout, mode="badge", language="en", headline="x")
                permits[name] = now_s + permit_s
                reports += playing.show(Show(scene=scene, permit_until_s=permits[name]), now_s)
                if kind != "slow" and playing.awaited == scene:
                    reports += playing.ready(now_s, now_s)
            case "ready":
                reports += playing.ready(now_s, now_s)
            case "refuse":
                permits[name] = min(permits.get(name, now_s), now_s)
                reports += playing.refuse(name, "cannot be drawn", now_s)
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
            case "ground" | "emergency":
                emergency = kind == "emergency"
                if emergency:
                    permits = {name: min(until_s, now_s) for name, until_s in permits.items()}
                reports += playing.set_ground((A, B, C, Brand())[which], now_s, alone=emergency)
            case "seen" | "unseen":
                playing.seen(kind == "seen", now_s)
            case "anew":
                playing.begin_anew(Brand(), now_s)
        latest = {name: until_s + FADE_S for name, until_s in permits.items()}
        reports += playing.advance(now_s)
        frame = playing.frame(now_s)
        reports += playing.presented(now_s, datetime.fromtimestamp(now_s, UTC))
        assert 1 <= len(frame.layers) <= LAYERS_MAX
        lowest = frame.layers[0]
        assert (lowest.opacity, lowest.source, lowest.at) == (1.0, WHOLE, WHOLE)  # never black
        assert all(0 < layer.opacity <= 1 and layer.at.width > 0 for layer in frame.layers)
        for layer in frame.layers:
            if isinstance(layer.item, Scene):
                assert now_s <= latest[layer.item.message_id] + 1e-9
                assert frame.personal
                visible.add(layer.item.message_id)
        assert not (emergency and playing.covered)
        assert playing.next_deadline(now_s) >= now_s
    reports += playing.stop(now_s)
    firsts = [report.message_id for report in reports if isinstance(report, Shown)]
    proofs = [report.message_id for report in reports if isinstance(report, ProofOfPlay)]
    refused = [report.message_id for report in reports if isinstance(report, Refused)]
    assert len(firsts) == len(set(firsts))
    assert sorted(firsts) == sorted(proofs)  # every first frame has its one proof
    assert sorted([*proofs, *(name for name in refused if name)]) == sorted(f"m{n + 1}" for n in range(number))
    assert visible <= set(firsts)
    assert all(report.on_screen_s >= 0 for report in reports if isinstance(report, ProofOfPlay))
