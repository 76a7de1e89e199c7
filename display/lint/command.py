"""``edge-display lint``: look at what is to be shown, before it is."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from display.errors import DisplayError, ThemeError
from display.lint.findings import Finding, refuses
from display.settings import load_config, parse_size


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[SCENE|PLAYLIST|CAMPAIGNS ...]")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="The unit's TOML file.")
@click.option("--theme", "theme_file", type=click.Path(path_type=Path), help="The look; overrides the configuration.")
@click.option("--content", type=click.Path(path_type=Path), help="Folder of pictures; overrides the configuration.")
@click.option("--size", help="Size of the screen in pixels; overrides the configuration.  [1920x1080]")
@click.option("--json", "as_json", is_flag=True, help="Say it for programs: a list of findings.")
@click.pass_context
def lint(
    context: click.Context,
    files: tuple[Path, ...],
    config_file: Path | None,
    theme_file: Path | None,
    content: Path | None,
    size: str | None,
    as_json: bool,
) -> None:
    """Refuse what cannot be read on this screen, or should not be read by everybody.

    Scenes, playlists, catalogues and store files (JSON), campaigns (TOML or JSON), and the theme. One line for each
    finding: file, field, what is wrong, what to do. Ends with 1 where something must not be shown; warnings alone end
    with 0. docs/lint.md has the rules.
    """
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        found = list(_lint(files, config_file, theme_file, content, size))
    except DisplayError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
    else:
        for finding in found:
            click.echo(str(finding))
    if refuses(found):
        context.exit(1)


def _lint(
    files: tuple[Path, ...], config_file: Path | None, theme_file: Path | None, content: Path | None, size: str | None
) -> Iterator[Finding]:
    from display.lint.files import Linter
    from display.lint.pictures import Pictures
    from display.lint.posters import check_panel
    from display.lint.readable import check_theme
    from display.scenes.canvas import Viewing
    from display.scenes.compose import Composer
    from display.text.faces import open_faces
    from display.themes import find_theme, house
    from edge_agent.contracts.config import DisplayConfig

    config = load_config(config_file) if config_file else None
    display = config.display if config else DisplayConfig()
    named = theme_file or display.theme
    try:
        theme = find_theme(named) if named else house()
    except ThemeError as error:
        for line in str(error).splitlines():
            told = line.removeprefix(f"{named}: ")
            key, _, problem = told.partition(": ")
            if not problem or key in ("cannot be read", "is not TOML"):
                key, problem = "file", told
            yield Finding(key, problem, "the house's own would be shown instead", file=str(named))
        theme = house()
    else:
        yield from (replace(finding, file=str(named or "house")) for finding in check_theme(theme))
    width, height = parse_size(size or display.size or "1920x1080")
    if display.rotate in (90, 270) and not size:
        width, height = height, width
    viewing = Viewing(display.diagonal_inch, display.viewing_distance_m, display.overscan_percent)
    small = check_panel(width, height, viewing.diagonal_inch, viewing.distance_m)
    yield from (replace(finding, file=str(config_file or "default")) for finding in small)
    known = content or (config.content_folder if config else None)
    typesetter = open_faces(theme.fonts, theme.headline_fonts)
    composer = Composer((width, height), theme, typesetter, Path(), display.brand, viewing)
    with TemporaryDirectory() as scratch:
        pictures = Pictures(known, Path(scratch))
        linter = Linter(config.screen.languages if config else (), composer, pictures)
        for path in files:
            yield from linter.check(path)
