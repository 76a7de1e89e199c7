"""``edge-agent screenshot``: a picture of what is on the screen."""

from pathlib import Path
from typing import Final

import click

from edge_agent.admin.client import asking
from edge_agent.cli.asking import socket_option, until_stopped
from edge_agent.contracts.admin import Picture, Screenshot
from edge_agent.errors import AgentError, FileError

ANSWER_S: Final = 8.0
"""The agent gives the display 5 s."""

PARTS_MAX: Final = 200
"""A picture has fewer."""


@click.command()
@click.argument("out", metavar="OUT.jpg", type=click.Path(path_type=Path, dir_okay=False))
@socket_option
def screenshot(out: Path, socket_path: Path) -> None:
    """Write a picture of what is on the screen now to OUT.jpg.

    It is reduced, and nothing personal is in it: the display leaves that out.
    """
    with until_stopped(status=130):
        picture, redacted = _ask(socket_path)
        try:
            out.write_bytes(picture)
        except OSError as error:
            raise FileError(f"{out}: {error.strerror}; name a file in a folder that you may write") from error
        note = "; a personal scene is on the screen, and not in the picture" if redacted else ""
        click.echo(f"{out}: {len(picture) // 1024} KB{note}")


def _ask(path: Path) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    with asking(path, Screenshot()) as conversation:
        while len(parts) < PARTS_MAX:
            answer = conversation.expect(Picture, ANSWER_S)
            parts.append(answer.part)
            if not answer.left:
                return b"".join(parts), answer.redacted
    raise AgentError("the agent sends a picture without end: use the command of its own version")
