"""The content of a unit: a real hub over TLS, a real folder."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge_agent.clock import SystemClock
from edge_agent.contracts.catalogue import Emergency
from edge_agent.contracts.screen import Playlist
from edge_agent.events import KnowledgeChanged
from edge_agent.supervisor import Health
from edge_agent.sync.content_folder import playlist_version
from edge_agent.sync.nudge import PullNow
from edge_agent.sync.pull import Pull
from tests.provisioning.hubs import STORE, RunningHub
from tests.sync.badservers import answer, bad_server
from tests.sync.pictures import FILM, LARGE, OTHER, PICTURE, catalogue, item, png, put_files, put_loop, sha256
from tests.sync.test_pull import running, until
from tests.sync.units import Unit, unit_at

pytestmark = pytest.mark.integration


def names(unit: Unit) -> set[str]:
    return {path.name for path in unit.config.content_folder.iterdir()} - {"playlist.json"}


def playlist(unit: Unit) -> Playlist:
    return Playlist.model_validate_json((unit.config.content_folder / "playlist.json").read_bytes())


def shown(unit: Unit) -> list[str]:
    return [each.picture for each in playlist(unit).items]


async def bring(unit: Unit) -> None:
    await unit.pull.pull_knowledge()
    await unit.content.refresh()


async def test_files_arrive_once_and_the_playlist_names_them(served: RunningHub, unit: Unit) -> None:
    await put_loop(served, PICTURE)
    await bring(unit)
    folder = unit.config.content_folder
    assert (folder / sha256(PICTURE)).read_bytes() == PICTURE
    told = playlist(unit)
    assert shown(unit) == [sha256(PICTURE)]
    assert [file.sha256 for file in told.files] == [sha256(PICTURE)]
    assert unit.told == [KnowledgeChanged()]
    assert unit.playlists[-1] == told.version == playlist_version(folder)
    count = len(unit.playlists)
    await bring(unit)
    assert (len(unit.told), len(unit.playlists)) == (1, count)  # nothing new, nothing said


async def test_old_files_stay_until_the_playlist_after_the_next(served: RunningHub, unit: Unit) -> None:
    await put_loop(served, PICTURE)
    await bring(unit)
    await put_loop(served, OTHER)
    await bring(unit)
    assert shown(unit) == [sha256(OTHER)]
    assert names(unit) == {sha256(PICTURE), sha256(OTHER)}, "a slow display may still show the old one"
    third = png(77)
    await put_loop(served, third)
    await bring(unit)
    assert names(unit) == {sha256(OTHER), sha256(third)}


@pytest.mark.parametrize(
    "damage", [PICTURE + b"s", PICTURE[:-1] + b"v", PICTURE[:-1]], ids=["longer", "altered", "cut"]
)
async def test_a_file_that_is_not_what_was_announced_never_lies_there(
    served: RunningHub, unit: Unit, damage: bytes
) -> None:
    await put_loop(served, PICTURE, OTHER)
    (served.hub.config.folder / "content" / sha256(PICTURE)).write_bytes(damage)
    await bring(unit)
    assert names(unit) == {sha256(OTHER)}
    assert shown(unit) == [sha256(OTHER)]
    report = unit.content.report()
    assert (report.files, report.missing) == (1, 1)
    assert sha256(PICTURE) in report.problem
    (served.hub.config.folder / "content" / sha256(PICTURE)).write_bytes(PICTURE)
    await bring(unit)
    assert shown(unit) == [sha256(PICTURE), sha256(OTHER)]
    assert unit.content.report().problem == ""


async def test_only_what_this_screen_may_show_is_fetched(served: RunningHub, unit: Unit) -> None:
    contents = [png(number) for number in range(5)]
    public, sensitive, french, past, future = contents
    now = served.clock()
    files = [
        item(public),
        item(sensitive, content_class="discreet"),
        item(french, languages=["fr"]),
        item(past, valid_until=now - timedelta(hours=1)),
        item(future, valid_from=now + timedelta(hours=1)),
        item(FILM, "video/mp4"),
    ]
    await put_files(served, *contents, FILM)
    listed = catalogue(content=files, loop=[{"picture": sha256(content)} for content in (public, future)])
    # As an older hub would store it: what its own rules refuse must not get through here either.
    await unit.worker.call(unit.stores.catalogue.put_catalogue, listed, "e")
    await unit.content.refresh()
    assert names(unit) == {sha256(public), sha256(future)}
    assert unit.content.report().left_out == {"class": 1, "language": 1, "past": 1, "film": 1}
    tree = {"display": {"video": True}, "screen": {"languages": ["fr-CA"]}}
    await unit.client.close()
    async with unit_at(served.url, unit.config.folder, **tree) as other:
        await other.content.refresh()
        assert names(other) == {sha256(public), sha256(future), sha256(french), sha256(FILM)}


async def test_what_turns_private_leaves_the_disk_at_once(served: RunningHub, unit: Unit) -> None:
    await put_loop(served, PICTURE, OTHER)
    await bring(unit)
    private = [item(PICTURE, content_class="sensitive"), item(OTHER)]
    await put_loop(served, PICTURE, OTHER, content=private, loop=[{"picture": sha256(OTHER)}])
    await bring(unit)
    assert names(unit) == {sha256(OTHER)}


def emergency(served: RunningHub, **words: str) -> Emergency:
    until = served.clock() + timedelta(hours=2)
    return Emergency(headline=words or {"en": "Please leave the building"}, valid_until=until)


async def test_an_emergency_reaches_the_playlist_and_leaves_it(served: RunningHub, unit: Unit) -> None:
    await put_loop(served, PICTURE)
    async with running(unit.pull, unit.nudge, unit.content), served.platform() as platform:
        await until(lambda: unit.content.report().files == 1 and unit.pull_now.live)
        told = emergency(served)
        answered = await platform.put("/emergency", json=told.model_dump(mode="json"))
        assert answered.status_code == 204, answered.text
        await until(lambda: playlist(unit).emergency == told)
        assert shown(unit) == [sha256(PICTURE)], "the loop is there for afterwards"
        await until(lambda: unit.playlists[-1] == playlist(unit).version)  # told after it was written
        assert (await platform.delete("/emergency")).status_code == 204
        await until(lambda: playlist(unit).emergency is None)
        assert (await platform.delete("/emergency")).status_code == 404


async def test_a_film_on_its_way_holds_up_neither_pictures_nor_an_emergency(served: RunningHub, unit: Unit) -> None:
    film = FILM + bytes(3_000_000)
    files = [item(film, "video/mp4"), item(PICTURE)]
    loop = [{"picture": sha256(film)}, {"picture": sha256(PICTURE)}]
    await put_loop(served, film, PICTURE, content=files, loop=loop)

    def half(head: bytes) -> bytes:
        whole = film if sha256(film).encode() in head else PICTURE
        told = answer("200 OK", whole, content_type="application/octet-stream")
        return told if whole is PICTURE else told[: len(told) // 2]

    folder = unit.config.content_folder
    async with (
        bad_server(served, half, stalls=True) as slow,
        unit_at(slow.url, unit.config.folder, display={"video": True}) as watched,
    ):
        to = replace(unit.pull._to, new_catalogue=watched.content.changed)
        pull = Pull(unit.client, watched.config, to, PullNow(), Health("pull", SystemClock("always")))
        await pull.pull_knowledge()
        async with running(watched.content):
            await until(lambda: (folder / f".{sha256(film)}.part").exists())
            assert shown(watched) == [sha256(PICTURE)]
            told = emergency(served)
            served.hub.emergencies.put(STORE, told, served.clock())
            await pull.pull_knowledge()
            assert playlist(watched).emergency == told
    await unit.content.refresh()  # this one shows no films: what has come of it is given up
    assert names(unit) == {sha256(PICTURE)}


async def test_the_old_loop_goes_on_until_the_new_one_is_here(served: RunningHub, unit: Unit) -> None:
    await put_loop(served, PICTURE, OTHER)
    await bring(unit)
    third = png(3)
    await put_loop(served, third)
    await unit.pull.pull_knowledge()
    folder = unit.config.folder
    dead = answer("200 OK", b"x" * 100, content_type="application/octet-stream")[:-50]
    async with bad_server(served, lambda _: dead) as server, unit_at(server.url, folder) as cut_off:
        await cut_off.content.refresh()
        assert shown(cut_off) == [sha256(PICTURE), sha256(OTHER)]
        assert "cannot be reached" in cut_off.content.report().problem
    await put_loop(served, OTHER, third)
    await unit.pull.pull_knowledge()
    async with bad_server(served, lambda _: dead) as server, unit_at(server.url, folder) as cut_off:
        await cut_off.content.refresh()
        assert shown(cut_off) == [sha256(OTHER)], "what the hub took back is gone all the same"
    await unit.content.refresh()
    assert shown(unit) == [sha256(OTHER), sha256(third)]


async def test_what_is_here_is_shown_without_the_hub_for_ever(served: RunningHub, unit: Unit) -> None:
    await put_loop(served, PICTURE)
    await bring(unit)
    (unit.config.content_folder / "playlist.json").unlink()
    async with unit_at("https://127.0.0.1:9", unit.config.folder) as alone:
        await alone.content.refresh()
        assert shown(alone) == [sha256(PICTURE)]
        assert alone.content.report().problem == ""


async def test_a_file_that_rots_leaves_the_screen_and_is_fetched_again(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    await put_loop(served, PICTURE, OTHER)
    await bring(unit)
    async with unit_at(served.url, unit.config.folder) as again:  # a restart
        path = again.config.content_folder / sha256(PICTURE)
        path.write_bytes(PICTURE[:-1] + b"!")
        await again.content.refresh()
        assert await again.content.check()
        assert shown(again) == [sha256(OTHER)]
        assert not path.exists()
        assert "damaged on the disk" in caplog.text
        await again.content.refresh()
        assert path.read_bytes() == PICTURE
        assert again.content.report().damaged == 1
        assert not await again.content.check(), "once a day is enough"


async def test_a_restart_goes_on_with_what_had_come(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    await put_loop(served, LARGE)
    folder = unit.config.content_folder
    folder.mkdir()
    part = folder / f".{sha256(LARGE)}.part"
    part.write_bytes(LARGE[:1_000_000])
    await bring(unit)
    assert (folder / sha256(LARGE)).read_bytes() == LARGE
    assert not part.exists()
    # half of it was written, and then the power was cut: what lies there is no good beginning
    (folder / sha256(LARGE)).unlink()
    part.write_bytes(bytes(1_000_000))
    await bring(unit)
    assert (folder / sha256(LARGE)).read_bytes() == LARGE
    assert "what is here of it may be damaged" in caplog.text, "the hub went on where it was asked to"


async def test_a_change_at_the_hub_reaches_the_playlist(served: RunningHub, unit: Unit) -> None:
    async with running(unit.pull, unit.nudge, unit.content):
        await until(lambda: unit.pull_now.live)
        await put_loop(served, PICTURE)
        await until(lambda: unit.content.report().files == 1)
        assert shown(unit) == [sha256(PICTURE)]
