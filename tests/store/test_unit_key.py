"""The unit key: where it comes from."""

from pathlib import Path

import pytest

from edge_agent.constants import UNIT_CREDENTIAL
from edge_agent.errors import StoreError
from edge_agent.store.unit_key import load_unit_key
from tests.store.builders import KEY


def test_a_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "unit"
    key = load_unit_key(folder, None)
    assert load_unit_key(folder, tmp_path / "no-credentials") == key
    assert (key.source, len(key.secret)) == ("file", 32)
    assert {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()} == {"unit.key": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_two_units_have_different_keys(tmp_path: Path) -> None:
    assert load_unit_key(tmp_path / "a", None) != load_unit_key(tmp_path / "b", None)


def test_the_credential_comes_first_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / UNIT_CREDENTIAL).write_bytes(KEY.secret)
    key = load_unit_key(tmp_path / "unit", tmp_path)
    assert (key.source, key.secret) == ("credential", KEY.secret)
    assert not (tmp_path / "unit").exists()


def test_a_credential_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / UNIT_CREDENTIAL).write_bytes(b"short")
    with pytest.raises(StoreError, match=r"credential unit-key: 5 bytes, must be 32.*systemd-creds"):
        load_unit_key(tmp_path, tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_unit_key(tmp_path, None)
    (tmp_path / "unit.key").chmod(mode)
    with pytest.raises(StoreError, match=f"mode {mode:04o}.*run: chmod 600 .*unit.key"):
        load_unit_key(tmp_path, None)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_key_file_is_replaced(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    load_unit_key(tmp_path, None)
    (tmp_path / "unit.key").write_bytes(content)
    key = load_unit_key(tmp_path, None)
    assert load_unit_key(tmp_path, None) == key
    assert "a new key is made" in caplog.text


def test_a_draft_that_a_power_cut_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "unit.key.new").write_bytes(b"half")
    assert len(load_unit_key(tmp_path, None).secret) == 32


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "unit").write_bytes(b"")
    with pytest.raises(StoreError, match="the unit key cannot be read"):
        load_unit_key(tmp_path / "unit", None)


def test_the_key_is_not_in_its_own_description() -> None:
    assert "\\x1f" not in repr(KEY)
    assert KEY.secret.hex() not in repr(KEY)


@pytest.mark.parametrize(("in_tpm", "source"), [(False, "credential"), (True, "tpm")])
def test_whoever_made_the_credential_says_whether_it_is_in_a_tpm(tmp_path: Path, in_tpm: bool, source: str) -> None:
    (tmp_path / UNIT_CREDENTIAL).write_bytes(KEY.secret)
    assert load_unit_key(tmp_path / "unit", tmp_path, in_tpm=in_tpm).source == source
    assert load_unit_key(tmp_path / "unit", None, in_tpm=in_tpm).source == "file"
