"""Where the doctor's facts come from."""

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from edge_agent import __version__
from edge_agent.admin.doctor.examine import examine
from edge_agent.admin.doctor.facts import Facts, Held, Outbox, Space
from edge_agent.app.inside import Inside
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.examination import Examination
from edge_agent.contracts.written_file import toml_tree
from edge_agent.errors import StoreError
from edge_agent.sync.identity import CERTIFICATE_FILE
from edge_agent.sync.pull import DESIRED_FILE

LOOK_S: Final = 3.0
"""The databases answer within this, or the doctor says that they do not."""

_STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class _Look:
    """What had to be read from the disk."""

    outbox: Outbox = field(default_factory=Outbox)
    lease_until: datetime | None = None
    campaigns: int = 0
    stock_counted_at: datetime | None = None
    desired_elsewhere: str = ""
    certificate_until: datetime | None = None
    space: Space = field(default_factory=Space)
    unreadable: str = ""


class Examiner:
    """Looks at everything when somebody asks, and keeps nothing."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._started_s = inside.clock.now().monotonic_s

    async def examine(self) -> Examination:
        """Return what is wrong with this unit, and what to do."""
        inside = self._inside
        try:
            async with asyncio.timeout(LOOK_S):
                look = await inside.worker.call(self._look)
        except TimeoutError:
            look = _Look(unreadable=f"they do not answer within {LOOK_S:.0f} s")
        now = inside.clock.now()
        facts = Facts(
            now=now,
            started_s=self._started_s,
            config=inside.config,
            adapters=inside.adapters(now.monotonic_s),
            parts=inside.reports(),
            queues=inside.queues(),
            screen=inside.screen_status(),
            tablets=None if inside.tablets is None else inside.tablets.online,
            in_reach=inside.engine.in_reach(now),
            held=Held(
                customers=inside.engine.customers,
                lease_until=look.lease_until,
                pulled_at=self._worked_at("pull"),
                campaigns=look.campaigns,
                stock_counted_at=look.stock_counted_at,
            ),
            unreadable=look.unreadable,
            outbox=look.outbox,
            storage=inside.storage(),
            space=look.space,
            key=inside.key(),
            desired_elsewhere=look.desired_elsewhere,
            certificate_until=look.certificate_until,
            memory_bytes=_memory_bytes(),
            content=None if inside.content is None else inside.content(),
        )
        return examine(facts, __version__)

    def _worked_at(self, part: str) -> datetime | None:
        found = (known for known in self._inside.parts if known.health.report.part == part)
        return next((known.health.worked_at for known in found), None)

    def _look(self) -> _Look:
        """Read what lies on the disk; on the worker's thread."""
        stores, config = self._inside.stores, self._inside.config
        try:
            journal = stores.journal
            return _Look(
                outbox=Outbox(journal.waiting(), journal.shed(), journal.dead()),
                lease_until=stores.slice.lease_until(),
                campaigns=len(stores.catalogue.campaigns()),
                stock_counted_at=stores.catalogue.stock_counted_at(),
                desired_elsewhere=_desired_elsewhere(config),
                certificate_until=_certificate_until(config.identity_folder),
                space=_space(config.folder),
            )
        except (StoreError, OSError) as error:
            return _Look(unreadable=str(error))


def _desired_elsewhere(config: AgentConfig) -> str:
    """Return where the configuration lies that the hub wants; empty where it is at work, or there is none."""
    path = config.folder / DESIRED_FILE
    try:
        desired = AgentConfig.model_validate(toml_tree(path.read_bytes()))
    except (OSError, ValueError):  # none, or none that this version knows
        return ""
    return "" if desired == config else str(path)


def _certificate_until(identity: Path) -> datetime | None:
    """Return when the unit's certificate ends; ``None`` where it has none that can be read."""
    try:
        return x509.load_pem_x509_certificate((identity / CERTIFICATE_FILE).read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def _space(folder: Path) -> Space:
    usage = shutil.disk_usage(folder)
    return Space(usage.free, usage.total)


def _memory_bytes() -> int:
    """Return what of this process is in memory, as proc(5) says."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
