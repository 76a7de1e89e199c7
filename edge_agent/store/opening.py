"""Open the unit's databases at start; whatever is wrong with their content, the unit comes up."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from edge_agent.contracts.base import Identifier
from edge_agent.errors import DamagedError
from edge_agent.store.catalogue import CatalogueStore
from edge_agent.store.crypto import ProfileCipher
from edge_agent.store.database import check, make_folder, set_aside
from edge_agent.store.journal import Journal
from edge_agent.store.slice import SliceStore
from edge_agent.store.unit_key import UnitKey

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


def open_stores(folder: Path, store: Identifier, unit_key: UnitKey) -> Stores:
    """Open or make the databases in ``folder``, which is made with mode 0700 where it is absent.

    A file that is corrupt, or sealed with another key, is set aside as ``*.corrupt-1`` and begun
    anew: the slice is pulled again; what can still be read of the journal is taken over.
    Raises StoreError where the disk refuses or a file is of a newer version. Takes as long as the
    disk needs to read the files (0.1 s per 100 MB from memory, seconds from a cold card): call it
    through the :class:`~edge_agent.store.worker.Worker`.
    """
    make_folder(folder)
    problems: list[str] = []
    cipher = ProfileCipher(unit_key, store)
    slice_path = folder / SLICE_FILE
    slice_store, _ = _open(slice_path, lambda: SliceStore(slice_path, cipher), problems)
    catalogue = CatalogueStore(slice_path)
    journal_path = folder / JOURNAL_FILE
    journal, damaged = _open(journal_path, lambda: Journal(journal_path), problems)
    if damaged is not None:
        problems.append(f"{JOURNAL_FILE}: {journal.salvage(damaged)} rows could still be read and were taken over")
    return Stores(slice_store, catalogue, journal, tuple(problems))


def _open(path: Path, opener: Callable[[], Store], problems: list[str]) -> tuple[Store, Path | None]:
    """Return the opened store, and where its damaged file was set aside."""
    try:
        if path.exists():
            check(path)
        return opener(), None
    except DamagedError as error:
        aside = set_aside(path)
        problem = f"{error}; set aside as {aside.name} and begun anew"
        log.error("%s", problem)
        problems.append(problem)
        return opener(), aside
