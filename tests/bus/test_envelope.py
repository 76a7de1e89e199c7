import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bus.envelope import Unreadable, decode, encode
from edge_agent.bus.router import Router
from edge_agent.contracts.bus import BUS_MESSAGES, HELLO, REPLY
from edge_agent.contracts.clerk import Reply, TabletHello
from edge_agent.contracts.topics import Topic, parse
from edge_agent.events import Instant
from tests.clerk.cards import NOW

AT = Instant(1.0, NOW, utc_trusted=True)
REPLY_TOPIC = Topic("vienna-1", "reply", "unit-1")
reply = Reply(reply="r1", card="c1", tablet="t1", action="claim")


def test_a_contract_survives_the_trip():
    payload = encode(REPLY, reply, "/stores/vienna-1/tablets/t1", AT)
    assert decode(REPLY, REPLY_TOPIC, payload) == reply
    event = json.loads(payload)
    assert (event["specversion"], event["type"], event["source"]) == (
        "1.0",
        "card.replied",
        "/stores/vienna-1/tablets/t1",
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda event: event.update(type="tablet.hello"), "wrong type"),
        (lambda event: event.pop("specversion"), None),  # it has a default: a lax sender is understood
        (lambda event: event.pop("data"), "not a CloudEvent"),
        (lambda event: event["data"].update(action="dance"), "not a card.replied"),
        (lambda event: event["data"].update(card="../../etc"), "not a card.replied"),
        (lambda event: event["data"].update(pad="x" * 70_000), "oversized"),
    ],
)
def test_faults_are_named(change, fault):
    event = json.loads(encode(REPLY, reply, "/stores/vienna-1/tablets/t1", AT))
    change(event)
    payload = json.dumps(event).encode()
    if fault is None:
        assert decode(REPLY, REPLY_TOPIC, payload) == reply
    else:
        with pytest.raises(Unreadable) as caught:
            decode(REPLY, REPLY_TOPIC, payload)
        assert caught.value.fault == fault
        assert "dance" not in str(caught.value)


def test_a_tablet_cannot_speak_for_another():
    payload = encode(HELLO, TabletHello(tablet="t1", departments=("outdoor",)), "/x", AT)
    with pytest.raises(Unreadable, match="speaks for another"):
        decode(HELLO, Topic("vienna-1", "hello", "t2"), payload)


@given(payload=st.binary(max_size=300) | st.text(max_size=200).map(str.encode), kind=st.sampled_from(BUS_MESSAGES))
def test_garbage_never_gets_through(payload, kind):
    with pytest.raises(Unreadable):
        decode(kind, Topic("vienna-1", kind.kind, "x"), payload)


@given(
    topic=st.text(max_size=60) | st.from_regex(r"ea/1/[a-z]*/(card|reply|unit|x)/[a-z]*"),
    payload=st.binary(max_size=50),
)
def test_the_inbox_survives_everything(topic, payload):
    router, heard = Router("vienna-1"), []
    router.route(REPLY, lambda name, body: heard.append(body))
    router.deliver(topic, payload, retained=False)
    assert heard == []
    assert router.faults.total() == 1
    assert parse(topic) is None or isinstance(parse(topic), Topic)


def test_each_fault_is_logged_once_and_counted(caplog):
    router = Router("vienna-1")
    router.route(REPLY, lambda name, body: None)
    for _ in range(3):
        router.deliver("ea/1/vienna-1/reply/unit-1", b"\xff secret", retained=False)
        router.deliver("ea/1/other-store/reply/unit-1", b"{}", retained=False)
    assert router.faults == {"not a CloudEvent": 3, "foreign topic": 3}
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text


def test_a_retained_reply_is_refused():
    router, heard = Router("vienna-1"), []
    router.route(REPLY, lambda name, body: heard.append(body))
    router.deliver("ea/1/vienna-1/reply/unit-1", encode(REPLY, reply, "/x", AT), retained=True)
    assert (heard, router.faults["retained"]) == ([], 1)
