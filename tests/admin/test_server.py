"""The control socket, against commands of every kind."""

import asyncio
import logging
import os
import select
import stat
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from edge_agent.admin.server import CONNECTIONS_MAX, AdminSocket
from edge_agent.contracts.admin import (
    PEOPLE_MAX,
    AdapterStatus,
    Doctor,
    EndedScene,
    Explain,
    Explained,
    Listen,
    Person,
    Picture,
    Question,
    QueueStatus,
    Refusal,
    Samples,
    SceneStatus,
    Screenshot,
    ScreenStatus,
    Snapshot,
    Watch,
)
from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.unit import PartReport
from edge_agent.errors import ServerError
from edge_agent.identify.badges import badge
from edge_agent.telling import Shot
from tests.admin.conftest import Setting, present
from tests.scenario.shop import CONFIG

GARBAGE = [
    b"\0" * 70_000,
    b"{",
    b"[" * 60_000,
    b"null",
    b"\xff\xfe",
    b'{"ask": "watch"',
    b'{"ask": "sudo"}',
    b'{"ask": "listen"}',
    b'{"ask": "listen", "person": -1}',
    b'{"ask": "listen", "person": 99999999999999999999}',
    b'{"ask": "watch", "protocol": "\\ud800"}',
    b'"' * 1000,
    b'{"ask": "explain"}',
    b'{"ask": "explain", "person": 1, "customer": "c-anna"}',
    b'{"ask": "explain", "customer": "../../etc"}',
    b'{"ask": "explain", "customer": "c-anna", "at": "9999-12-31T23:59:59+14:00"}',
    b'{"ask": "explain", "customer": "c-anna", "at": 1e300}',
    b'{"ask": "explain", "customer": "c-anna", "at": "0001-01-01T00:00:00"}',
    b'{"ask": "explain", "customer": "c-anna", "campaign": "' + b"x" * 65 + b'"}',
    b'{"ask": "doctor"',
]


