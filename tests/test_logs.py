"""What an operator reads: one line of JSON for one fact, whatever is logged."""

import json
import subprocess
import sys

SCRIPT = """
import logging
from edge_agent.logs import configure
configure(verbose={verbose})
log = logging.getLogger("edge_agent.test")
log.info("two\\nlines and a %s", "value")
log.debug("detail")
logging.getLogger("uvicorn.access").info("GET /")
logging.getLogger("mqtt").warning("Message queue is full. Discarding message.")
try:
    raise ValueError("a bug")
except ValueError:
    log.exception("failed")
"""


def said(*, verbose: bool = False) -> list[dict[str, str]]:
    script = SCRIPT.format(verbose=verbose)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_one_line_of_json_for_each_fact() -> None:
    first, failed = said()
    assert (first["event"], first["level"], first["logger"]) == ("two\nlines and a value", "info", "edge_agent.test")
    assert first["timestamp"].endswith("Z")
    assert "ValueError: a bug" in failed["exception"]


def test_details_only_where_wanted() -> None:
    assert [line["event"] for line in said(verbose=True)][1] == "detail"
