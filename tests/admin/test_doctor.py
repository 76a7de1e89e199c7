"""What the doctor finds, fact by fact."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.admin.doctor.examine import examine
from edge_agent.admin.doctor.facts import Facts, Held, Key, Outbox, Space
from edge_agent.admin.doctor.outside import Outside, Service, Unasked, beside, instead
from edge_agent.admin.doctor.spans import size, span
from edge_agent.admin.doctor.table import table, title
from edge_agent.admin.text import spread, width
from edge_agent.contracts.admin import ANSWER, AdapterStatus, QueueStatus, ScreenStatus
from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.examination import FINDINGS_MAX, SEVERITIES, Examination, Finding
from edge_agent.contracts.storage import DiskReport, RetentionJob, RetentionReport, StorageReport
from edge_agent.contracts.unit import PartReport
from edge_agent.events import Instant
from edge_agent.screen.link import UNSEEN
from tests.scenario.shop import START

AGENT_S = 5 * 3600.0
"""How long the agent has been at work."""

TREE: dict[str, Any] = {
    "store": "vienna-1",
    "unit": "entrance",
    "zone": "Outdoor",
    "timezone": "Europe/Vienna",
    "notice": {"version": "2026-1"},
    "hub": {"url": "https://hub.example"},
    "broker": {"host": "broker.example"},
}


def config(**changes: object) -> AgentConfig:
    return AgentConfig.model_validate({**TREE, **changes})


def ago(seconds: float) -> Any:
    return START - timedelta(seconds=seconds)


def part(name: str, state: str = "running", problem: str = "", since_s: float = AGENT_S) -> PartReport:
    return PartReport(part=name, state=state, problem=problem, since=ago(since_s))


def job(name: str, **changes: object) -> RetentionJob:
    fields = {"job": name, "keep_s": 1800, "ran_ago_s": 30, "removed_in_all": 7, **changes}
    return RetentionJob.model_validate(fields)


def storage(*jobs: RetentionJob, set_aside: tuple[str, ...] = (), **disk: object) -> StorageReport:
    return StorageReport(
        disk=DiskReport.model_validate(disk),
        retention=RetentionReport(jobs=jobs or (job("visits"), job("dead_letters"))),
        set_aside=set_aside,
    )


def screen(**changes: object) -> ScreenStatus:
    fields = {"panel": "on", "scenes": 120, "p50_s": 0.021, "p99_s": 0.048, **changes}
    return ScreenStatus.model_validate(fields)


HEARS = AdapterStatus(
    adapter="hci0",
    scan="active",
    healthy=True,
    heard_per_s=142.9,
    usual_per_s=150.2,
    silence_s=0.0,
    step="listening",
)

WELL = Facts(
    now=Instant(10_000.0 + AGENT_S, START, utc_trusted=True),
    started_s=10_000.0,
    config=config(),
    adapters=(HEARS,),
    parts=tuple(map(part, ("radio", "screen", "bus", "pull", "push", "nudge", "web", "admin"))),
    queues=(QueueStatus(queue="radio", waiting=3, dropped=0), QueueStatus(queue="clerks", waiting=0, dropped=0)),
    screen=screen(),
    tablets=2,
    in_reach=None,
    held=Held(
        customers=2130,
        lease_until=START + timedelta(hours=23.9),
        pulled_at=ago(120),
        campaigns=14,
        stock_counted_at=ago(7200),
    ),
    unreadable="",
    outbox=Outbox(waiting=12),
    storage=storage(),
    space=Space(12_300_000_000, 31_000_000_000),
    key=Key("tpm", held=True),
    desired_elsewhere="",
    certificate_until=START + timedelta(days=61),
    memory_bytes=84_000_000,
)


def found(**changes: object) -> list[Finding]:
    """What is found that is not the case where all is well."""
    usual = {finding.what for finding in examine(WELL, "1").findings}
    return [finding for finding in examine(replace(WELL, **changes), "1").findings if finding.what not in usual]


def lost(name: str, problem: str = "gone", since_s: float = 600) -> tuple[PartReport, ...]:
    return tuple(part(name, "waiting", problem, since_s) if one.part == name else one for one in WELL.parts)


def test_all_is_well() -> None:
    examination = examine(WELL, "1.2.3")
    assert {finding.severity for finding in examination.findings} == {"ok"}
    assert "\n".join(spread([title(examination), *table(examination.findings, 80)], 80, colour=False)) == (
        """\
