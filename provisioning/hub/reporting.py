"""Events that the hub itself writes, beside those of a store's units."""

import secrets
from datetime import datetime

from sqlalchemy import Connection, insert

from edge_agent.contracts.base import Contract
from edge_agent.contracts.event import CloudEvent
from provisioning.hub.storage import next_event_sequence
from provisioning.hub.tables import events


def report(connection: Connection, store: str, event_type: str, data: Contract, at: datetime, now: datetime) -> None:
    """Write one event of a store within a transaction; ``at``: when it happened."""
    event = CloudEvent(
        id=secrets.token_hex(16),
        source=f"/stores/{store}/hub",
        type=event_type,
        time=at,
        data=data.model_dump(mode="json", exclude_none=True),
    )
    row = {
        "source": event.source, "id": event.id, "store": store, "type": event.type, "body": event.model_dump_json(),
        "sequence": next_event_sequence(connection, store, 1), "received_s": now.timestamp(),
    }  # fmt: skip
    connection.execute(insert(events).values(row))
