"""The radio: does the unit hear, and does it keep up?"""

from collections.abc import Iterator

from edge_agent.admin.doctor.facts import Facts
from edge_agent.admin.words import STEPS
from edge_agent.contracts.admin import AdapterStatus
from edge_agent.contracts.examination import Finding

_WATCH = "edge-agent watch shows it live; journalctl -u edge-agent says what was tried"


def hearing(facts: Facts) -> Iterator[Finding]:
    """Yield what there is to say about adapters, and what was heard but lost."""
    if facts.config.radio.backend == "off":
        todo = "set radio.backend, unless this unit shall only show things"
        yield Finding(severity="warning", about="radio", what="It is switched off: nobody is heard.", todo=todo)
    for adapter in facts.adapters:
        yield _adapter(adapter)
    for queue in facts.queues:
        if queue.queue == "radio" and queue.dropped:
            yield Finding(
                severity="warning",
                about="radio",
                what=f"{queue.dropped} advertisements were heard and lost: too many at once for this machine.",
                todo="see what else takes its processor (top); raw radio costs less (docs/raw-radio.md)",
            )


def _adapter(adapter: AdapterStatus) -> Finding:
    name = adapter.adapter or "no adapter"
    if not adapter.healthy:
        problem = adapter.problem or f"hears nothing for {adapter.silence_s:.0f} s: {STEPS[adapter.step]}"
        return Finding(severity="fault", about="radio", what=_clip(f"{name}: {problem}"), todo=_WATCH)
    if adapter.scan == "simulated":
        what = "It plays a scenario: no real phone is heard."
        return Finding(severity="note", about="radio", what=what, todo='in a shop: radio.backend = "bleak"')
    usual = "" if adapter.usual_per_s is None else f", usual at this hour {adapter.usual_per_s:.0f}/s"
    what = f"{name} hears {adapter.heard_per_s:.0f} advertisements/s{usual} ({adapter.scan} scan)."
    if adapter.step != "listening":
        return Finding(severity="note", about="radio", what=_clip(f"{what} It was ill: {STEPS[adapter.step]}."))
    if adapter.problem:
        return Finding(severity="note", about="radio", what=_clip(f"{what} {adapter.problem}"))
    return Finding(severity="ok", about="radio", what=_clip(what))


def _clip(text: str) -> str:
    return text[:200]
