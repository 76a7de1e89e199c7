"""What one step gives, gathered while it runs."""

from edge_agent.contracts.base import Contract, CustomerId
from edge_agent.events import Effect, EventRow, Instant, Outcomes, Row
from edge_agent.telling import Fact, Sighting


class Ledger:
    """Collects effects, rows, facts and sightings of one step, all at one instant."""

    def __init__(self) -> None:
        self._instant: Instant | None = None
        self._effects: list[Effect] = []
        self._rows: list[Row] = []
        self._facts: list[Fact] = []
        self._sightings: list[Sighting] = []

    @property
    def now(self) -> Instant:
        """The instant of the step."""
        assert self._instant is not None, "a step begins with begin()"
        return self._instant

    def begin(self, instant: Instant) -> None:
        """Start a step."""
        self._instant = instant

    def do(self, *effects: Effect) -> None:
        """Add effects, in this order."""
        self._effects.extend(effects)

    def keep(self, *rows: Row) -> None:
        """Add rows to commit."""
        self._rows.extend(rows)

    def report(self, event_type: str, data: Contract, customer: CustomerId | None) -> None:
        """Add an event for the platform. ``customer``: whom it is about, also where ``data`` does not say so."""
        self._rows.append(EventRow(event_type, data, self.now, customer))

    def tell(self, fact: Fact) -> None:
        """Add a line to the story."""
        self._facts.append(fact)

    def saw(self, sighting: Sighting) -> None:
        """Add one advertisement of a recognised customer."""
        self._sightings.append(sighting)

    def close(self) -> Outcomes:
        """Return what was gathered, and be empty again."""
        outcomes = Outcomes(tuple(self._effects), tuple(self._rows), tuple(self._facts), tuple(self._sightings))
        self._effects, self._rows, self._facts, self._sightings = [], [], [], []
        return outcomes
