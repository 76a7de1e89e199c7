"""Those whom the unit talks to: its parts, tablets, other units, and the hub."""

from collections.abc import Iterator, Mapping
from typing import Final

from edge_agent.admin.doctor.facts import Facts
from edge_agent.admin.doctor.spans import left_s, many, since_s, span
from edge_agent.contracts.examination import Finding, Severity
from edge_agent.contracts.unit import PartReport

STARTING_S: Final = 30.0
"""A part that has not worked yet so soon after the start is only starting."""

OUTBOX_MANY: Final = 10_000
"""So many waiting events are a day offline of a busy unit."""

CERTIFICATE_SHORT_S: Final = 14 * 86_400.0
"""A certificate is renewed long before; one that ends so soon was not."""

TURN_SLOW_S: Final = 0.5
"""A screen that takes so long after most decisions is not well. It should take a tenth."""

SCENES_ENOUGH: Final = 10
"""Fewer scenes say nothing about how fast it is."""

_HUB: Final = "hub"

_OTHER: Final[tuple[Severity, str, str]] = ("warning", "", "journalctl -u edge-agent says more")

_MISSING: Final[Mapping[str, tuple[Severity, str, str]]] = {
    "radio": ("fault", "radio", "nobody is heard: journalctl -u edge-agent says why"),
    "screen": ("fault", "screen", "systemctl status edge-display; is the screen plugged in and switched on?"),
    "bus": ("fault", "broker", "no card reaches the clerks: is the broker's machine on (systemctl status mosquitto)?"),
    "pull": ("warning", _HUB, "if it answered, do as it says; if not, see the shop's internet line, and hub.url"),
    "content": ("warning", "content", "the screen shows what it has; journalctl -u edge-agent says more"),
    "push": ("warning", _HUB, "nothing is lost, events wait here; see the shop's internet line"),
    "nudge": ("note", _HUB, "changes are asked for every hub.poll_s instead of being told at once"),
    "web": ("fault", "page", "clerks cannot open their page: web.host and web.port must be free on this machine"),
    "tokens": ("warning", "phones", "iPhones with the app in the background are not recognised; see the adapter"),
    "beacon": ("warning", "beacon", "phones are not woken by this unit; see the adapter"),
    "presence": ("warning", "phones", "what apps report through the hub does not arrive; see hub"),
    "admin": ("warning", "admin", "local commands may fail; see admin.socket"),
}
"""Part -> how bad its absence is, what it is called, and what to do."""


def parts(facts: Facts) -> Iterator[Finding]:
    """Yield each part that does not work, and the list of those that do. Of adapters and the key others tell more."""
    told: set[tuple[str, str]] = set()
    unknown = _unknown_to_hub(facts)  # said of its certificate; that is what the hub's parts lack
    works = []
    for report in facts.parts:
        _, about, _ = _MISSING.get(report.part, _OTHER)
        if report.state == "running":
            works.append(report.part)
        elif not (_elsewhere(report, facts) or (about == _HUB and unknown) or (about, report.problem) in told):
            told.add((about, report.problem))
            yield _absent(report, facts)
    if works:
        yield Finding(severity="ok", about="parts", what=f"At work: {', '.join(works)}."[:200])


def _elsewhere(report: PartReport, facts: Facts) -> bool:
    return report.part == "key" or (report.part.startswith("radio") and bool(facts.adapters))


def _absent(report: PartReport, facts: Facts) -> Finding:
    severity, about, todo = _MISSING.get(report.part, _OTHER)
    about = about or report.part[:64]
    if not report.problem and facts.now.monotonic_s - facts.started_s < STARTING_S:
        return Finding(severity="note", about=about, what="It is starting.", todo="ask again in half a minute")
    for_s = since_s(report.since, facts.now.utc)
    what = f"For {span(for_s)}: {report.problem or 'it has not come up.'}"
    return Finding(severity=severity, about=about, what=what[:200], todo=todo)


def screen(facts: Facts) -> Iterator[Finding]:
    """Yield since when a display is there, and how personal it may be."""
    if not facts.config.display.enabled:
        yield Finding(severity="note", about="screen", what="This unit has no screen (display.enabled).")
        return
    for report in facts.parts:
        if report.part == "screen" and report.state == "running":
            for_s = since_s(report.since, facts.now.utc)
            yield Finding(severity="ok", about="screen", what=f"A display is connected, for {span(for_s)}.")
    yield from _panel(facts)
    yield from _speed(facts)
    mode = facts.config.screen.mode
    if mode == "named":
        what = "It may call customers by name (screen.mode)."
        todo = "only right where a single person can see it; everywhere else: badge"
        yield Finding(severity="warning", about="screen", what=what, todo=todo)
    elif mode == "generic":
        what = "It says nothing personal to anybody (screen.mode is generic)."
        yield Finding(severity="note", about="screen", what=what, todo='to greet customers: screen.mode = "badge"')


def _panel(facts: Facts) -> Iterator[Finding]:
    """Yield that the panel is dark as it should be; what somebody must mend is told by the part."""
    if facts.screen is not None and facts.screen.panel == "off":
        what = "The panel is off: until it is on, this unit works as one without a screen."
        yield Finding(severity="note", about="screen", what=what, todo="if that is wrong, see display.hours")


