"""``edge-agent watch``: how this unit is, live in the terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NoReturn

import click

from edge_agent.admin.client import STUCK, Conversation, asking
from edge_agent.admin.picture import picture
from edge_agent.admin.terminal import Terminal
from edge_agent.admin.text import spread
from edge_agent.admin.words import changes
from edge_agent.cli.asking import coloured, socket_option, until_stopped
from edge_agent.contracts.admin import Snapshot, Watch
from edge_agent.errors import AgentError

ANSWER_S: Final = 5.0
"""The agent answers once a second; a silence of so long is said."""

LOOK_S: Final = 0.25
"""How soon a terminal of another size is drawn anew."""

AGAIN_S: Final = 1.0
"""How often an agent that went away is asked for again."""

PLAIN_SIZE: Final = 100, 60
"""Columns and rows of ``--once`` where there is no terminal."""


@click.command()
@socket_option
@click.option("--once", is_flag=True, help="Print how the unit is now, and end.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, once a second; for programs.")
def watch(socket_path: Path, once: bool, as_json: bool) -> None:
    """Show live what this unit hears, whom it knows, and how its parts are. Ctrl-C ends it.

    People are badges: nothing else of anybody is shown. Where the output is no terminal, one line is printed for each
    change.
    """
    with until_stopped():
        if as_json:
            for snapshot in _snapshots(socket_path, once=once):
                click.echo(snapshot.model_dump_json())
        elif once:
            [snapshot] = _snapshots(socket_path, once=True)
            size = Terminal(sys.stdout).size() if sys.stdout.isatty() else PLAIN_SIZE
            click.echo("\n".join(spread(picture(snapshot, size), size[0], colour=coloured())))
        elif sys.stdout.isatty():
            _live(socket_path)
        else:
            _lines(socket_path)


def _snapshots(path: Path, *, once: bool) -> Iterator[Snapshot]:
    """Yield what the agent answers. The first answer knows no rates yet: ``once`` gives the second, and ends."""
    with asking(path, Watch()) as conversation:
        if once:
            conversation.expect(Snapshot, ANSWER_S)
        while True:
            yield conversation.expect(Snapshot, ANSWER_S)
            if once:
                return


def _lines(path: Path) -> None:
    before = None
    for after in _snapshots(path, once=False):
        for line in changes(before, after):
            click.echo(f"{after.at:%H:%M:%S} {line}")
        before = after


class _Live:
    """The picture on the terminal: the last snapshot, and what there is to say about its age."""

    def __init__(self, terminal: Terminal, snapshot: Snapshot) -> None:
        self._terminal = terminal
        self._snapshot = snapshot
        self._note = ""
        self._drawn: tuple[object, ...] = ()

    def follow(self, conversation: Conversation) -> NoReturn:
        """Draw what the agent answers. Raises AgentError where it answers no more."""
        silent_s = 0.0
        while True:
            self._draw()
            answer = conversation.receive(LOOK_S)
            if isinstance(answer, Snapshot):
                self._snapshot, self._note, silent_s = answer, "", 0.0
            else:
                silent_s += LOOK_S
            if silent_s >= ANSWER_S:
                self.doubt(STUCK)

    def doubt(self, why: str) -> None:
        """Say, until the next answer, why what is shown is not how things are."""
        self._note = why
        self._draw()

    def _draw(self) -> None:
        """Draw, unless the same stands there already."""
        size = self._terminal.size()
        if (self._snapshot, self._note, size) != self._drawn:
            self._drawn = self._snapshot, self._note, size
            self._terminal.draw(spread(picture(self._snapshot, size, self._note), size[0], colour=coloured()))


def _live(path: Path) -> None:
    """Draw until somebody ends it. An agent that goes away is waited for, once it was there."""
    live: _Live | None = None
    with ExitStack() as stack:
        while True:
            try:
                with asking(path, Watch()) as conversation:
                    if live is None:
                        first = conversation.expect(Snapshot, ANSWER_S)
                        live = _Live(stack.enter_context(Terminal(sys.stdout)), first)
                    live.follow(conversation)
            except AgentError as error:
                if live is None:
                    raise
                live.doubt(f"this is old: {error}")
            time.sleep(AGAIN_S)
