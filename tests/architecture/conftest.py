"""The repository as the architecture tests see it."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root(pytestconfig: pytest.Config) -> Path:
    """Return the top of the repository."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Return what is committed, or would be by ``git add --all``, relative to the top."""
    listing = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, capture_output=True, check=True, text=True).stdout.split("\0")
    return [Path(name) for name in names if name and (root / name).is_file()]


@pytest.fixture(scope="session")
def modules(files: list[Path]) -> list[Path]:
    """Return the modules of the three packages."""
    return [
        path for path in files if path.suffix == ".py" and path.parts[0] in {"edge_agent", "display", "provisioning"}
    ]
