"""Open the unit's databases at start; whatever is wrong with their content, the unit comes up."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from edge_agent.contracts.base import Identifier
from edge_agent.store.catalogue import CatalogueStore
from edge_agent.store.crypto import EpochKey, ProfileCipher
from edge_agent.store.database import DamagedError, make_folder
from edge_agent.store.journal import Journal
from edge_agent.store.slice import SliceStore

log = logging.getLogger(__name__)

SLICE_FILE: Final = "slice.db"
JOURNAL_FILE: Final = "journal.db"


class _Closable(Protocol):
    def close(self) -> None: ...


Store = TypeVar("Store", bound=_Closable)


@dataclass(frozen=True, slots=True)
class Stores:
    """The opened databases."""

    slice: SliceStore
    catalogue: CatalogueStore
    journal: Journal
    problems: tuple[str, ...] = ()
    """What was set aside and why, for the doctor; each was logged."""

    def close(self) -> None:
        """Close all files."""
        self.slice.close()
        self.catalogue.close()
        self.journal.close()


def open_stores(folder: Path, store: Identifier, epoch_key: EpochKey) -> Stores:
    """Open or make the databases in ``folder``, which is made with mode 0700 where it is absent.

    A file that is corrupt, or sealed with another key, is set aside as ``*.corrupt-1`` and begun
    anew: the slice is pulled again; what can still be read of the journal is taken over.
    Raises StoreError where the disk refuses or a file is of a newer version.
    """
    make_folder(folder)
    problems: list[str] = []
    cipher = ProfileCipher(epoch_key, store)
    slice_path = folder / SLICE_FILE
    slice_store = _open(slice_path, lambda: SliceStore(slice_path, cipher), problems)
    catalogue = CatalogueStore(slice_path)
    journal_path = folder / JOURNAL_FILE
    journal = _open(journal_path, lambda: Journal(journal_path), problems)
    return Stores(slice_store, catalogue, journal, tuple(problems))


def _open(path: Path, opener: Callable[[], Store], problems: list[str]) -> Store:
    try:
        return opener()
    except DamagedError as error:
        aside = set_aside(path)
        problem = f"{error}; set aside as {aside.name} and begun anew"
        log.error("%s", problem)
        problems.append(problem)
        return opener()


def set_aside(path: Path) -> Path:
    """Rename a database with its log; an older one that was set aside goes. Returns the new path."""
    aside = path.with_name(path.name + ".corrupt-1")
    for suffix in ("", "-wal", "-shm"):
        source, target = Path(f"{path}{suffix}"), Path(f"{aside}{suffix}")
        target.unlink(missing_ok=True)
        if source.exists():
            source.replace(target)
    return aside
