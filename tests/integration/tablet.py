"""A clerk's tablet, played over the real broker with the real contracts."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt

from edge_agent.bus.envelope import encode
from edge_agent.contracts.bus import HELLO, REPLY, BusMessage
from edge_agent.contracts.clerk import Card, Reply, TabletHello
from edge_agent.contracts.event import CloudEvent
from edge_agent.contracts.topics import StoreTopics
from edge_agent.events import Instant
from tests.integration.processes import until


class Tablet:
    """Keeps the last revision of every card that it hears of."""

    def __init__(self, port: int, name: str, store: str, department: str = "outdoor") -> None:
        self.name = name
        self.cards: dict[str, Card] = {}
        self.heard: list[Card] = []
        self._topics = StoreTopics(store)
        self._source = f"/stores/{store}/tablets/{name}"
        self._replies = 0
        self._ready = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe(self._topics.cards(department), qos=1)
        assert self._ready.wait(30)
        self._departments = (department,)

    def hello(self) -> None:
        """Ask for the open cards."""
        hello = TabletHello(tablet=self.name, departments=self._departments)
        self._publish(HELLO, self._topics.hello(self.name), hello)

    def say(self, card: Card, action: str, **more: str) -> None:
        """Answer a card."""
        self._replies += 1
        reply = {"reply": f"{self.name}-{self._replies}", "card": card.card, "tablet": self.name, "action": action}
        self._publish(REPLY, self._topics.replies(card.unit), Reply.model_validate({**reply, **more}))

    def wait_for_card(self, state: str, card: str | None = None) -> Card:
        """Return a card in a state; of any id unless one is named."""

        def found() -> list[Card]:
            return [c for c in list(self.cards.values()) if c.state == state and card in (None, c.card)]

        until(found, lambda: f"a card that is {state}; {self.name} knows {[c.state for c in self.cards.values()]}")
        return found()[0]

    def publish_raw(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Publish anything and wait until the broker has it."""
        self._client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(30)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, message: BusMessage[Any], topic: str, body: Any) -> None:
        self.publish_raw(topic, encode(message, body, self._source, Instant(0.0, datetime.now(UTC), True)))

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        card = Card.model_validate(CloudEvent.model_validate(json.loads(message.payload)).data)
        self.heard.append(card)
        known = self.cards.get(card.card)
        if known is None or known.revision <= card.revision:
            self.cards[card.card] = card
