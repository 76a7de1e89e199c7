"""Which radio parts a unit has."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from edge_agent.clock import Clock
from edge_agent.contracts.problems import explain
from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.contracts.scenario import Scenario
from edge_agent.errors import FileError
from edge_agent.events import Input
from edge_agent.radio.bluez import BluezScan
from edge_agent.radio.ears import Ears
from edge_agent.radio.listener import CHECK_S, Ear, Excused, Listener, never
from edge_agent.radio.mgmt import MgmtScan
from edge_agent.radio.patterns import of_interest, patterns
from edge_agent.radio.scan import Hear, NewScan, Scan, ScanKind
from edge_agent.simulator.radio import SimulatedRadio
from edge_agent.supervisor import Health, Part

Put = Callable[[Input], None]


def radio_parts(config: RadioConfig, clock: Clock, put: Put, excused: Excused = never) -> list[Part]:
    """Build what hears. Raises FileError where the scenario of the simulated radio is broken."""
    match config.backend:
        case "bleak" | "mgmt":
            return [*listeners(config, clock, put, excused)]
        case "simulated":
            return [SimulatedRadio(_scenario(config.scenario), put, clock, Health("radio", clock))]
        case _:
            return []


def listeners(
    config: RadioConfig,
    clock: Clock,
    put: Put,
    excused: Excused = never,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    check_s: float = CHECK_S,
) -> list[Listener]:
    """Build one listener for each adapter; together they are one pair of ears."""
    adapters: tuple[str | None, ...] = config.adapters or (None,)
    ears = Ears(len(adapters), clock.now().monotonic_s)

    def tell_as(number: int, healthy: bool, now_s: float, since_s: float | None) -> None:
        if (merged := ears.say(number, healthy=healthy, now_s=now_s, since_s=since_s)) is not None:
            put(merged)

    return [
        Listener(
            _ear(config, adapter, excused),
            clock,
            _health(adapter, clock),
            put,
            partial(tell_as, number),
            sleep,
            check_s,
        )
        for number, adapter in enumerate(adapters)
    ]


def _health(adapter: str | None, clock: Clock) -> Health:
    return Health("radio" if adapter is None else f"radio-{adapter}", clock)


def _ear(config: RadioConfig, adapter: str | None, excused: Excused) -> Ear:
    raw = config.backend == "mgmt"
    return Ear(
        scans=_raw_scans(config, adapter) if raw else _bluez_scans(config, adapter),
        wanted="raw" if raw else config.scan,
        silent_s=config.silent_s,
        adapter=adapter,
        canary=config.beacon.uuid,
        of_interest=partial(of_interest, config=config),
        excused=excused,
    )


def _bluez_scans(config: RadioConfig, adapter: str | None) -> Mapping[ScanKind, NewScan]:
    def active(hear: Hear) -> Scan:
        return BluezScan(adapter, hear)

    def passive(hear: Hear) -> Scan:
        return BluezScan(adapter, hear, patterns(config))

    return {"active": active, "passive": passive}


def _raw_scans(config: RadioConfig, adapter: str | None) -> Mapping[ScanKind, NewScan]:
    def raw(hear: Hear) -> Scan:
        return MgmtScan(hear, adapter, config.scan, patterns(config))

    return {"raw": raw}


def _scenario(path: Path | None) -> Scenario:
    if path is None:
        raise FileError("radio.scenario: is missing; the simulated radio needs a scenario file")
    try:
        return Scenario.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(f"radio.scenario {path}: {error.strerror}") from error
    except ValidationError as error:
        raise FileError("\n".join(f"{path}: {line}" for line in explain(error))) from error
