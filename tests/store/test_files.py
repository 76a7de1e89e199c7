"""Files that are whole or absent."""

import stat
from pathlib import Path

from edge_agent.store.files import SECRET_MODE, Draft, sweep_drafts, write_atomically


def test_a_file_is_replaced_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "key"
    for content in (b"old", b"new"):
        write_atomically(path, content, SECRET_MODE)
        assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == SECRET_MODE
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_that_is_not_kept_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(b"old")
    with Draft(path) as draft:
        draft.write(b"half of it")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_drafts_of_an_earlier_run_are_swept_and_nothing_else(tmp_path: Path) -> None:
    kept = {"a" * 64, "playlist.json", ".hidden", ".nfs"}
    for name in (*kept, f".{'a' * 64}.0a1b2c3d", ".playlist.json.ffffffff"):
        (tmp_path / name).write_bytes(b"x")
    sweep_drafts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept
