"""``edge-agent campaigns``: for those who write them. A file is checked on a desk; no agent and no hub is asked."""

from collections.abc import Sized
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
from pydantic import TypeAdapter, ValidationError

from edge_agent.admin.text import harmless
from edge_agent.cli.campaign_file import read_tree
from edge_agent.cli.campaign_lint import doubts, never_said
from edge_agent.cli.campaign_table import in_words
from edge_agent.clock import SystemClock
from edge_agent.contracts.base import Language
from edge_agent.contracts.campaign_problems import name_of, read_campaigns
from edge_agent.errors import FileError
from edge_agent.settings import load_config

_MISTAKES: Final = 1
_UNREADABLE: Final = 2
_LANGUAGE: Final[TypeAdapter[str]] = TypeAdapter(Language)


@click.group()
def campaigns() -> None:
    """Work with campaign files; docs/campaigns.md tells how they are written."""


def _tags(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str]:
    """Read a list of language tags."""
    tags = (text or "").replace(",", " ").split()
    for tag in tags:
        try:
            _LANGUAGE.validate_python(tag)
        except ValidationError as error:
            raise click.BadParameter(f"{tag!r} is no language; write one such as en, de-AT or zh-Hant") from error
    return tags


@campaigns.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--languages",
    metavar="TAGS",
    callback=_tags,
    help="Languages of the shop, such as en,de-AT: tells which are missing.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration of a unit of the shop: its languages, and its time zone for dayparts.",
)
@click.pass_context
def check(context: click.Context, file: Path, languages: list[str], config_path: Path | None) -> None:
    """Say what is wrong with a FILE of campaigns (TOML, JSON, or a store file), else what it will do.

    Ends with 0: right; 1: mistakes, one line each; 2: the file cannot be read. Warnings do not count.
    """
    try:
        tree = read_tree(file)
        config = None if config_path is None else load_config(config_path)
    except FileError as error:
        click.echo(f"edge-agent: {error}", err=True)
        context.exit(_UNREADABLE)
    zone: tzinfo = UTC if config is None else ZoneInfo(config.timezone)
    spoken = languages or ([] if config is None else config.screen.languages)
    right, mistakes = read_campaigns(tree.campaigns)
    warnings = []
    now = SystemClock().now().utc
    for number, campaign in right.items():
        name = name_of({"campaign": campaign.campaign}, number)
        mistakes += [f"{name}, {line}" for line in never_said(campaign, zone)]
        found = doubts(campaign, list(right.values()), tree.products, spoken, now)
        warnings += [f"{name}, {line}" for line in found]
    for line in mistakes:
        click.echo(harmless(f"{file}: {line}"), err=True)
    for line in warnings:
        click.echo(harmless(f"{file}: warning: {line}"), err=True)
    if mistakes:
        click.echo(f"{_count(mistakes, 'mistake')}, {_count(warnings, 'warning')}", err=True)
        context.exit(_MISTAKES)
    for campaign in right.values():
        click.echo("\n".join(map(harmless, in_words(campaign))))
    click.echo(f"{_count(right, 'campaign')}, no mistakes, {_count(warnings, 'warning')}")


def _count(lines: Sized, what: str) -> str:
    return f"{len(lines)} {what}{'' if len(lines) == 1 else 's'}"