entrance · Outdoor · store vienna-1   Sat 2026-03-14 14:00 CET   version 1.2.3
✔ all is well

✔ notice       Version 2026-1 hangs at the entrance.
✔ clock        It is set, says the kernel.
✔ radio        hci0 hears 143 advertisements/s, usual at this hour 150/s (active
               scan).
✔ screen       A display is connected, for 5 h.
✔ screen       From a decision to its first frame: p50 21 ms, p99 48 ms, of the
               last 120 scenes.
✔ parts        At work: radio, screen, bus, pull, push, nudge, web, admin.
✔ tablets      Online: 2 tablets.
✔ hub          It answered 2 min ago; 12 events to send.
✔ certificate  It is good for 61 days.
✔ slice        It holds 2130 customers, and is good for 24 h more.
✔ campaigns    14 campaigns may be said.
✔ catalogue    Its newest stock was counted 2 h ago.
✔ key          The profiles are sealed with a credential that only this
               machine's TPM opens.
✔ disk         12.3 GB of 31.0 GB are free.
✔ retention    What is past its time is deleted (14 since the start): visits,
               dead letters.
✔ memory       The agent takes 84 MB, after 5 h at work."""
    )


CASES: list[tuple[dict[str, object], str, str, str]] = [
    ({"config": config(notice={})}, "fault", "notice", "nobody is recognised"),
    ({"now": replace(WELL.now, utc_trusted=False)}, "fault", "clock", "not set"),
    ({"config": config(clock={"trust": "always"})}, "note", "clock", "without asking"),
    ({"config": config(radio={"backend": "off"})}, "warning", "radio", "switched off"),
    (
        {"adapters": (HEARS.model_copy(update={"healthy": False, "problem": "bluetoothd is away"}),)},
        "fault",
        "radio",
        "hci0: bluetoothd is away",
    ),
    (
        {"adapters": (HEARS.model_copy(update={"healthy": False, "silence_s": 35.0, "step": "power_cycle"}),)},
        "fault",
        "radio",
        "hears nothing for 35 s: switched off and on",
    ),
    ({"adapters": (HEARS.model_copy(update={"step": "reset_service"}),)}, "note", "radio", "It was ill: reset"),
    ({"adapters": (HEARS.model_copy(update={"scan": "simulated"}),)}, "note", "radio", "plays a scenario"),
    ({"adapters": (HEARS.model_copy(update={"problem": "passive hears less"}),)}, "note", "radio", "passive hears"),
    (
        {"queues": (QueueStatus(queue="radio", waiting=0, dropped=120),)},
        "warning",
        "radio",
        "120 advertisements were heard and lost",
    ),
    ({"parts": lost("radio", "no adapter is there"), "adapters": ()}, "fault", "radio", "no adapter is there"),
    ({"parts": lost("screen", UNSEEN["covered"])}, "fault", "screen", "another window"),
    ({"parts": lost("screen", UNSEEN["absent"])}, "fault", "screen", "unplugged"),
    ({"screen": screen(panel="off")}, "note", "screen", "as one without a screen"),
    ({"screen": screen(p50_s=0.7, p99_s=2.0)}, "warning", "screen", "p50 700 ms, p99 2000 ms"),
    ({"parts": lost("screen", "no display is connected")}, "fault", "screen", "For 10 min: no display is connected"),
    ({"parts": lost("bus", "nothing listens there")}, "fault", "broker", "For 10 min: nothing listens there"),
    ({"parts": lost("pull", "the hub does not answer")}, "warning", "hub", "does not answer"),
    ({"parts": lost("push", "the hub does not answer")}, "warning", "hub", "does not answer"),
    ({"parts": lost("nudge", "ended")}, "note", "hub", "ended"),
    ({"parts": lost("web", "the port is taken")}, "fault", "page", "the port is taken"),
    ({"parts": (*WELL.parts, part("beacon", "waiting", "refused"))}, "warning", "beacon", "refused"),
    ({"parts": (*WELL.parts, part("novel", "off"))}, "warning", "novel", "it has not come up"),
    (
        {"parts": lost("bus", "", 8.0), "started_s": WELL.now.monotonic_s - 8},
        "note",
        "broker",
        "starting",
    ),
    ({"config": config(display={"enabled": False}), "parts": lost("screen")}, "note", "screen", "has no screen"),
    ({"config": config(screen={"mode": "named"})}, "warning", "screen", "by name"),
    ({"config": config(screen={"mode": "generic"})}, "note", "screen", "nothing personal"),
    ({"config": config(broker={}), "tablets": None}, "note", "tablets", "No broker"),
    ({"tablets": 0}, "warning", "tablets", "No tablet is online"),
    ({"tablets": 1}, "ok", "tablets", "Online: 1 tablet."),
    ({"config": config(web={"live_view": "demo"})}, "warning", "page", "/live"),
    (
        {"queues": (QueueStatus(queue="clerks", waiting=0, dropped=9),)},
        "warning",
        "clerks",
        "9 messages of clerks were lost",
    ),
    ({"config": config(units={"coordinator": "entrance"}), "in_reach": True}, "ok", "units", "This unit says"),
    ({"config": config(units={"coordinator": "till"}), "in_reach": True}, "ok", "units", "till says"),
    ({"config": config(units={"coordinator": "till"}), "in_reach": False}, "warning", "units", "does not answer"),
    ({"config": config(hub={}), "certificate_until": None}, "warning", "hub", "No hub is configured"),
    ({"outbox": Outbox(waiting=10_000)}, "warning", "hub", "10000 events wait for it."),
    ({"outbox": Outbox(shed=3)}, "fault", "hub", "3 events thrown away"),
    ({"outbox": Outbox(dead=2)}, "warning", "hub", "refused 2 events"),
    ({"desired_elsewhere": "/var/lib/edge-agent/desired.toml"}, "note", "config", "/var/lib/edge-agent/desired.toml"),
    ({"certificate_until": None}, "fault", "certificate", "no certificate"),
    ({"certificate_until": START + timedelta(days=5)}, "warning", "certificate", "ends in 5 days"),
    ({"certificate_until": START - timedelta(days=3)}, "warning", "certificate", "ended 3 days ago"),
    ({"held": replace(WELL.held, lease_until=None)}, "fault", "slice", "No profiles are held"),
    ({"held": replace(WELL.held, lease_until=ago(7200))}, "fault", "slice", "lease ended 2 h ago"),
    ({"held": replace(WELL.held, pulled_at=ago(6 * 3600))}, "warning", "slice", "not renewed it for 6 h; in 24 h"),
    ({"held": replace(WELL.held, pulled_at=None)}, "warning", "slice", "for 5 h at least"),
    ({"held": replace(WELL.held, customers=0)}, "warning", "slice", "nobody in it"),
    ({"held": replace(WELL.held, campaigns=0)}, "warning", "campaigns", "nothing can be said"),
    ({"held": replace(WELL.held, stock_counted_at=None)}, "note", "catalogue", "No product has a known stock"),
    ({"held": replace(WELL.held, stock_counted_at=ago(4 * 86_400))}, "warning", "catalogue", "4 days old"),
    ({"key": Key("file", held=True)}, "warning", "key", "in a file"),
    ({"key": Key("credential", held=True)}, "note", "key", "disk"),
    ({"key": Key("hub", held=True)}, "ok", "key", "memory only"),
    ({"key": Key("hub", held=False)}, "fault", "key", "cannot be read, nobody is recognised: it is not here yet"),
    (
        {"key": Key("file", held=False), "parts": (*WELL.parts, part("key", "waiting", "mode 0644"))},
        "fault",
        "key",
        "nobody is recognised: mode 0644",
    ),
    ({"unreadable": "disk I/O error"}, "fault", "disk", "disk I/O error"),
    (
        {"storage": storage(refused_since=ago(300), problem="it is full")},
        "fault",
        "disk",
        "For 5 min it refuses what is written: it is full",
    ),
    ({"storage": storage(rows_waiting=40, rows_max=10_000)}, "fault", "disk", "40 rows in memory; 10000 find room"),
    ({"storage": storage(erasures_waiting=1)}, "fault", "disk", "could not be deleted"),
    ({"storage": storage(rows_lost=5)}, "fault", "disk", "5 rows of what happened lost"),
    ({"storage": storage(set_aside=("slice.db: malformed; begun anew",))}, "warning", "database", "malformed"),
    ({"space": Space(40_000_000, 31_000_000_000)}, "fault", "disk", "It is full: 40 MB of 31.0 GB"),
    ({"space": Space(400_000_000, 31_000_000_000)}, "warning", "disk", "It fills up: 400 MB"),
    (
        {"storage": storage(job("visits", refused_since=ago(900), problem="disk full"))},
        "fault",
        "retention",
        "visits: not deleted for 15 min: disk full",
    ),
    ({"storage": storage(job("token_keys", ran_ago_s=4000))}, "fault", "retention", "Not run for 67 min: token"),
    ({"storage": storage(job("contacts", every_s=3600, ran_ago_s=3.5 * 3600))}, "fault", "retention", "for 4 h"),
    ({"storage": storage(job("visits", ran_ago_s=None))}, "fault", "retention", "Not run for 5 h: visits"),
    ({"storage": storage(job("contacts", every_s=3600, ran_ago_s=9000))}, "ok", "retention", "contacts"),
    (
        {"storage": storage(job("contacts", ran_ago_s=None, waits_for_clock=True))},
        "warning",
        "retention",
        "Waits for a clock that is set: contacts",
    ),
    ({"memory_bytes": 400_000_000}, "warning", "memory", "takes 400 MB"),
]


@pytest.mark.parametrize(("changes", "severity", "about", "words"), CASES, ids=[f"{c[2]}-{c[3]}" for c in CASES])
def test_each_finding(changes: dict[str, object], severity: str, about: str, words: str) -> None:
    new = [finding for finding in found(**changes) if finding.about == about and words in finding.what]
    assert [finding.severity for finding in new] == [severity]
    assert bool(new[0].todo) == (severity in ("warning", "fault")) or severity == "note"


def test_what_cannot_be_read_is_not_taken_for_absent() -> None:
    nothing = Held(customers=5, lease_until=None, pulled_at=None, campaigns=0, stock_counted_at=None)
    about = {finding.about for finding in found(unreadable="it hangs", held=nothing, certificate_until=None)}
    assert about == {"disk"}


def test_what_has_one_cause_is_told_once() -> None:
    gone = {name: lost(name, "no identity")[number] for number, name in ((3, "pull"), (4, "push"), (5, "nudge"))}
    parts = tuple(gone.get(one.part, one) for one in WELL.parts)
    assert [(one.severity, one.about) for one in found(parts=parts) if one.severity != "ok"] == [("warning", "hub")]
    enrol = [one for one in found(parts=parts, certificate_until=None) if one.severity != "ok"]
    assert [(one.severity, one.about) for one in enrol] == [("fault", "certificate")]
    alone = [one.about for one in found(parts=lost("bus"), tablets=0) if one.severity != "ok"]
    assert alone == ["broker"]


def test_an_outage_is_not_called_well_in_the_same_breath() -> None:
    told = [(finding.severity, finding.about) for finding in found(parts=lost("pull", "no answer"))]
    assert ("ok", "hub") not in told


def test_the_worst_comes_first_and_counts() -> None:
    worst = examine(replace(WELL, tablets=0, key=Key("hub", held=False), config=config(notice={})), "1").findings
    ranks = [SEVERITIES.index(finding.severity) for finding in worst]
    assert ranks == sorted(ranks)
    lines = spread(table(worst, 80, left_out=2), 80, colour=False)
    assert lines[0] == "✘ 2 faults, 1 warning"
    assert lines[-1] == "  and 2 more"


TEXTS = st.text(max_size=200)


@given(
    problems=st.lists(TEXTS, max_size=60),
    aside=st.lists(TEXTS, max_size=5),
    columns=st.integers(20, 200),
    name=TEXTS,
)
def test_whatever_is_wrong_fits_and_moves_no_cursor(
    problems: list[str], aside: list[str], columns: int, name: str
) -> None:
    parts = tuple(part("web", "waiting", text) for text in problems)
    adapters = (HEARS.model_copy(update={"healthy": False, "problem": name}),)
    facts = replace(WELL, parts=parts, adapters=adapters, storage=storage(set_aside=tuple(aside)))
    examination = examine(facts, "1")
    assert len(examination.findings) + examination.left_out >= len(set(problems))
    lines = spread([title(examination), *table(examination.findings, columns)], columns, colour=False)
    assert all(width(line) <= columns and line.isprintable() for line in lines)


def test_the_largest_examination_fits_into_a_message() -> None:
    text, name = "\U0001f9e5" * 200, "n" * 64
    finding = Finding(severity="warning", about=name, what=text, todo=text)
    examination = Examination(
        at=START,
        unit=name,
        store=name,
        zone=text,
        timezone=name,
        version=text,
        findings=(finding,) * FINDINGS_MAX,
        left_out=10**6,
    )
    packet = examination.model_dump_json().encode()
    assert len(packet) <= MESSAGE_MAX_BYTES
    assert ANSWER.validate_json(packet) == examination


# --- from outside -------------------------------------------------------------------------------

AGENT = Service("edge-agent", installed=True, active="active", result="success", restarts=0, enabled="enabled")
OUTSIDE = Outside(
    config_path="/etc/edge-agent/agent.toml",
    config_problem="",
    folder="/var/lib/edge-agent",
    folder_problem="",
    services=(AGENT, replace(AGENT, name="edge-display")),
    space=Space(12_300_000_000, 31_000_000_000),
    clock_set=True,
)


def test_beside_a_well_agent_there_is_nothing_to_add() -> None:
    assert list(beside(OUTSIDE, configured=True)) == []


@pytest.mark.parametrize(
    ("changes", "about", "words"),
    [
        ({"config_problem": "presence.enter_m = 'x': must be a number"}, "config", "would not start again: presence"),
        ({"folder_problem": "has mode 0755: others may look into it"}, "folder", "mode 0755"),
        (
            {"services": (replace(AGENT, name="edge-display", active="failed", result="exit-code"),)},
            "edge-display",
            "is failed, it ended with exit-code",
        ),
        ({"services": (replace(AGENT, restarts=5),)}, "edge-agent", "started anew 5 times"),
    ],
)
def test_beside_the_agent(changes: dict[str, object], about: str, words: str) -> None:
    [finding] = beside(replace(OUTSIDE, **changes), configured=True)
    assert finding.about == about
    assert words in finding.what
    assert finding.todo


def test_a_configuration_that_is_not_the_agents_is_nobodys_business() -> None:
    outside = replace(OUTSIDE, config_problem="cannot be read", folder_problem="is missing")
    assert list(beside(outside, configured=False)) == []


@pytest.mark.parametrize(
    ("agent", "todo"),
    [
        (replace(AGENT, active="inactive"), "systemctl start edge-agent.target"),
        (replace(AGENT, active="failed", result="watchdog"), "systemctl start edge-agent.target"),
        (AGENT, "admin.socket"),
        (replace(AGENT, installed=False, active="inactive"), "is this a unit?"),
    ],
)
def test_instead_of_an_agent_that_does_not_answer(agent: Service, todo: str) -> None:
    findings = list(instead(replace(OUTSIDE, services=(agent,)), "absent", "no agent is running"))
    assert findings[0].severity == "fault"
    assert findings[0].about == "agent"
    assert todo in findings[0].todo
    assert {"config", "clock", "disk"} <= {finding.about for finding in findings if finding.severity == "ok"}


@pytest.mark.parametrize(("unasked", "todo"), [("forbidden", "sudo edge-agent doctor"), ("stuck", "systemctl restart")])
def test_an_agent_that_is_there_is_not_to_be_started(unasked: Unasked, todo: str) -> None:
    first = next(instead(OUTSIDE, unasked, "it does not answer"))
    assert todo in first.todo


def test_without_an_agent_what_else_is_wrong_is_said() -> None:
    broken = replace(
        OUTSIDE, config_problem="is not TOML", clock_set=False, folder_problem="is missing", space=Space(1, 100)
    )
    told = {finding.about: finding.severity for finding in instead(broken, "absent", "no agent is running")}
    assert told["config"] == told["disk"] == "fault"
    assert told["clock"] == told["folder"] == "warning"


@given(seconds=st.floats(0, 1e9), count=st.integers(0, 10**15))
def test_spans_and_sizes_are_short(seconds: float, count: int) -> None:
    assert len(span(seconds)) < 14
    assert len(size(count)) < 14
