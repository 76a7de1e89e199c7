"""What happened: from the outbox to the hub. Only what the hub has answered for leaves the outbox."""

import asyncio
import gzip
import logging
from collections.abc import Sequence

import pydantic_core

from edge_agent.contracts.api import EVENTS
from edge_agent.contracts.event import EventReceipt, EventReceipts
from edge_agent.errors import HubError
from edge_agent.store.journal import Journal
from edge_agent.store.outbox import Outgoing
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Health
from edge_agent.sync.client import HubClient

log = logging.getLogger(__name__)

BATCH_MAX = 200
"""Events in one request at most."""

BATCH_MAX_BYTES = 512 * 1024
"""Bytes in one request at most, before packing; one event alone may be larger."""

LOOK_S = 60.0
"""How often the outbox is looked into without being told."""

_HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


class Push:
    """The push, as a part. The engine sets ``wake`` after it has committed events."""

    def __init__(
        self, client: HubClient, worker: Worker, journal: Journal, wake: asyncio.Event, health: Health
    ) -> None:
        self.health = health
        self._client = client
        self._worker = worker
        self._journal = journal
        self._wake = wake
        self._complaints: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Push until cancelled; raises HubError when the hub does not take events."""
        while True:
            self._wake.clear()
            while await self.push_batch():
                self.health.running()
            self.health.running()
            try:
                async with asyncio.timeout(LOOK_S):  # wait_for of Python 3.11 can swallow a cancellation
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def push_batch(self) -> bool:
        """Send one batch and settle its answers; False where nothing waits."""
        waiting = await self._worker.call(self._journal.outbox, BATCH_MAX)
        if not waiting:
            return False
        batch, body = pack(waiting)
        answer = await self._client.post(EVENTS, body, _HEADERS, EventReceipts)
        if [receipt.id for receipt in answer.receipts] != [outgoing.event.id for outgoing in batch]:
            raise HubError("events: the hub's receipts do not fit the batch; it is sent again")
        delivered = [o.seq for o, receipt in zip(batch, answer.receipts, strict=True) if receipt.status != "rejected"]
        rejected = [
            (outgoing.seq, receipt.reason)
            for outgoing, receipt in zip(batch, answer.receipts, strict=True)
            if receipt.status == "rejected"
        ]
        await self._worker.call(self._journal.settle, delivered, rejected)
        for outgoing, receipt in zip(batch, answer.receipts, strict=True):
            if receipt.status == "rejected":
                self._complain(outgoing.event.type, receipt)
        return True

    def _complain(self, event_type: str, receipt: EventReceipt) -> None:
        complaint = event_type, receipt.reason
        if complaint not in self._complaints and len(self._complaints) < BATCH_MAX:
            self._complaints.add(complaint)
            log.error("the hub rejects %s: %s; such events are kept as dead letters", *complaint)


def pack(waiting: Sequence[Outgoing]) -> tuple[Sequence[Outgoing], bytes]:
    """Return the first events that fit into one request, at least one, and the packed request."""
    events: list[bytes] = []
    size_bytes = 0
    for outgoing in waiting:
        text = pydantic_core.to_json(outgoing.event)
        size_bytes += len(text)
        if events and size_bytes > BATCH_MAX_BYTES:
            break
        events.append(text)
    body = b'{"events":[' + b",".join(events) + b"]}"
    return waiting[: len(events)], gzip.compress(body, compresslevel=5, mtime=0)
