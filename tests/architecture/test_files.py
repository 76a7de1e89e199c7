"""No committed file holds a secret, a path of somebody's machine, or where packages come from here."""

import re
from pathlib import Path

import pytest

FORBIDDEN = {
    "a private key": r"-----BEGIN[A-Z ]* PRIVATE KEY",
    "somebody's folder": r"(?<![\w.])/(?:home|Users)/\w|(?<![\w.])/wor[k]/",
    "a temporary folder": r"(?<![\w.])/tmp/\w",
    "a package registry": (
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|(?:deb|security)\.debian\.org|debian\.org/debian"
    ),
}


def forbidden(text: str) -> list[str]:
    """Return which forbidden things ``text`` holds."""
    return [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)]


def test_committed_files_are_clean(root: Path, files: list[Path]) -> None:
    found = {}
    for path in files:
        if names := forbidden((root / path).read_bytes().decode(errors="replace")):
            found[str(path)] = names
    assert found == {}


def test_locks_name_no_host(root: Path) -> None:
    locks = list((root / ".ci" / "locks").glob("*.lock"))
    assert locks
    assert [lock.name for lock in locks if "://" in lock.read_text() or " @ " in lock.read_text()] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("-----BEGIN EC" + " PRIVATE KEY-----", "a private key"),
        ("path = /" + "home/anna/x", "somebody's folder"),
        ("cat /" + "tmp/x", "a temporary folder"),
        ("https://" + "pypi" + ".org/simple", "a package registry"),
    ],
)
def test_forbidden_things_are_found(text: str, name: str) -> None:
    assert forbidden(text) == [name]
