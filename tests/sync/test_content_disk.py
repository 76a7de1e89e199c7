"""Disks that are full, or refuse; and the power that is cut between any two steps."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent.contracts.catalogue import Catalogue
from edge_agent.sync.content_folder import ContentFolder, read_playlist
from tests.provisioning.hubs import STORE, RunningHub
from tests.sync.pictures import LARGE, OTHER, PICTURE, catalogue, item, png, put_loop, sha256
from tests.sync.test_content import bring, emergency, names, playlist, shown
from tests.sync.test_disk import no_file_may_grow_beyond
from tests.sync.test_pull import running, until
from tests.sync.units import Unit, unit_at

pytestmark = pytest.mark.integration


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk; run the tests as root")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no disk can be mounted here; give the container CAP_SYS_ADMIN")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


async def test_a_file_that_the_disk_refuses_keeps_no_other_away(served: RunningHub, unit: Unit) -> None:
    await put_loop(served, LARGE, PICTURE)
    await unit.pull.pull_knowledge()
    with no_file_may_grow_beyond(200_000):
        await unit.content.refresh()
    assert names(unit) == {sha256(PICTURE)}
    assert f"{sha256(LARGE)}.part: File too large" in unit.content.report().problem
    await unit.content.refresh()  # there is room again
    assert shown(unit) == [sha256(LARGE), sha256(PICTURE)]


async def test_what_finds_no_room_is_left_out_and_the_rest_is_shown(
    served: RunningHub, unit: Unit, small_disk: Path
) -> None:
    unit.config.content_folder.symlink_to(small_disk)
    large, larger = LARGE[:1_200_000], LARGE[:1_300_000]
    await put_loop(served, PICTURE, large, larger)
    await bring(unit)
    assert shown(unit) == [sha256(PICTURE), sha256(large)]
    report = unit.content.report()
    assert (report.left_out, report.missing) == ({"room": 1}, 0)
    # All of the loop is replaced by what finds no room beside it: the old one makes room, then the new one comes.
    await put_loop(served, larger)
    await bring(unit)
    assert shown(unit) == [sha256(larger)]


async def test_an_emergency_is_told_although_the_disk_is_full(served: RunningHub, unit: Unit, small_disk: Path) -> None:
    unit.config.content_folder.symlink_to(small_disk)
    await put_loop(served, PICTURE)
    await bring(unit)
    await put_loop(served, OTHER)
    await bring(unit)  # the file before it lies there still, for a slow display
    fill(small_disk)
    served.hub.emergencies.put(STORE, emergency(served), served.clock())
    await unit.pull.pull_knowledge()
    assert playlist(unit).emergency is not None
    assert shown(unit) == [sha256(OTHER)]


async def test_a_disk_that_takes_no_content_at_all_does_not_end_the_part(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    unit.config.content_folder.write_bytes(b"not a folder")
    await put_loop(served, PICTURE)
    async with running(unit.pull, unit.content):
        await until(lambda: "content: File exists; check" in caplog.text)
        await until(lambda: unit.content.report().problem)


async def test_the_budget_is_kept_and_what_is_due_stays(served: RunningHub, unit: Unit) -> None:
    now = served.clock()
    due, later = (png(9) + bytes(6_000_000), png(8) + bytes(6_000_000))
    files = [item(later, valid_from=now.replace(year=now.year + 1)), item(due), item(PICTURE)]
    loop = [{"picture": sha256(content)} for content in (later, due, PICTURE)]
    await put_loop(served, due, later, PICTURE, content=files, loop=loop)
    await unit.pull.pull_knowledge()
    async with unit_at(served.url, unit.config.folder, content={"budget_mb": 10, "spare_mb": 0}) as tight:
        await tight.content.refresh()
        assert names(tight) == {sha256(due), sha256(PICTURE)}
        assert tight.content.report().left_out == {"budget": 1}
        both = [item(later), item(due), item(PICTURE)]
        served.hub.content.put_catalogue(STORE, catalogue(content=both, loop=loop))
        await bring(tight)
        assert names(tight) == {sha256(due), sha256(later), sha256(PICTURE)}
        assert tight.content.report().over_bytes > 1_900_000


async def test_what_a_power_cut_left_is_swept(served: RunningHub, unit: Unit) -> None:
    folder = unit.config.content_folder
    folder.mkdir()
    left = [f".{sha256(PICTURE)}.0a1b2c3d", ".playlist.json.0a1b2c3d", f".{'0' * 64}.part", "0" * 64]
    for name in left:
        (folder / name).write_bytes(b"half of it")
    await put_loop(served, PICTURE)
    await bring(unit)
    assert names(unit) == {sha256(PICTURE)}


# --- the power is cut ---

_WATCHED: list["PowerCuts"] = []


class PowerCuts:
    """What a cut before each step that changes a folder would leave of it, as copies."""

    def __init__(self, folder: Path, copies: Path) -> None:
        self._folder = str(folder)
        self._copies = copies
        self._busy = False
        self.found: list[Path] = []

    def before(self, event: str, arguments: tuple[object, ...]) -> None:
        touches = event in ("open", "os.rename", "os.remove", "os.chmod")
        if not touches or self._busy or not str(arguments[0]).startswith(self._folder):
            return
        self._busy = True
        try:
            copy = self._copies / str(len(self.found))
            shutil.copytree(self._folder, copy)
            self.found.append(copy)
        finally:
            self._busy = False


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    for watched in _WATCHED:
        watched.before(event, arguments)


sys.addaudithook(_audit)  # nobody can take a hook away again: without anything to watch it does nothing


@contextmanager
def power_cuts(folder: Path, copies: Path) -> Iterator[PowerCuts]:
    cuts = PowerCuts(folder, copies)
    _WATCHED.append(cuts)
    try:
        yield cuts
    finally:
        _WATCHED.remove(cuts)


def assert_whole(folder: Path) -> None:
    """Whatever lies there under its digest is it, and whatever the playlist names lies there."""
    whole = {path.name for path in folder.iterdir() if len(path.name) == 64}
    for name in whole:
        assert sha256((folder / name).read_bytes()) == name
    told = read_playlist(folder)
    if (folder / "playlist.json").exists():
        assert told is not None, "never half a playlist"
    if told is not None:
        assert {file.sha256 for file in told.files} <= whole
        assert {shown.picture for shown in told.items} <= whole


async def test_wherever_the_power_is_cut_the_playlist_names_only_what_is_there(
    served: RunningHub, unit: Unit, tmp_path: Path
) -> None:
    folder = unit.config.content_folder
    folder.mkdir()
    catalogues: list[Catalogue] = []
    with power_cuts(folder, tmp_path / "cuts") as cuts:
        for contents in ((PICTURE, OTHER), (OTHER, png(1)), (png(2),), ()):
            await put_loop(served, *contents)
            catalogues.append(catalogue(*contents))
            await bring(unit)
            served.hub.emergencies.put(STORE, emergency(served), served.clock())
            await unit.pull.pull_knowledge()
        (folder / sha256(png(2))).write_bytes(b"rotten")
    assert len(cuts.found) > 30
    for copy in cuts.found:
        if not any(path.read_bytes() == b"rotten" for path in copy.iterdir()):
            assert_whole(copy)
        for listed in catalogues:  # and the next start can do with it what it likes
            again = copy.with_name("again")
            shutil.copytree(copy, again)
            started = ContentFolder(again, ("en",))
            started.prepare()
            for file in listed.content:
                if (again / file.sha256).exists():
                    started.sound(file)
            started.publish(listed.content, listed.loop, None)
            assert_whole(again)
            assert not [path for path in again.iterdir() if path.name.startswith(".playlist")]
            shutil.rmtree(again)
