"""Lines that a person types, while something else goes on."""

import os
import select
import sys
from collections.abc import Callable
from typing import Final

import click

from edge_agent.errors import AgentError

WAIT_S: Final = 0.1

_LINE_MAX: Final = 1024


class Keyboard:
    """Standard input, a line at a time."""

    def __init__(self) -> None:
        self._typed = b""

    def ask(self, question: str, meanwhile: Callable[[], object]) -> str:
        """Print a question and return the line that is typed, without spaces around it.

        ``meanwhile`` is called all the time. Raises AgentError at the end of the input.
        """
        click.echo(question, nl=False)
        while b"\n" not in self._typed:
            if select.select([sys.stdin], [], [], WAIT_S)[0]:
                typed = os.read(sys.stdin.fileno(), _LINE_MAX)
                if not typed or len(self._typed) > _LINE_MAX:
                    raise AgentError("nobody answers at the keyboard; name the person with --badge, and say --yes")
                self._typed += typed
            meanwhile()
        line, self._typed = self._typed.split(b"\n", 1)
        return line.decode(errors="replace").strip()
