"""Which radio parts a unit has."""

from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from edge_agent.clock import Clock
from edge_agent.contracts.problems import explain
from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.contracts.scenario import Scenario
from edge_agent.errors import FileError
from edge_agent.events import Input
from edge_agent.radio.bluez import BluezRadio
from edge_agent.simulator.radio import SimulatedRadio
from edge_agent.supervisor import Health, Part


def radio_parts(config: RadioConfig, clock: Clock, put: Callable[[Input], None]) -> list[Part]:
    """Build what hears. Raises FileError where the scenario of the simulated radio is broken."""
    match config.backend:
        case "bleak":
            return [BluezRadio(config, clock, Health("radio", clock), put, put)]
        case "simulated":
            return [SimulatedRadio(_scenario(config.scenario), put, clock, Health("radio", clock))]
        case _:
            return []


def _scenario(path: Path | None) -> Scenario:
    if path is None:
        raise FileError("radio.scenario: is missing; the simulated radio needs a scenario file")
    try:
        return Scenario.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(f"radio.scenario {path}: {error.strerror}") from error
    except ValidationError as error:
        raise FileError("\n".join(f"{path}: {line}" for line in explain(error))) from error
