"""``edge-agent doctor``: what is wrong with this unit, and what to do."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from edge_agent.admin.client import asking
from edge_agent.admin.doctor.examine import ranked
from edge_agent.admin.doctor.outside import Unasked, beside, instead
from edge_agent.admin.doctor.table import table, title
from edge_agent.admin.text import Line, spread
from edge_agent.cli.asking import coloured, columns, until_stopped
from edge_agent.cli.outside import look_outside
from edge_agent.contracts.admin import Doctor
from edge_agent.contracts.config import AdminConfig
from edge_agent.contracts.examination import Examination, Finding
from edge_agent.errors import AgentError

ANSWER_S: Final = 8.0
"""The agent answers within this, also where its disk hangs."""

CONFIG: Final = Path("/etc/edge-agent/agent.toml")

WARNINGS, FAULTS, NO_AGENT = 1, 2, 3
"""Exit statuses; 0: all is well."""


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The unit's TOML file.  [default: {CONFIG}]",
)
@click.option(
    "--socket",
    "socket_path",
    type=click.Path(path_type=Path, readable=False),
    help="Where the agent answers.  [default: admin.socket of the configuration]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def doctor(config_path: Path | None, socket_path: Path | None, as_json: bool) -> None:
    """Tell what is wrong with this unit, and what to do; the worst first.

    Exit status: 0 all is well, 1 there are warnings, 2 there are faults, 3 the agent could not be asked.
    """
    with until_stopped(status=130):
        outside, config = look_outside(config_path or CONFIG)
        path = socket_path or (AdminConfig() if config is None else config.admin).socket
        mine = config_path is not None or socket_path is None  # else the agent may have another configuration
        try:
            examination = _ask(path)
        except AgentError as error:
            found = ranked(instead(outside, _unasked(error), str(error)))
            _tell(found, None, as_json)
            sys.exit(NO_AGENT)
        found = ranked((*examination.findings, *beside(outside, configured=mine)))
        _tell(found, examination, as_json)
        worst = found[0].severity
        sys.exit({"fault": FAULTS, "warning": WARNINGS}.get(worst, 0))


def _ask(path: Path) -> Examination:
    with asking(path, Doctor()) as conversation:
        return conversation.expect(Examination, ANSWER_S)


def _unasked(error: AgentError) -> Unasked:
    match error.__cause__:
        case PermissionError():
            return "forbidden"
        case FileNotFoundError() | ConnectionRefusedError():
            return "absent"
        case _:
            return "stuck"


def _tell(findings: Sequence[Finding], examination: Examination | None, as_json: bool) -> None:
    if as_json:
        head = {} if examination is None else examination.model_dump(mode="json", exclude={"type", "findings"})
        click.echo(json.dumps({**head, "findings": [finding.model_dump() for finding in findings]}, ensure_ascii=False))
        return
    head_line: list[Line] = [] if examination is None else [title(examination)]
    left_out = 0 if examination is None else examination.left_out
    lines = [*head_line, *table(findings, columns(), left_out)]
    click.echo("\n".join(spread(lines, columns(), colour=coloured())))
