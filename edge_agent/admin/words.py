"""What a snapshot means, in words: who is here, how she is served, what is wrong and what to do. Pure."""

from collections import Counter
from typing import Final

from edge_agent.admin.text import harmless
from edge_agent.contracts.admin import (
    AdapterStatus,
    EndedScene,
    LadderStep,
    Person,
    PersonState,
    SceneStatus,
    ScreenStatus,
    Snapshot,
    UnitSilence,
)
from edge_agent.contracts.screen import PanelState

STEPS: Final[dict[LadderStep, str]] = {
    "listening": "listening",
    "restart_scan": "scan restarted",
    "power_cycle": "switched off and on",
    "reset_service": "reset",
    "waiting": "all steps tried, waiting",
}

_STATES: Final[dict[PersonState, str]] = {
    "passing": "passing by",
    "near": "near",
    "arrived": "visit, nothing shown yet",
    "greeted": "greeted",
    "carded": "clerks are told",
    "claimed": "a clerk takes care",
    "closed": "card closed",
}

SILENCES: Final[dict[UnitSilence, str]] = {
    "no_notice": "nobody is known: no privacy notice hangs here; hang it up and set notice.version",
    "clock_untrusted": "nobody is known: the clock is not set; give it a time server (timedatectl status)",
    "lease_expired": "nobody is known: no valid slice; it comes from the hub (see pull)",
}

_BOTH: Final = ", "  # between adapters that have the same problem


def names(snapshot: Snapshot) -> dict[int, str]:
    """Return what each person is called: her badge, with her number where two look alike."""
    called = {person.person: _name(person) for person in snapshot.people}
    often = Counter(called.values())
    return {number: name if often[name] == 1 else f"{name} #{number}" for number, name in called.items()}


def _name(person: Person) -> str:
    return f"Tag {person.person}" if person.badge is None else harmless(person.badge.label)


def distance(person: Person) -> str:
    """Return her distance."""
    return "" if person.distance_m is None else f"{person.distance_m:.1f} m"


def doing(person: Person) -> str:
    """Return how she is served."""
    state = _STATES[person.state]
    if not person.on_screen:
        return state
    return "scene on screen" if person.state in ("arrived", "greeted") else f"scene on screen, {state}"


PANELS: Final[dict[PanelState, str]] = {
    "on": "on",
    "covered": "covered by another window",
    "off": "off, outside display.hours or switched off",
    "absent": "unplugged",
}


def scene(status: SceneStatus | None) -> str:
    """Return what the screen shows."""
    if status is None:
        return "the loop, nothing personal"
    up = "not up yet" if status.shown_s is None else f"up for {status.shown_s:.0f} s"
    return f"{status.mode} scene {status.message_id}, {up}, {status.left_s:.0f} s left"


def ended(status: EndedScene) -> str:
    """Return which scene ended, and how."""
    return f"scene {status.message_id} ended after {status.on_screen_s:.1f} s: {harmless(status.why)}"


def screen(status: ScreenStatus | None) -> str:
    """Return how the screen is, and how fast it turns to a customer."""
    if status is None:
        return "none on this unit"
    panel = "no display" if status.panel is None else PANELS[status.panel]
    if status.p50_s is None or status.p99_s is None:
        return panel
    figures = f"p50 {1000 * status.p50_s:.0f} ms, p99 {1000 * status.p99_s:.0f} ms"
    return f"{panel}; decision to first frame {figures} of the last {status.scenes}"


def problems(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Return (where, what and what to do) of everything that keeps the unit from its work."""
    deaf: dict[str, list[str]] = {}
    for adapter in snapshot.adapters:
        if not adapter.healthy:
            deaf.setdefault(harmless(_adapter(adapter)), []).append(harmless(adapter.adapter) or "radio")
    found = [(_BOTH.join(adapters), what) for what, adapters in deaf.items()]
    found += [
        (report.part, harmless(report.problem) or report.state)
        for report in snapshot.parts
        if report.state != "running" and harmless(report.problem) not in deaf
    ]
    if snapshot.silent is not None:
        found.append(("unit", SILENCES[snapshot.silent]))
    elif not snapshot.customers:
        found.append(("unit", "no customer's tokens are here: they come from the hub (see pull)"))
    return found


def losses(snapshot: Snapshot) -> list[str]:
    """Return which queues have lost something."""
    return [f"{queue.queue} {queue.dropped}" for queue in snapshot.queues if queue.dropped]


def _adapter(adapter: AdapterStatus) -> str:
    return adapter.problem or f"hears nothing: {STEPS[adapter.step]}"


def changes(before: Snapshot | None, after: Snapshot) -> list[str]:
    """Return what changed, one line each; everything that is worth a line at the beginning."""
    lines = []
    if before is None:
        lines.append(
            f"unit {after.unit} of store {after.store}: {after.customers} customers' tokens, "
            f"screen: {scene(after.scene)}"
        )
    lines += [f"! {where}: {what}" for where, what in problems(after) if before is None or _new(before, where, what)]
    if before is not None:
        now_wrong = _wrong(after)
        lines += [f"{place}: works again" for place in _wrong(before) if place not in now_wrong]
        if losses(after) != losses(before):
            lines.append(f"! lost since the start: {', '.join(losses(after))}")
    lines += _on_screen(before, after)
    called, were = names(after), {} if before is None else {person.person: person for person in before.people}
    for person in after.people:
        was = were.pop(person.person, None)
        if was is None or doing(was) != doing(person):
            lines.append(f"{called[person.person]} {distance(person)}: {doing(person)}")
    if before is not None:
        lines += [f"{names(before)[number]}: not heard any more" for number in were]
    return lines


def _on_screen(before: Snapshot | None, after: Snapshot) -> list[str]:
    """Return which scene ended and why, which one is up or on its way, and whether anybody can see it."""
    lines = []
    if before is None:
        return [ended(after.ended)] if after.ended is not None else []
    if after.ended is not None and (before.ended is None or after.ended.message_id != before.ended.message_id):
        lines.append(ended(after.ended))
    if after.scene is not None and _up(after.scene) != _up(before.scene):
        lines.append(f"screen: {scene(after.scene)}")
    if after.screen is not None and before.screen is not None and after.screen.panel != before.screen.panel:
        lines.append(f"screen: {screen(after.screen)}")
    return lines


def _up(status: SceneStatus | None) -> tuple[str, bool] | None:
    return None if status is None else (status.message_id, status.shown_s is not None)


def _wrong(snapshot: Snapshot) -> list[str]:
    """Return every place where something is wrong, each adapter by itself."""
    return list(dict.fromkeys(place for where, _ in problems(snapshot) for place in where.split(_BOTH)))


def _new(before: Snapshot, where: str, what: str) -> bool:
    return (where, what) not in problems(before)
