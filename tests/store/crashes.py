"""Every state in which a crash could leave the databases: a copy of the folder before each statement that is run."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent.store.opening import Stores


class CrashPoints:
    """Copies of a folder. A statement that has not been committed is not in its copy, as after ``kill -9``."""

    def __init__(self, folder: Path, copies: Path, taken: Callable[[], None]) -> None:
        self._folder = folder
        self._copies = copies
        self._taken = taken
        self._last: dict[str, bytes] = {}
        self.found: list[Path] = []
        """The folders, each different from the one before."""

    def take(self, _statement: str = "") -> None:
        """Copy the folder, where something has changed."""
        # Not the -shm file: SQLite makes it anew from the log.
        files = {path.name: path.read_bytes() for path in self._folder.iterdir() if not path.name.endswith("-shm")}
        if files == self._last:
            return
        self._last = files
        copy = self._copies / str(len(self.found))
        copy.mkdir(parents=True)
        for name, content in files.items():
            (copy / name).write_bytes(content)
        self.found.append(copy)
        self._taken()


@contextmanager
def crashing(
    stores: Stores, folder: Path, copies: Path, taken: Callable[[], None] = lambda: None
) -> Iterator[CrashPoints]:
    """Collect the crash points of what happens within. ``taken`` is called after each copy."""
    points = CrashPoints(folder, copies, taken)
    connections = [file.write.conn for file in (stores.slice._file, stores.journal._file)]
    for connection in connections:
        connection.set_trace_callback(points.take)
    try:
        yield points
    finally:
        points.take()
        for connection in connections:
            connection.set_trace_callback(None)


def after_each(points: CrashPoints, look: Callable[[Path], None]) -> None:
    """Look at each crash point, in a copy of its own."""
    for number, folder in enumerate(points.found):
        again = folder.with_name(f"again-{number}")
        shutil.copytree(folder, again)
        look(again)
