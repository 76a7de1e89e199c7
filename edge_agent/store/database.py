"""How a database file of ours is opened, and how its errors are told."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sqlite_utils import Database

from edge_agent.errors import DamagedError, StoreError
from edge_agent.store.migrations import Step, is_ours, migrate

Durability = Literal["NORMAL", "FULL"]
"""``NORMAL`` may forget the last commits in a power cut (what the hub sends again); ``FULL`` may not."""

_BUSY_MS = 5000
"""How long one connection waits for the other; ours hold no lock for longer than one commit."""
_WAL_KEEP_BYTES = 4 * 1024 * 1024
"""A write-ahead log that grew larger is cut back to this."""
_ASIDE = ".corrupt-1"
_SUFFIXES = ("", "-wal", "-shm")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
# SQLITE_ERROR too: our statements do not change, so what they trip over is in the file.


class DatabaseFile:
    """One database file with its two connections, see :mod:`edge_agent.store` for who may use which."""

    def __init__(self, path: Path, durability: Durability, steps: Sequence[Step]) -> None:
        """Open the file, or make it with mode 0600, and bring its schema up to date.

        Raises DamagedError where it is no database, StoreError where it cannot be opened or is
        of a newer version. What lies deeper is found by :func:`check`.
        """
        self.path = path
        self._reading = Lock()
        with _errors_told(path):
            with suppress(FileExistsError):  # one that is there is not opened, see check_header
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
            path.chmod(0o600)  # SQLite gives its -wal and -shm files the mode of the main file
            self.write = _connect(path)
            try:
                self._set_up(durability, steps)
                self.read = _connect(path)
                self.read.execute("PRAGMA query_only = ON")
            except BaseException:
                self.write.close()
                raise

    def _set_up(self, durability: Durability, steps: Sequence[Step]) -> None:
        self.write.enable_wal()
        self.write.execute(f"PRAGMA synchronous = {durability}")
        self.write.execute("PRAGMA secure_delete = ON")  # a deleted row's bytes are overwritten
        self.write.execute(f"PRAGMA journal_size_limit = {_WAL_KEEP_BYTES}")
        if not is_ours(self.write, steps):
            raise DamagedError(f"{self.path}: its tables are not ours", self.path)
        migrate(self.write, steps, self.path.name)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """All of what happens within, or nothing. Raises StoreError where the disk is full, read-only or broken."""
        with _errors_told(self.path), self.write.atomic():
            yield self.write

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Read on the read connection, all at once, so that no snapshot of the file is held open."""
        with _errors_told(self.path), self._reading:
            return self.read.execute(sql, parameters).fetchall()

    def truncate_log(self) -> bool:
        """Empty the write-ahead log, so that deleted bytes are in neither file. Waits for a reader's batch.

        False where a reader took too long: nothing is lost, and the next call empties it.
        """
        with _errors_told(self.path):
            [(busy, _, _)] = self.write.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not busy

    def close(self) -> None:
        """Close both connections. The last one to close removes the write-ahead log."""
        self.read.close()
        self.write.close()


def check_header(path: Path) -> None:
    """Raise DamagedError where a file names a format that SQLite would open, and refuse to write.

    Only before anything here has the file open: to close it takes this process's locks away from SQLite as well, and
    whoever else reads it then removes the log under our feet.
    """
    with _errors_told(path), path.open("rb") as file:
        versions = file.read(20)[18:]
    if versions and not set(versions) <= {1, 2}:
        raise DamagedError(f"{path}: its header names a file format that is not known", path)


def check(path: Path) -> None:
    """Read a database through, indexes too: ``quick_check`` leaves those out, and a broken one would end each run anew.

    Raises DamagedError where it is not sound.
    """
    with _errors_told(path), closing(_connect(path)) as database:
        problem = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise DamagedError(f"{path}: {' '.join(problem.split())}", path)


def set_aside(path: Path) -> Path:
    """Rename a database with its log; an older one that was set aside goes. Returns the new path."""
    with _errors_told(path):
        remove_set_aside(path)
        aside = path.with_name(path.name + _ASIDE)
        for suffix in _SUFFIXES:
            source = Path(f"{path}{suffix}")
            if source.exists():
                source.replace(f"{aside}{suffix}")
    return aside


def remove_set_aside(path: Path, before: datetime | None = None) -> None:
    """Remove what was set aside of a database, where it was written last before a time (absent: at any).

    It must not outlive what was deleted since.
    """
    with _errors_told(path):
        aside = Path(f"{path}{_ASIDE}")
        if before is not None and aside.exists() and aside.stat().st_mtime >= before.timestamp():
            return
        for suffix in _SUFFIXES:
            Path(f"{path}{_ASIDE}{suffix}").unlink(missing_ok=True)


def set_aside_at(path: Path) -> datetime | None:
    """Return when the copy that was set aside of a database was written last; ``None``: there is none."""
    with _errors_told(path):
        try:
            return datetime.fromtimestamp(Path(f"{path}{_ASIDE}").stat().st_mtime, UTC)
        except FileNotFoundError:
            return None


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that exists keeps its mode. Raises StoreError."""
    with _errors_told(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _connect(path: Path) -> Database:
    """Open a connection, and read.

    The index of the write-ahead log is a file (-shm), for which a full disk has no room. It is only ever made of the
    log, so it lies in memory then, shared by the connections of this process, and others are locked out of the file.
    What is written is as durable as ever, or refused.
    """
    try:
        return _opened(str(path))
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_IOERR_SHMSIZE:
            raise
    return _opened(f"{path.absolute().as_uri()}?vfs=unix-excl", uri=True)


def _opened(name: str, *, uri: bool = False) -> Database:
    # Not check_same_thread: the stores are opened in one thread and written to in another.
    connection = sqlite3.connect(name, timeout=_BUSY_MS / 1000, check_same_thread=False, uri=uri)
    # A text with a broken byte is a broken value, to be judged by who reads it; sqlite3's own error quotes the text.
    connection.text_factory = _text
    database = Database(connection, execute_plugins=False)
    try:
        database.execute("PRAGMA temp_store = MEMORY")
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.execute("PRAGMA schema_version")  # the first that looks into the file
    except BaseException:
        database.close()
        raise
    return database


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


@contextmanager
def _errors_told(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:  # from the text of an error that quotes a name in the file
        raise DamagedError(f"{path}: its schema is malformed", path) from error
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise DamagedError(f"{path}: {error}", path) from error
        if not isinstance(error, sqlite3.OperationalError):
            raise  # a constraint or a wrong call: a bug
        raise StoreError(f"{path}: {error}; check that the disk is neither full nor read-only") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; check the folder's owner and that the disk works") from error
