"""Looks at a unit from outside, as whoever calls: services, configuration, folders. Opens no key and no database."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from edge_agent.admin.doctor.facts import Space
from edge_agent.admin.doctor.outside import Outside, Service
from edge_agent.clock import SystemClock
from edge_agent.contracts.config import AgentConfig
from edge_agent.errors import FileError
from edge_agent.settings import load_config

SERVICES: Final = ("edge-agent", "edge-display", "bluetooth", "mosquitto")

SYSTEMCTL_S: Final = 5.0
"""systemd answers within this, or it is not asked any more."""

_ASKED: Final = "Id,LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState"


def look_outside(config_path: Path) -> tuple[Outside, AgentConfig | None]:
    """Return what can be seen without the agent, and the configuration where it can be read."""
    config, problem = _config(config_path)
    folder = AgentConfig.model_fields["folder"].default if config is None else config.folder
    now = SystemClock(trust="synchronised").now()
    outside = Outside(
        config_path=str(config_path),
        config_problem=problem,
        folder=str(folder),
        folder_problem=_folder_problem(folder),
        services=_services(),
        space=_space(folder),
        clock_set=now.utc_trusted,
    )
    return outside, config


def _config(path: Path) -> tuple[AgentConfig | None, str]:
    try:
        return load_config(path), ""
    except FileError as error:
        return None, str(error).splitlines()[0]


def _folder_problem(folder: Path) -> str:
    """Return what is wrong with the rights on the unit's folder; empty: nothing, or it cannot be seen from here."""
    try:
        mode = folder.stat().st_mode
    except FileNotFoundError:
        return "is missing"
    except OSError:
        return ""
    if mode & 0o066:
        return f"has mode {mode & 0o777:04o}: others may look into it"
    return ""


def _space(folder: Path) -> Space:
    """Return how much room there is where the folder is, or would be."""
    place = next(place for place in (folder, *folder.parents) if os.access(place, os.F_OK))
    usage = shutil.disk_usage(place)
    return Space(usage.free, usage.total)


def _services() -> tuple[Service, ...]:
    """Ask systemd; nothing is returned where there is none."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        return ()
    units = [f"{name}.service" for name in SERVICES]
    try:
        done = subprocess.run(  # noqa: S603 (our own words)
            [systemctl, "show", "--property", _ASKED, *units],
            capture_output=True, text=True, timeout=SYSTEMCTL_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(_service(block) for block in done.stdout.split("\n\n") if "LoadState=" in block)


def _service(block: str) -> Service:
    said = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    restarts = said.get("NRestarts", "")
    return Service(
        name=said.get("Id", "").removesuffix(".service"),
        installed=said.get("LoadState") == "loaded",
        active=said.get("ActiveState", ""),
        result=said.get("Result", ""),
        restarts=int(restarts) if restarts.isdigit() else 0,
        enabled=said.get("UnitFileState", ""),
    )
