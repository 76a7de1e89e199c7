"""Published radio data, where it is at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def published():
    """Read one of the published files; skip where they are absent."""

    def read(name: str) -> Any:
        path = _DATA / name
        if not path.exists():
            pytest.skip(f"../shared/data/{name} is absent: it is not part of this repository")
        text = path.read_text()
        return [json.loads(line) for line in text.splitlines()] if name.endswith(".jsonl") else json.loads(text)

    return read
