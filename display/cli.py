"""``edge-display``: run the display, or draw one scene without a screen."""

import os
from collections.abc import Callable
from pathlib import Path

import click
from pydantic import ValidationError

from display.errors import DisplayError, SettingsError, ThemeError
from display.lint.command import lint
from display.settings import load_config, parse_size
from edge_agent.contracts.problems import explain


@click.group(help="The display process of a unit.")
@click.version_option(package_name="edge-agent")
def main() -> None:
    """Entry point of the console script."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # it would go to standard output


main.add_command(lint)


@main.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The unit's TOML file.")
@click.option("--offscreen", is_flag=True, help="Draw without any screen.")
@click.option("--size", help="Window size in pixels, such as 1920x1080; overrides the file.")
def run(config_file: Path, offscreen: bool, size: str | None) -> None:
    """Show the idle loop, and what the agent says."""
    from display.app import run_display

    try:
        config = load_config(config_file)
        changes = {"offscreen": offscreen or config.display.offscreen, "size": size or config.display.size}
        if changes["size"]:
            parse_size(str(changes["size"]))
        run_display(config.model_copy(update={"display": config.display.model_copy(update=changes)}))
    except DisplayError as error:
        raise click.ClickException(str(error)) from error


def viewing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how a picture is looked at, as in ``[display]``."""
    for option in (
        click.option("--overscan", type=click.FloatRange(0, 10), default=0.0, help="Share of each side cut off, in %."),
        click.option("--distance", type=click.FloatRange(0.3, 30), default=3.0, show_default=True, help="In metres."),
        click.option("--diagonal", type=click.FloatRange(5, 200), default=43.0, show_default=True, help="In inches."),
        click.option("--brand", default="Your shop", show_default=True, help="Name of the brand."),
    ):
        command = option(command)
    return command


@main.command()
@click.argument("scene_file", type=click.Path(path_type=Path), metavar="SCENE.json")
@click.argument("picture_file", type=click.Path(path_type=Path), metavar="OUT.png")
@click.option("--theme", type=click.Path(path_type=Path), help="A theme file, or the name of one that ships.")
@click.option("--size", default="1920x1080", show_default=True, help="Size of the panel in pixels.")
@click.option("--rotate", type=click.Choice(["0", "90", "180", "270"]), default="0", help="As the panel is turned.")
@click.option("--content", type=click.Path(path_type=Path), default=Path(), help="Folder with pictures by digest.")
@viewing_options
def render(
    scene_file: Path,
    picture_file: Path,
    theme: Path | None,
    size: str,
    rotate: str,
    content: Path,
    brand: str,
    diagonal: float,
    distance: float,
    overscan: float,
) -> None:
    """Draw the scene in SCENE.json to OUT.png."""
    import pygame

    from display.scenes.canvas import Viewing
    from display.scenes.compose import Composer
    from display.text.faces import open_faces
    from display.themes import find_theme, house
    from edge_agent.contracts.screen import Scene

    if picture_file.suffix.lower() != ".png":
        raise click.UsageError(f"{picture_file}: the name must end in .png")
    try:
        scene = Scene.model_validate_json(scene_file.read_bytes())
        look = find_theme(theme) if theme else house()
        width, height = parse_size(size)
        seen = (width, height) if rotate in ("0", "180") else (height, width)
        viewing = Viewing(diagonal, distance, overscan)
        composer = Composer(seen, look, open_faces(look.fonts, look.headline_fonts), content, brand, viewing)
        poster = pygame.transform.rotate(composer.compose(scene), -int(rotate))
        pygame.image.save(poster, picture_file)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    except ValidationError as error:
        raise click.ClickException("\n".join(f"{scene_file}: {line}" for line in explain(error))) from error
    except pygame.error as error:
        raise click.ClickException(f"{picture_file}: {error}") from error
    except (ThemeError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    except DisplayError as error:
        raise click.ClickException(f"{scene_file}: {error}") from error


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="OUT")
@click.option("--theme", "names", type=click.Path(path_type=Path), multiple=True, help="Absent: those that ship.")
@click.option("--language", "languages", multiple=True, help="Absent: all that there are examples in.")
@click.option("--size", "sizes", multiple=True, default=("960x540", "540x960"), show_default=True, help="In pixels.")
@viewing_options
def gallery(
    folder: Path,
    names: tuple[Path, ...],
    languages: tuple[str, ...],
    sizes: tuple[str, ...],
    brand: str,
    diagonal: float,
    distance: float,
    overscan: float,
) -> None:
    """Draw every layout in every theme and language into the folder OUT; open its index.html."""
    from display.gallery import Gallery
    from display.scenes.canvas import Viewing
    from display.scenes.samples import languages as sampled
    from display.themes import find_theme, shipped

    if unknown := set(languages) - set(sampled()):
        raise click.UsageError(f"no examples in {', '.join(sorted(unknown))}; there are: {', '.join(sampled())}")
    try:
        themes = [(name.stem, find_theme(name)) for name in names or map(Path, shipped())]
        looked_at = Viewing(diagonal, distance, overscan)
        drawn = Gallery(themes, languages or sampled(), [parse_size(size) for size in sizes], brand, looked_at).write(
            folder
        )
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    except DisplayError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{drawn} pictures: open {folder / 'index.html'}")
