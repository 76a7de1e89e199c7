"""``edge-display``: run the display, or draw one scene without a screen."""

import os
from pathlib import Path

import click
from pydantic import ValidationError

from display.errors import DisplayError
from display.settings import load_config, parse_size
from edge_agent.contracts.problems import explain


@click.group(help="The display process of a unit.")
@click.version_option(package_name="edge-agent")
def main() -> None:
    """Entry point of the console script."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # it would go to standard output


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


@main.command()
@click.argument("scene_file", type=click.Path(path_type=Path), metavar="SCENE.json")
@click.argument("picture_file", type=click.Path(path_type=Path), metavar="OUT.png")
@click.option("--size", default="1920x1080", show_default=True, help="Size in pixels.")
@click.option("--content", type=click.Path(path_type=Path), default=Path(), help="Folder with pictures by digest.")
@click.option("--brand", default="Your shop", show_default=True, help="Name of the brand.")
def render(scene_file: Path, picture_file: Path, size: str, content: Path, brand: str) -> None:
    """Draw the scene in SCENE.json to OUT.png."""
    import pygame

    from display.scenes.compose import Composer
    from display.text.typeset import open_typesetter
    from display.themes import house
    from edge_agent.contracts.screen import Scene

    try:
        scene = Scene.model_validate_json(scene_file.read_bytes())
        composer = Composer(parse_size(size), house(), open_typesetter(house().fonts), content, brand)
        poster = composer.compose(scene)
        pygame.image.save(poster, picture_file)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    except ValidationError as error:
        raise click.ClickException("\n".join(f"{scene_file}: {line}" for line in explain(error))) from error
    except pygame.error as error:
        raise click.ClickException(f"{picture_file}: {error}") from error
    except DisplayError as error:
        raise click.ClickException(f"{scene_file}: {error}") from error
