"""A private PostgreSQL for one test session, listening on a Unix socket in a folder of its own."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg


def programs() -> tuple[str, str] | None:
    """Return initdb and postgres, also where the distribution hides them; ``None`` where they are absent."""
    hidden = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, hidden)])
    initdb, postgres = shutil.which("initdb", path=path), shutil.which("postgres", path=path)
    return (initdb, postgres) if initdb and postgres else None


@contextlib.contextmanager
def postgres_url() -> Iterator[str]:
    """Run a server and yield the URL of its database."""
    found = programs()
    assert found is not None
    initdb, postgres = found
    folder = Path(tempfile.mkdtemp(prefix="edge-pg-"))
    user = _unprivileged()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    data = str(folder / "data")
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", "")}
    subprocess.run(
        [initdb, "-D", data, "-U", "edge", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, env=environment, cwd=folder, **run_as,
    )  # fmt: skip
    options = ["-c", f"unix_socket_directories={folder}", "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(
        [postgres, "-D", data, *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=folder, **run_as,
    )  # fmt: skip
    try:
        _await_ready(f"host={folder} user=edge dbname=postgres", server)
        yield f"postgresql+psycopg://edge@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom to run as: PostgreSQL refuses root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _await_ready(target: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "postgres ended at once"
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(target):
            return
        time.sleep(0.1)
    raise TimeoutError("postgres did not come up")