def _speed(facts: Facts) -> Iterator[Finding]:
    """Yield how fast the screen turns to a customer."""
    status = facts.screen
    if status is None or status.p50_s is None or status.p99_s is None:
        return
    figures = f"p50 {1000 * status.p50_s:.0f} ms, p99 {1000 * status.p99_s:.0f} ms"
    what = f"From a decision to its first frame: {figures}, of the last {many(status.scenes, 'scene')}."
    if status.scenes >= SCENES_ENOUGH and status.p50_s > TURN_SLOW_S:
        todo = "is something else busy on this machine (top), or the panel larger than it can draw (display.size)?"
        yield Finding(severity="warning", about="screen", what=what, todo=todo)
    else:
        yield Finding(severity="ok", about="screen", what=what)


def tablets(facts: Facts) -> Iterator[Finding]:
    """Yield how many tablets are online."""
    if facts.config.broker.host is None:
        what = "No broker is configured: no card reaches the clerks."
        yield Finding(severity="note", about="tablets", what=what, todo="set broker.host")
    elif not _works("bus", facts):
        return  # nobody can tell: see broker
    elif facts.tablets == 0:
        what = "No tablet is online: nobody sees the cards."
        todo = "open the clerk's page on a tablet; are its Wi-Fi and the broker up?"
        yield Finding(severity="warning", about="tablets", what=what, todo=todo)
    elif facts.tablets is not None:
        yield Finding(severity="ok", about="tablets", what=f"Online: {many(facts.tablets, 'tablet')}.")


def network(facts: Facts) -> Iterator[Finding]:
    """Yield what others on the shop's network can see, or do to this unit."""
    if facts.config.web.live_view == "demo":
        what = "Whoever opens the page /live sees the screen and what happens (web.live_view)."
        yield Finding(severity="warning", about="page", what=what, todo='in a shop: web.live_view = "off", or "admin"')
    for queue in facts.queues:
        if queue.queue in ("clerks", "units") and queue.dropped:
            what = f"{queue.dropped} messages of {queue.queue} were lost: too many at once."
            todo = "somebody floods the store's broker: look at its log, and at its access list"
            yield Finding(severity="warning", about=queue.queue, what=what, todo=todo)


def units(facts: Facts) -> Iterator[Finding]:
    """Yield whether the coordinator answers."""
    coordinator = facts.config.units.coordinator
    if coordinator is None or facts.in_reach is None:
        return
    if coordinator == facts.config.unit:
        yield Finding(severity="ok", about="units", what="This unit says which unit serves whom.")
    elif facts.in_reach:
        yield Finding(severity="ok", about="units", what=f"{coordinator} says which unit serves whom, and answers.")
    else:
        what = f"{coordinator}, which says who serves whom, does not answer: this unit serves everybody whom it hears."
        todo = f"look at {coordinator} and at the broker; until then somebody may be greeted twice"
        yield Finding(severity="warning", about="units", what=what[:200], todo=todo)


def hub(facts: Facts) -> Iterator[Finding]:
    """Yield what waits for the hub, what it refused, and how long the unit's certificate lasts."""
    outbox = facts.outbox
    if facts.config.hub.url is None:
        what = "No hub is configured: no events leave, and what is held ends with its lease."
        yield Finding(severity="warning", about="hub", what=what, todo="edge-agent enrol")
    elif outbox.waiting >= OUTBOX_MANY:
        what = f"{outbox.waiting} events wait for it."
        todo = "nothing is lost for weeks, but see why it does not take them (journalctl -u edge-agent)"
        yield Finding(severity="warning", about="hub", what=what, todo=todo)
    elif facts.held.pulled_at is not None and _works("pull", facts):
        ago = span(since_s(facts.held.pulled_at, facts.now.utc))
        yield Finding(
            severity="ok", about="hub", what=f"It answered {ago} ago; {many(outbox.waiting, 'event')} to send."
        )
    if outbox.shed:
        what = f"{many(outbox.shed, 'event')} thrown away since the start: too many waited. Consent events never are."
        yield Finding(severity="fault", about="hub", what=what, todo="bring the line to the hub back")
    if outbox.dead:
        what = f"It refused {many(outbox.dead, 'event')}, kept as dead letters."
        todo = "hub and agent may be of different versions: journalctl -u edge-agent | grep 'the hub rejects'"
        yield Finding(severity="warning", about="hub", what=what, todo=todo)
    if facts.desired_elsewhere:
        what = f"It wants another configuration than the one at work: {facts.desired_elsewhere}"
        todo = "compare the two, put it in the other's place, and restart the agent; or change it at the hub"
        yield Finding(severity="note", about="config", what=what[:200], todo=todo)
    yield from _certificate(facts)


def _unknown_to_hub(facts: Facts) -> bool:
    return facts.config.hub.url is not None and facts.certificate_until is None and not facts.unreadable


def _works(part: str, facts: Facts) -> bool:
    return any(report.part == part and report.state == "running" for report in facts.parts)


def _certificate(facts: Facts) -> Iterator[Finding]:
    until = facts.certificate_until
    if _unknown_to_hub(facts):
        what = "This unit has no certificate: the hub does not know it."
        yield Finding(severity="fault", about="certificate", what=what, todo="edge-agent enrol")
    if until is None:
        return
    days = left_s(until, facts.now.utc) / 86_400
    if days < 0:
        what = f"It ended {-days:.0f} days ago. The store goes on; the hub may refuse this unit."
        todo = "give the unit a new identity: a claim from edge-fleet, then edge-agent enrol"
        yield Finding(severity="warning", about="certificate", what=what, todo=todo)
    elif left_s(until, facts.now.utc) < CERTIFICATE_SHORT_S:
        what = f"It ends in {days:.0f} days."
        todo = "give the unit a new identity in time: a claim from edge-fleet, then edge-agent enrol"
        yield Finding(severity="warning", about="certificate", what=what, todo=todo)
    else:
        yield Finding(severity="ok", about="certificate", what=f"It is good for {days:.0f} days.")
