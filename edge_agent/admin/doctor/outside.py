"""What can be seen of a unit without its agent. Most of it is only told where the agent does not run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.admin.doctor.facts import Space
from edge_agent.admin.doctor.keeping import space
from edge_agent.contracts.examination import Finding

Unasked = Literal["absent", "forbidden", "stuck"]
"""Why the agent could not be asked: nobody listens there, this user may not, or it does not answer."""

RESTARTS_MANY: Final = 3
"""A service that systemd had to start anew so often is ill."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service as systemd knows it."""

    name: str
    installed: bool
    active: str
    """``active``, ``activating``, ``inactive``, ``failed``."""
    result: str
    """How it ended last: ``success``, ``exit-code``, ``watchdog``, ``oom-kill``."""
    restarts: int
    """How often systemd has started it anew."""
    enabled: str
    """``enabled``, ``disabled``, ``static``."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the command sees itself."""

    config_path: str
    config_problem: str
    """What is wrong with the configuration; empty: nothing."""
    folder: str
    folder_problem: str
    """What is wrong with the rights on the unit's folder; empty: nothing that can be seen."""
    services: tuple[Service, ...]
    """What systemd says; empty where it cannot be asked."""
    space: Space
    clock_set: bool
    """Whether the kernel says that its clock is kept right."""


def beside(outside: Outside, *, configured: bool) -> Iterator[Finding]:
    """Yield what the agent itself does not see. ``configured``: the configuration is this agent's."""
    if configured and outside.config_problem:
        what = f"The agent runs, but would not start again: {outside.config_problem}"
        yield Finding(severity="warning", about="config", what=what[:200], todo=f"mend {outside.config_path}"[:200])
    if configured and outside.folder_problem:
        yield _folder(outside)
    for service in outside.services:
        if service.installed and (service.active == "failed" or service.restarts >= RESTARTS_MANY):
            yield _ill(service)


def instead(outside: Outside, unasked: Unasked, why: str) -> Iterator[Finding]:
    """Yield what there is to say where the agent could not be asked. ``why``: what its client said."""
    yield Finding(severity="fault", about="agent", what=why[:200], todo=_start(outside, unasked))
    for service in outside.services:
        if service.installed and service.active != "active":
            yield _ill(service)
        elif service.installed:
            yield Finding(severity="ok", about=service.name, what="Its service runs.")
    if outside.config_problem:
        todo = f"mend {outside.config_path}; a new unit gets one from edge-agent enrol"
        yield Finding(severity="fault", about="config", what=outside.config_problem[:200], todo=todo[:200])
    else:
        yield Finding(severity="ok", about="config", what=f"{outside.config_path} is valid."[:200])
    if outside.folder_problem:
        yield _folder(outside)
    if not outside.clock_set:
        todo = "give the unit a time server: timedatectl status"
        yield Finding(severity="warning", about="clock", what="Nothing keeps it right, says the kernel.", todo=todo)
    else:
        yield Finding(severity="ok", about="clock", what="It is set, says the kernel.")
    yield space(outside.space)


def _start(outside: Outside, unasked: Unasked) -> str:
    if unasked == "forbidden":
        return "sudo edge-agent doctor; below stands what can be seen without it"
    if unasked == "stuck":
        return "journalctl -u edge-agent -n 50 says what it did last; systemctl restart edge-agent"
    agent = next((service for service in outside.services if service.name == "edge-agent"), None)
    if agent is None or not agent.installed:
        return "is this a unit? It has no edge-agent.service; a demo says its --socket when it starts"
    if agent.active == "active":
        return "it runs: is admin.socket of its configuration the one that was asked (--config, --socket)?"
    return "systemctl start edge-agent.target; journalctl -u edge-agent -n 50 says why it ended"


def _ill(service: Service) -> Finding:
    ended = "" if service.result in ("", "success") else f", it ended with {service.result}"
    again = f", started anew {service.restarts} times" if service.restarts else ""
    severity = "warning" if service.active in ("active", "inactive") else "fault"
    todo = f"journalctl -u {service.name} -n 50; systemctl start {service.name}"
    what = f"Its service is {service.active or 'unknown'}{ended}{again}."
    return Finding(severity=severity, about=service.name[:64], what=what, todo=todo)


def _folder(outside: Outside) -> Finding:
    what = f"{outside.folder} {outside.folder_problem}."
    todo = f"systemd-tmpfiles --create; or chmod 711 {outside.folder}"
    return Finding(severity="warning", about="folder", what=what[:200], todo=todo[:200])
