"""``edge-agent explain``: why this, why not that is said to a customer."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

import click
from pydantic import ValidationError

from edge_agent.admin.client import Conversation, asking
from edge_agent.admin.reasoning import reasoning
from edge_agent.admin.text import spread
from edge_agent.admin.words import SILENCES, distance, names
from edge_agent.cli.asking import coloured, columns, socket_option, until_stopped
from edge_agent.cli.keyboard import Keyboard
from edge_agent.contracts.admin import Explain, Explained, Snapshot, Watch
from edge_agent.contracts.campaign import ScreenMode
from edge_agent.contracts.problems import explain as problems_of
from edge_agent.errors import AgentError

ANSWER_S: Final = 5.0
"""The agent answers within this."""

_BRIEF_S: Final = 0.05
_FILE: Final = click.Path(path_type=Path, dir_okay=False)


def _time(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """Read a time by the store's clock, or with an offset."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no time; write 2026-03-14T18:30, or with an offset 2026-03-14T18:30+01:00"
        ) from error


@click.command()
@click.argument("person", required=False)
@click.option("--customer", metavar="ID", help="The customer by her opaque id, near or not.")
@click.option(
    "--at",
    metavar="TIME",
    callback=_time,
    help="At this time, by the store's clock unless it has an offset. [default: now]",
)
@click.option("--campaign", metavar="ID", help="Why not this one?")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@socket_option
@click.option(
    "--slice", "slice_path", type=_FILE, help="Without an agent: a JSON file with profiles, products, campaigns."
)
@click.option("--campaigns", "campaigns_path", type=_FILE, help="... and campaigns that take the place of its own.")
@click.option("--config", "config_path", type=_FILE, help="... as a unit of this configuration would decide.")
@click.option("--zone", help="... in this area of the store.")
@click.option("--timezone", help="... with the clock of this time zone.")
@click.option("--mode", type=click.Choice(get_args(ScreenMode)), help="... with a screen that may be so personal.")
@click.option("--no-notice", is_flag=True, help="... where no privacy notice hangs.")
def explain(
    person: str | None,
    customer: str | None,
    at: datetime | None,
    campaign: str | None,
    as_json: bool,
    socket_path: Path,
    slice_path: Path | None,
    campaigns_path: Path | None,
    **unit: Any,
) -> None:
    """Tell why this, and why not that, is said to a customer.

    PERSON is somebody near: her number as edge-agent watch shows it, or her badge ("blue diamond"). Without one, and
    without --customer, whoever is near can be chosen. Nothing is changed by asking.
    """
    with until_stopped():
        question = _question(person, customer, at, campaign)
        if slice_path is not None:
            from edge_agent.cli.desk import explain_from_files  # not for who only asks: half a second on a small unit

            said = explain_from_files(slice_path, campaigns_path, question, **unit)
        elif campaigns_path is not None or any(unit.values()):
            raise click.UsageError("whose profile? these options go with --slice FILE")
        elif customer is None:
            said = _about_somebody_near(socket_path, person, question)
        else:
            said = _answer(socket_path, question)
        if as_json:
            click.echo(said.model_dump_json())
        else:
            click.echo("\n".join(spread(reasoning(said, columns()), columns(), colour=coloured())))


def _question(person: str | None, customer: str | None, at: datetime | None, campaign: str | None) -> Explain:
    """Return what is asked; somebody near has the number 1 until it is known which one she has."""
    if person is not None and customer is not None:
        raise click.UsageError("PERSON or --customer, not both")
    try:
        return Explain(person=1 if customer is None else None, customer=customer, at=at, campaign=campaign)
    except ValidationError as error:
        raise click.UsageError("; ".join(f"--{line}" for line in problems_of(error))) from error


def _about_somebody_near(path: Path, person: str | None, question: Explain) -> Explained:
    if person is not None and person.isascii() and person.isdigit() and int(person):
        return _answer(path, question.model_copy(update={"person": int(person)}))
    with asking(path, Watch()) as watching:  # numbers count as long as somebody watches
        return _answer(path, question.model_copy(update={"person": _choose(watching, person)}))


def _answer(path: Path, question: Explain) -> Explained:
    with asking(path, question) as conversation:
        return conversation.expect(Explained, ANSWER_S)


def _choose(watching: Conversation, badge: str | None) -> int:
    """Return the number of whoever is near: the one with this badge, the only one, or the one that is chosen."""
    snapshot = watching.expect(Snapshot, ANSWER_S)
    if snapshot.silent is not None:
        raise AgentError(f"{SILENCES[snapshot.silent]}; a customer can still be asked about by --customer ID")
    called = names(snapshot)
    if badge is not None:
        called = {number: name for number, name in called.items() if name.lower() == badge.strip().lower()}
    if not called:
        who = f"nobody with the badge {badge!r}" if badge is not None else "no known customer"
        raise AgentError(f"{who} is heard now; see edge-agent watch, or name the customer with --customer ID")
    if len(called) == 1:
        return next(iter(called))
    return _choose_from(called, snapshot, watching)


def _choose_from(called: dict[int, str], snapshot: Snapshot, watching: Conversation) -> int:
    about = {person.person: distance(person) for person in snapshot.people}
    for number, name in called.items():
        click.echo(f"{number:>3}  {name}  {about[number]}", err=True)
    if not sys.stdin.isatty():
        raise AgentError('several are heard: say whom, by her badge: edge-agent explain "blue diamond"')
    keyboard = Keyboard()
    while True:
        said = keyboard.ask("Who? ", lambda: watching.receive(_BRIEF_S))
        if said.isascii() and said.isdigit() and int(said) in called:
            return int(said)
