"""The watch view: how a unit is, on one screen of a terminal. Pure: a snapshot and a size go in, lines come out."""

from textwrap import wrap
from typing import Final

from edge_agent.admin.text import Line, harmless, pad
from edge_agent.admin.words import STEPS, distance, doing, ended, losses, names, problems, scene, screen
from edge_agent.contracts.admin import AdapterStatus, Person, Snapshot
from edge_agent.contracts.screen import BadgeShape

_SHAPES: Final[dict[BadgeShape, str]] = {
    "diamond": "◆",
    "circle": "●",
    "triangle": "▲",
    "square": "■",
    "star": "★",
    "hexagon": "⬢",
    "heart": "♥",
    "cross": "✚",
}
_TAG: Final = "○"

_PEOPLE_LEAST: Final = 3  # rows for people, however many problems there are
_WRAP_LEAST: Final = 20
_LABEL: Final = 11  # columns of what stands left of a row


def picture(snapshot: Snapshot, size: tuple[int, int], note: str = "") -> list[Line]:
    """Return the lines for a terminal of (columns, rows); they may be longer, never more.

    ``note``: what the command itself has to say, such as that nobody answers.
    """
    columns, height = size
    wrong = problems(snapshot)
    top = [
        _title(snapshot),
        *_verdict(len(wrong), note, columns),
        *_problems(wrong, columns),
        (),
        *_hearing(snapshot),
        (),
    ]
    bottom = [(), *_screen(snapshot), _parts(snapshot), _queues(snapshot)]
    rows = max(_PEOPLE_LEAST, height - len(top) - len(bottom) - 1)
    return [*top, *_people(snapshot, rows), *bottom][:height]


def _title(snapshot: Snapshot) -> Line:
    where = f"{snapshot.unit} · {harmless(snapshot.zone)} · store {snapshot.store}"
    return (where, "strong"), (f"   {snapshot.at:%H:%M:%S} UTC   edge-agent {harmless(snapshot.version)}", "quiet")


def _verdict(wrong: int, note: str, columns: int) -> list[Line]:
    if note:
        texts = _wrapped(harmless(note), columns - 2)
        return [((f"{' ' if number else '✘'} {text}", "bad"),) for number, text in enumerate(texts)]
    if wrong:
        return [((f"✘ {wrong} problem{'s' if wrong > 1 else ''}", "bad"),)]
    return [(("✔ all is well", "good"),)]


def _problems(wrong: list[tuple[str, str]], columns: int) -> list[Line]:
    """What to do stands at the end of a problem, so it is wrapped, not cut."""
    lines: list[Line] = []
    for where, what in wrong:
        label = f"  {where.ljust(_LABEL - 2)} "
        for number, text in enumerate(_wrapped(what, columns - len(label))):
            lines.append(((label if number == 0 else " " * len(label), "bad"), (text, "")))
    return lines


def _wrapped(text: str, columns: int) -> list[str]:
    return wrap(text, max(_WRAP_LEAST, columns), break_on_hyphens=False)  # paths and commands stay whole


def _hearing(snapshot: Snapshot) -> list[Line]:
    known = f"{snapshot.recognised_per_s:.1f}/s of known customers, of {snapshot.customers} whose tokens are here"
    lines = [_row("Heard", f"{snapshot.heard_per_s:.1f}/s, {known}")]
    for adapter in snapshot.adapters:
        lines.append(_adapter(adapter))
        if adapter.healthy and adapter.problem:
            lines.append(((" " * _LABEL + harmless(adapter.problem), "odd"),))
    return lines


def _adapter(adapter: AdapterStatus) -> Line:
    usual = "not known yet" if adapter.usual_per_s is None else f"{adapter.usual_per_s:.1f}/s"
    figures = f"   usual {usual}   last {adapter.silence_s:.1f} s ago   {adapter.scan}"
    name = pad(harmless(adapter.adapter) or "no adapter", _LABEL - 2)
    step = STEPS[adapter.step], "good" if adapter.healthy else "bad"
    return (f"  {name}{adapter.heard_per_s:6.1f}/s   ", ""), step, (figures, "")


def _people(snapshot: Snapshot, rows: int) -> list[Line]:
    here = len(snapshot.people) + snapshot.others
    title: Line = (("Known customers who are heard", "strong"), (f"   {here or 'nobody'}", ""))
    shown = snapshot.people if here <= rows else snapshot.people[: rows - 1]
    called = names(snapshot)
    lines = [title, *(_person(person, called[person.person]) for person in shown)]
    if here > len(shown):
        lines.append(((f"  and {here - len(shown)} more, farther away", "quiet"),))
    return lines


def _person(person: Person, name: str) -> Line:
    mark, style = (_TAG, "") if person.badge is None else (_SHAPES[person.badge.shape], str(person.badge.colour))
    near = "" if person.near_s is None else f"{person.near_s:.0f} s"
    columns = f" {pad(name, 22)}{distance(person):>7}{near:>7}   "
    number = f"{person.person:>3}  ", "quiet"
    return number, (mark, style), (columns, ""), (doing(person), "strong" if person.on_screen else "")


def _screen(snapshot: Snapshot) -> list[Line]:
    lines = [_row("Screen", screen(snapshot.screen)), _row("  now", scene(snapshot.scene))]
    if snapshot.ended is not None:
        lines.append(_row("  before", f"{ended(snapshot.ended)}, {snapshot.ended.ago_s:.0f} s ago"))
    return lines


def _parts(snapshot: Snapshot) -> Line:
    spans = [(pad("Parts", _LABEL), "strong")]
    for report in snapshot.parts:
        works = report.state == "running"
        spans += [(f"{'✔' if works else '✘'} {report.part}", "good" if works else "bad"), ("  ", "")]
    return tuple(spans)


def _queues(snapshot: Snapshot) -> Line:
    waiting = "  ".join(f"{queue.queue} {queue.waiting}" for queue in snapshot.queues)
    lost = losses(snapshot)
    line = _row("Queues", waiting)
    return (*line, ("   lost since the start: " + ", ".join(lost), "odd")) if lost else (*line, ("   nothing lost", ""))


def _row(label: str, text: str) -> Line:
    return (pad(label, _LABEL), "strong"), (text, "")
