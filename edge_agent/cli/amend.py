"""Changes a few values of a configuration file that a person wrote; her comments and her order stay."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from edge_agent.errors import FileError
from edge_agent.settings import load_config


def check_writable(path: Path) -> None:
    """Raise FileError where :func:`amend` would not be allowed to write."""
    real = path.resolve()
    if not os.access(real.parent, os.W_OK) or not os.access(real, os.R_OK):
        raise FileError(f"{path}: you may not write there; use sudo, or --dry-run to see the values only")


def amend(path: Path, section: str, values: Mapping[str, float]) -> None:
    """Set values of a section. The file is whole at any time, also when the power is cut, and keeps mode and owner.

    Raises FileError where it cannot be written, or where the agent would not take what comes out.
    """
    real = path.resolve()  # a link stays a link
    try:
        document = tomlkit.parse(real.read_text(encoding="utf-8-sig"))
        table = document.setdefault(section, tomlkit.table())
        for key, value in values.items():
            table[key] = value
        _replace(real, tomlkit.dumps(document))
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from error
    except (TOMLKitError, UnicodeDecodeError, TypeError) as error:
        raise FileError(f"{path}: cannot be changed: {error}") from error


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    like = path.stat()
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(text.encode())
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            os.fchmod(file.fileno(), like.st_mode & 0o777)
            file.flush()
            os.fsync(file.fileno())
        load_config(draft)  # the agent must be able to start with it
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
