"""The sockets of the unit's own programs: for one group, and always to be had again."""

import gc
import os
import socket
import stat
from pathlib import Path

import pytest

from edge_agent.local_socket import listen_locally


def test_the_group_may_connect_and_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "made" / "it.sock"
    with listen_locally(path, backlog=2) as listener:
        assert not listener.getblocking()
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert stat.S_IMODE(path.parent.stat().st_mode) & 0o007 == 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
            caller.connect(str(path))
            caller.send(b"one packet")
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(100) == b"one packet"


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o701)
    listen_locally(tmp_path / "it.sock", backlog=1).close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o701


def test_what_was_left_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "it.sock"
    listen_locally(path, backlog=1).close()
    assert path.is_socket()
    with listen_locally(path, backlog=1), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
        caller.connect(str(path))


def test_a_socket_that_cannot_be_had_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "it.sock", tmp_path / ("x" * 200)):
        with pytest.raises(OSError, match=r"File exists|Not a directory|too long"):
            listen_locally(path, backlog=1)
    gc.collect()  # a socket that is still open warns here, and warnings are errors
    assert os.listdir(tmp_path) == ["file"]
