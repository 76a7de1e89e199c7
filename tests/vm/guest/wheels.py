"""The wheels that a unit needs, for a guest without network."""

import hashlib
import subprocess
import sys
from pathlib import Path

PYTHON = "3.13"
PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "any")


def collect(root: Path, cache: Path) -> Path:
    """Return a folder with the wheels of ``root`` and of its unit lock; those of the lock are kept in ``cache``."""
    locks = root / ".ci" / "locks"
    lock = locks / "unit.lock"
    folder = cache / f"wheels-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        draft = folder.with_suffix(".new")
        platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
        wanted = ["--no-deps", "--require-hashes", "--python-version", PYTHON, "--implementation", "cp", *platforms]
        _pip("download", *wanted, "--requirement", str(lock), "--dest", str(draft))
        for source in draft.glob("*.tar.gz"):
            _wheel(source, locks, draft)
            source.unlink()
        draft.rename(folder)
    for old in folder.glob("edge_agent-*.whl"):
        old.unlink()
    _wheel(root, locks, folder)
    return folder


def _wheel(source: Path, locks: Path, folder: Path) -> None:
    _pip("wheel", "--no-deps", "--build-constraint", str(locks / "build.lock"), "--wheel-dir", str(folder), str(source))


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True)
