"""Open the unit's databases at start; whatever is wrong with their content, the unit comes up."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from edge_agent.contracts.base import Identifier
from edge_agent.errors import DamagedError
from edge_agent.store.card_box import CardBox
from edge_agent.store.catalogue import CatalogueStore
from edge_agent.store.database import check, check_header, make_folder, set_aside, set_aside_at
from edge_agent.store.journal import Journal
from edge_agent.store.slice import SliceStore
from edge_agent.store.unit_key import UnitKey

log = logging.getLogger(__name__)

SLICE_FILE: Final = "slice.db"
JOURNAL_FILE: Final = "journal.db"

GIVEN_UP: Final = "sealed with another key, or for another store: nobody can read it; it is erased and pulled again"
"""What is wrong with a slice that the unit key does not open."""


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


def open_stores(folder: Path, store: Identifier, unit_key: UnitKey | None, *, unlock: bool = True) -> Stores:
    """Open or make the databases in ``folder``, which is made with mode 0700 where it is absent.

    A file that is corrupt is set aside as ``*.corrupt-1`` and begun anew: the slice is pulled again; what can still be
    read of the journal is taken over. A slice that was sealed with another key is given up, and pulled again.
    Without ``unlock``, or without a key, the slice stays locked and is not read through: whoever unlocks it does both.
    Raises StoreError where the disk refuses or a file is of a newer version. Takes as long as the disk needs to read
    the files (0.2 s per 100 MB from memory, seconds from a cold card): call it through the
    :class:`~edge_agent.store.worker.Worker`.
    """
    make_folder(folder)
    problems: list[str] = []
    slice_path = folder / SLICE_FILE
    key = unit_key if unlock else None
    whole = key is not None
    slice_store, _ = _open(slice_path, lambda: _slice(slice_path, store, key, problems), problems, whole=whole)
    catalogue = CatalogueStore(slice_path)
    journal_path = folder / JOURNAL_FILE
    box = None if unit_key is None else CardBox(unit_key, store)
    journal, damaged = _open(journal_path, lambda: Journal(journal_path, box), problems)
    if damaged is not None:
        problems.append(f"{JOURNAL_FILE}: {journal.salvage(damaged)} rows could still be read and were taken over")
    return Stores(slice_store, catalogue, journal, tuple(problems))


def set_damaged_slice_aside(damage: DamagedError) -> None:
    """Take a slice that turned out to be broken out of the way of the next start, once it is closed.

    The journal stays: the next start reads it through, and takes over what it can. Raises StoreError.
    """
    if damage.path is not None and damage.path.name == SLICE_FILE:
        set_aside(damage.path)


def _slice(path: Path, store: Identifier, unit_key: UnitKey | None, problems: list[str]) -> SliceStore:
    opened = SliceStore(path, store)
    try:
        if unit_key is not None and not opened.unlock(unit_key):
            problems.append(f"{path}: {GIVEN_UP}")
            log.error("%s: %s", path, GIVEN_UP)
    except BaseException:
        opened.close()
        raise
    return opened


def _open(
    path: Path, opener: Callable[[], Store], problems: list[str], *, whole: bool = True
) -> tuple[Store, Path | None]:
    """Return the opened store, and where its damaged file was set aside. ``whole``: it is read through first."""
    try:
        if path.exists():
            check_header(path)
            if whole:
                check(path)
        opened = opener()
        if (copied_at := set_aside_at(path)) is not None:  # by an earlier run
            problems.append(f"{path.name}: was corrupt; a copy, last written {copied_at:%Y-%m-%d %H:%M} UTC, is kept")
        return opened, None
    except DamagedError as error:
        aside = set_aside(path)
        problem = f"{error}; set aside as {aside.name} and begun anew"
        log.error("%s", problem)
        problems.append(problem)
        return opener(), aside
