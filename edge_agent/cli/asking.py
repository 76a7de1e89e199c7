"""What the commands that ask the running agent have in common."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn, TypeVar

import click

from edge_agent.contracts.config import AdminConfig

F = TypeVar("F", bound=Callable[..., Any])

WIDE_COLUMNS: Final = 120
"""Longer lines are hard to read, however wide the terminal is."""

PLAIN_COLUMNS: Final = 100
"""How wide a table is where the output is no terminal."""


def socket_option(command: F) -> F:
    """Add ``--socket`` to a command."""
    return click.option(
        "--socket",
        "socket_path",
        type=click.Path(path_type=Path, readable=False),  # the agent's folder says who may, and the client what to do
        default=AdminConfig().socket,
        show_default=True,
        help="Where the agent answers: admin.socket of its configuration.",
    )(command)


@contextmanager
def until_stopped(status: int = 0) -> Iterator[None]:
    """End quietly when the person, the system or a closed pipe ends the command; the terminal is left in order.

    What handled signals before handles them again afterwards.

    ``status``: exit status when the person or the system ended it.
    """
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no ◆ shows a question mark
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(status)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 (what is left must not fail a second time)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def coloured() -> bool:
    """Whether the output is a terminal that shows colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns() -> int:
    """Return how wide a table may be."""
    return min(shutil.get_terminal_size().columns, WIDE_COLUMNS) if sys.stdout.isatty() else PLAIN_COLUMNS


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
