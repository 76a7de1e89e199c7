"""What the doctor says of the screen's content."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge_agent.admin.doctor.examine import examine
from edge_agent.contracts.storage import ContentReport
from tests.admin.test_doctor import START, WELL

GOOD = ContentReport(version="a1", files=14, files_bytes=23_000_000)


def said(report: ContentReport | None) -> list[tuple[str, str, str]]:
    findings = examine(replace(WELL, content=report), "1").findings
    return [(each.severity, each.what, each.todo or "") for each in findings if each.about in ("content", "emergency")]


def test_a_screen_that_has_everything_is_well() -> None:
    assert said(GOOD) == [("ok", "14 files for the screen, 23 MB of 2.0 GB.", "")]
    assert said(None) == []


@pytest.mark.parametrize(
    ("changes", "severity", "what", "todo"),
    [
        ({"files": 0}, "note", "There is none: the screen shows its brand.", "docs/content.md"),
        ({"missing": 2, "problem": "the hub cannot be reached: x"}, "warning", "2 files of the screen not here", "hub"),
        ({"missing": 1}, "note", "1 file of the screen not here: on the way", "time"),
        ({"problem": "/x: No space left"}, "warning", "/x: No space left", "disk"),
        (
            {"left_out": {"budget": 3}},
            "warning",
            "3 files left out: all would take more than 2000 MB",
            "films go first",
        ),
        ({"left_out": {"room": 1}}, "fault", "1 file left out: the disk would have less than 600 MB", "df -h"),
        ({"over_bytes": 50_000_000}, "warning", "What is due now takes 50 MB more", "stays on"),
        ({"damaged": 1}, "warning", "1 file found damaged", "card wears out"),
        (
            {"emergency_until": START + timedelta(hours=8)},
            "warning",
            "An emergency is on the screen, for 8 h more",
            "edge-fleet emergency",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_with_what_to_do(changes: dict[str, object], severity: str, what: str, todo: str) -> None:
    worst = said(GOOD.model_copy(update=changes))[0]
    assert worst[0] == severity
    assert worst[1].startswith(what)
    assert todo in worst[2]


def test_what_is_no_fault_is_not_told() -> None:
    left_out = {"class": 2, "language": 3, "past": 1, "film": 4}
    over = {"emergency_until": START - timedelta(hours=1)}
    assert said(GOOD.model_copy(update={"left_out": left_out, **over})) == said(GOOD)
