"""``edge-agent calibrate``: teach this unit how far away 1 m and 4 m are."""

from pathlib import Path
from typing import Final

import click

from edge_agent.admin.strips import Model, Places, strips, svg
from edge_agent.admin.text import spread
from edge_agent.cli.amend import amend, check_writable
from edge_agent.cli.asking import coloured, until_stopped
from edge_agent.cli.keyboard import Keyboard
from edge_agent.cli.measuring import measure
from edge_agent.errors import FileError
from edge_agent.presence.calibration import FAR_M, NEAR_M, Proposal, propose
from edge_agent.settings import load_config

COLUMNS: Final = 110


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/edge-agent/agent.toml"),
    show_default=True,
    help="The unit's TOML file; the values are written there.",
)
@click.option("--badge", help='Whose phone: the name of its badge, "blue diamond", as edge-agent watch shows it.')
@click.option("--seconds", type=click.FloatRange(1, 300), default=20.0, show_default=True, help="Time at each place.")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Write a picture of the samples: SVG.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
def calibrate(
    config_path: Path, badge: str | None, seconds: float, picture: Path | None, yes: bool, dry_run: bool
) -> None:
    """Measure at 1 m and at 4 m, and set calibration_db and path_loss_exponent of this unit.

    Somebody stands there with a phone of a customer who opted in (a test customer), or with a tag, and carries it as
    customers do. The agent must be running.
    """
    with until_stopped(status=130):
        config = load_config(config_path)
        if not dry_run:
            check_writable(config_path)
        keyboard = Keyboard()
        places = measure(config.admin.socket, keyboard, badge, seconds)
        before = Model(config.presence.calibration_db, config.presence.path_loss_exponent)
        try:
            proposal = propose(places[NEAR_M], places[FAR_M])
        except ValueError as error:
            _show(places, before)
            raise click.ClickException(f"nothing was written: {error}") from error
        after = Model(proposal.calibration_db, proposal.path_loss_exponent)
        _show(places, after)
        _tell(proposal, places, before, after)
        if picture is not None:
            _draw(picture, svg(places, before, after, f"{config.unit}: calibration"))
        if dry_run:
            click.echo("nothing was written: --dry-run")
        elif yes or _agreed(config_path, keyboard):
            values = {"calibration_db": proposal.calibration_db, "path_loss_exponent": proposal.path_loss_exponent}
            amend(config_path, "presence", values)
            click.echo(f"written to {config_path}. Next: systemctl restart edge-agent")
            if config.hub.url is not None:
                click.echo("The hub does not know these values: set them in its configuration of this unit, too.")


def _show(places: Places, model: Model) -> None:
    click.echo()
    click.echo("\n".join(spread(strips(places, model), COLUMNS, colour=coloured())))
    click.echo()


def _tell(proposal: Proposal, places: Places, before: Model, after: Model) -> None:
    click.echo(f"presence.calibration_db      {before.calibration_db:g} -> {after.calibration_db:g}")
    click.echo(f"presence.path_loss_exponent  {before.path_loss_exponent:g} -> {after.path_loss_exponent:g}")
    for distance_m, samples in places.items():
        was_m, is_m = before.distance_m(samples), after.distance_m(samples)
        click.echo(f"  the samples at {distance_m:g} m meant {was_m:.1f} m, and will mean {is_m:.1f} m")
    for warning in proposal.warnings:
        click.echo(f"! {warning}")


def _draw(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from error
    click.echo(f"picture of the samples: {path}")


def _agreed(path: Path, keyboard: Keyboard) -> bool:
    said = keyboard.ask(f"Write them to {path}? [y/N] ", lambda: None)
    if said.lower() in ("y", "yes"):
        return True
    click.echo("nothing was written")
    return False
