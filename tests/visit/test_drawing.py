"""The drawing in the documentation is the one of the table."""

from pathlib import Path

from click.testing import CliRunner

from edge_agent.cli.schema import schema
from edge_agent.visit.drawing import diagram, table
from edge_agent.visit.journey import TRANSITIONS, Signal

PAGE = Path(__file__).parents[2] / "docs" / "visit.md"


def test_the_committed_drawing_is_current():
    printed = CliRunner().invoke(schema, ["visit"]).output
    _, _, rest = PAGE.read_text().partition("<!-- edge-agent schema visit -->\n")
    drawn, _, _ = rest.partition("<!-- end -->")
    assert drawn == printed, "put the output of `edge-agent schema visit` between the marks in docs/visit.md"


def test_every_change_of_state_has_an_arrow():
    arrows = diagram().count("-->") - 2  # from the beginning, to the end
    changes = {(state, then) for state, row in TRANSITIONS.items() for then in row.values() if then is not state}
    assert arrows == len(changes)


def test_every_signal_has_a_column_and_every_state_a_row():
    head, _, *rows = table().splitlines()
    assert head.count("|") == len(Signal) + 2
    assert len(rows) == len(TRANSITIONS)
    assert sum(row.count("–") for row in rows) == sum(len(Signal) - len(row) for row in TRANSITIONS.values())