@pytest.mark.parametrize("packet", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_is_refused_with_a_reason(setting: Setting, packet: bytes) -> None:
    command = await setting.ask(packet)
    answer = await command.hear()
    assert isinstance(answer, Refusal)
    assert answer.reason
    assert await command.hear() is None
    assert setting.views <= 1


@pytest.mark.parametrize(
    "question", [Watch(protocol=2), Doctor(protocol=2), Explain(customer="c-anna", protocol=2)], ids=lambda q: q.ask
)
async def test_another_version_is_told_so(setting: Setting, question: Question) -> None:
    command = await setting.ask(question)
    assert await command.hear() == Refusal(
        reason="the command speaks protocol 2, this agent 1: use the command of the agent's own version"
    )


async def test_a_watch_goes_on_until_it_is_closed_and_then_nothing_is_held(setting: Setting) -> None:
    setting.people = [present("c-anna"), present("c-tag", badge=None)]
    command = await setting.ask(Watch())
    for _ in range(2):
        answer = await command.hear()
        assert isinstance(answer, Snapshot)
        assert [(person.person, person.badge is None) for person in answer.people] == [(1, False), (2, True)]
        assert answer.customers == 7
    command.socket.close()
    await _until_forgotten(setting)


async def test_an_explanation_is_logged_without_her_id_and_keeps_nothing(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    command = await setting.ask(Explain(customer="c-anna", campaign="jacket"))
    answer = await command.hear()
    assert isinstance(answer, Explained)
    assert (answer.held, answer.person, answer.campaign) == (True, None, "jacket")
    assert await command.hear() is None
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"admin: a decision is explained to user {os.getuid()}"]
    assert "anna" not in answer.model_dump_json()
    assert not setting.reporter.asked


async def test_a_time_without_an_offset_is_by_the_clock_of_the_store(setting: Setting) -> None:
    for at in ("2026-07-04T18:30:00", "2026-07-04T18:30:00+02:00"):
        command = await setting.ask(b'{"ask": "explain", "customer": "c-nobody", "at": "%s"}' % at.encode())
        answer = await command.hear()
        assert isinstance(answer, Explained)
        assert not answer.held
    clock = ZoneInfo(CONFIG.timezone)
    assert [at for _, at in setting.explained] == [
        datetime(2026, 7, 4, 18, 30, tzinfo=clock),
        datetime(2026, 7, 4, 16, 30, tzinfo=UTC),
    ]


async def test_a_number_counts_only_while_somebody_watches(setting: Setting) -> None:
    setting.people = [present("c-anna"), present("c-bert")]
    refused = await (await setting.ask(Explain(person=2))).hear()
    assert isinstance(refused, Refusal)
    assert "edge-agent watch" in refused.reason
    watching = await setting.ask(Watch())
    await watching.hear()
    answer = await (await setting.ask(Explain(person=2))).hear()
    assert isinstance(answer, Explained)
    assert answer.person is not None
    assert answer.person.person == 2
    assert [customer for customer, _ in setting.explained] == ["c-bert"]
    assert isinstance(await (await setting.ask(Explain(person=3))).hear(), Refusal)


async def test_the_doctor_answers_once_and_hangs_up(setting: Setting) -> None:
    command = await setting.ask(Doctor())
    assert await command.hear() == await setting.examine()
    assert await command.hear() is None


async def _until_forgotten(setting: Setting) -> None:
    async with asyncio.timeout(30):
        while setting.reporter.asked:
            await asyncio.sleep(0.05)


async def test_no_answer_names_a_customer(setting: Setting) -> None:
    setting.people = [present("c-anna")]
    watching = await setting.ask(Watch())
    await watching.hear()
    listening = await setting.ask(Listen(person=1))
    await listening.hear()
    setting.saw("c-anna", device="annas-own-phone")
    loop = asyncio.get_running_loop()
    said = await loop.sock_recv(listening.socket, 1 << 17) + await loop.sock_recv(watching.socket, 1 << 17)
    assert b"-60" in said
    assert b"anna" not in said


async def test_samples_come_of_the_asked_person_only_and_are_gone_once_taken(setting: Setting) -> None:
    setting.people = [present("c-anna"), present("c-bert")]
    setting.saw("c-anna", -1)  # nobody asks: nothing is kept
    await (await setting.ask(Watch())).hear()
    listening = await setting.ask(Listen(person=2))
    assert await listening.hear() == Samples(samples=())
    for number in range(3):
        setting.saw("c-anna", -50 - number)
        setting.saw("c-bert", -70 - number, device="phone" if number < 2 else "watch")
    answer = await listening.hear()
    assert isinstance(answer, Samples)
    assert [(s.device, s.rssi_dbm) for s in answer.samples] == [(1, -70), (1, -71), (2, -72)]
    assert await listening.hear() == Samples(samples=())


async def test_whoever_may_not_be_known_any_more_is_not_listened_to(setting: Setting) -> None:
    setting.people = [present("c-anna")]
    await (await setting.ask(Watch())).hear()
    listening = await setting.ask(Listen(person=1))
    await listening.hear()
    setting.people = []  # she withdrew
    async with asyncio.timeout(30):
        while isinstance(answer := await listening.hear(), Samples):
            setting.saw("c-anna")
    assert isinstance(answer, Refusal)
    assert await listening.hear() is None


@pytest.mark.parametrize("person", [1, 2, 10**6])
async def test_nobody_of_this_number(setting: Setting, person: int) -> None:
    answer = await (await setting.ask(Listen(person=person))).hear()
    assert isinstance(answer, Refusal)


async def test_a_hundred_connections_do_not_stop_it(setting: Setting) -> None:
    many = [await setting.ask(Watch()) for _ in range(50)] + [await setting.connect() for _ in range(50)]
    answers = [await command.hear() for command in many[:50]]
    assert sum(isinstance(answer, Snapshot) for answer in answers) == CONNECTIONS_MAX
    for command in many:
        command.socket.close()
    async with asyncio.timeout(60):
        while not isinstance(await (await setting.ask(Watch())).hear(), Snapshot):
            await asyncio.sleep(0.1)  # until the agent has noticed that the others have gone


async def test_many_watchers_are_one_look(setting: Setting) -> None:
    for _ in range(4):
        await (await setting.ask(Watch())).hear()
    assert setting.views == 1


async def test_commands_that_stall_or_vanish_are_dropped(setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    silent, stalled, vanished = await setting.connect(), await setting.ask(Watch()), await setting.ask(Watch())
    vanished.socket.close()
    (await setting.ask(Watch())).socket.close()
    assert await silent.hear() is None
    await _until_forgotten(setting)  # the stalled one as well, which is still open
    said = 0
    while await stalled.hear() is not None:
        said += 1
    assert 1 <= said <= 4
    assert caplog.records == []


async def test_only_owner_and_group_may_ask(setting: Setting) -> None:
    assert stat.S_IMODE(setting.path.stat().st_mode) == 0o660
    assert stat.S_IMODE(setting.path.parent.stat().st_mode) & 0o007 == 0


async def test_a_folder_that_cannot_be_had_is_an_error_that_says_what_to_do(setting: Setting) -> None:
    taken = setting.path.parent / "file"
    taken.write_text("")
    other = AdminSocket(taken / "admin.sock", setting.reporter, setting.examine, setting.shoot, setting.server.health)
    with pytest.raises(ServerError, match=r"set admin\.socket to a folder"):
        await other.run()


def test_the_largest_snapshot_fits_into_a_message(setting: Setting) -> None:
    text, name = "\U0001f9e5" * 200, "n" * 64
    answer = Snapshot(
        at="2026-05-04T10:00:00Z",
        unit=name,
        store=name,
        zone=text,
        version=text,
        adapters=tuple(
            AdapterStatus(
                adapter="hci0",
                scan="active",
                healthy=False,
                heard_per_s=490.123456,
                usual_per_s=490.123456,
                silence_s=1e6 / 7,
                step="reset_service",
                problem=text,
            )
            for _ in range(4)
        ),
        heard_per_s=1 / 3,
        recognised_per_s=1 / 3,
        customers=10**6,
        silent="clock_untrusted",
        people=tuple(
            Person(
                person=10**6, badge=badge(63, "de"), distance_m=100 / 7, near_s=1e5 / 7, state="greeted", on_screen=True
            )
            for _ in range(PEOPLE_MAX)
        ),
        others=10**6,
        scene=SceneStatus(message_id=name, mode="contextual", shown_s=1e5 / 7, left_s=1 / 3),
        ended=EndedScene(message_id=name, why=text, on_screen_s=1e5 / 7, ago_s=1e5 / 7),
        screen=ScreenStatus(panel="covered", scenes=200, p50_s=1 / 3, p99_s=1 / 3),
        parts=tuple(
            PartReport(part=name, state="waiting", problem=text, since="2026-05-04T10:00:00.123456Z") for _ in range(24)
        ),
        queues=tuple(QueueStatus(queue=name, waiting=10**9, dropped=10**9) for _ in range(8)),
    )
    assert len(answer.model_dump_json().encode()) <= MESSAGE_MAX_BYTES


@pytest.mark.parametrize("size", [1, 39_999, 40_000, 40_001, 1_000_000])
async def test_a_picture_comes_whole_however_large(setting: Setting, size: int) -> None:
    setting.shot = Shot(os.urandom(size), redacted=True)
    command = await setting.ask(Screenshot())
    picture, left = b"", size
    while left:
        part = await command.hear()
        assert isinstance(part, Picture)
        assert part.redacted
        picture, left = picture + part.part, part.left
    assert picture == setting.shot.jpeg
    assert await command.hear() is None


async def test_why_there_is_no_picture_is_said(setting: Setting) -> None:
    command = await setting.ask(Screenshot())
    assert await command.hear() == Refusal(reason="no display is connected")


async def test_who_asks_for_a_picture_and_does_not_read_it_is_dropped(setting: Setting) -> None:
    setting.shot = Shot(os.urandom(4_000_000), redacted=False)
    lazy = await setting.ask(Screenshot())
    await (await setting.ask(Watch())).hear()  # others are answered meanwhile
    hung_up = select.poll()
    hung_up.register(lazy.socket, select.POLLHUP)
    async with asyncio.timeout(30):
        while not hung_up.poll(0):
            await asyncio.sleep(0.05)
    parts = 0
    while await lazy.hear() is not None:
        parts += 1
    assert parts < 100, "most of it was never sent"
