"""Secrets that a part needs: a systemd credential, or the file that the configuration names."""

from pathlib import Path

from edge_agent.contracts.config import BrokerConfig
from edge_agent.errors import FileError


def broker_password(broker: BrokerConfig, credentials: Path | None) -> str | None:
    """Return the password of this unit at the broker, if it has one. Raises FileError where it cannot be read."""
    file = broker.password_file
    if file is None:
        return None
    credential = credentials / file.name if credentials is not None else None
    path = credential if credential is not None and credential.exists() else file
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise FileError(f"broker.password_file {path}: {error.strerror}") from error
