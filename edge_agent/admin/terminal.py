"""A terminal that shows one picture after the other without flicker, also over SSH, and is left as it was."""

import shutil
from collections.abc import Sequence
from types import TracebackType
from typing import Final, TextIO

_BEGIN: Final = "\x1b[?1049h\x1b[?25l"  # the other screen, without a cursor
_END: Final = "\x1b[?25h\x1b[?1049l"
_SYNCHRONISED: Final = "\x1b[?2026h", "\x1b[?2026l"  # drawn at once where the terminal knows how
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


class Terminal:
    """The other screen of a terminal, as long as its block runs."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def __enter__(self) -> "Terminal":
        self._write(_BEGIN)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._write(_END)

    def size(self) -> tuple[int, int]:
        """Return columns and rows as they are now."""
        return shutil.get_terminal_size()

    def draw(self, lines: Sequence[str]) -> None:
        """Replace the picture. Nothing is cleared before it is written over: so nothing flickers."""
        body = "\r\n".join(line + _REST_OF_LINE for line in lines)
        begin, end = _SYNCHRONISED
        self._write(f"{begin}{_HOME}{body}{_REST_OF_SCREEN}{end}")

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()
