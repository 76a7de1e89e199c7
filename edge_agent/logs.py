"""Logs for an operator: one line for one fact; JSON for the journal, plain on a terminal."""

import logging
import sys

import structlog


def configure(*, verbose: bool = False) -> None:
    """Send everything that any module logs to standard error. Call once, from the command line."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(pad_event_to=0) if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for noisy in ("httpx2", "httpcore2", "uvicorn.access", "uvicorn.error", "bleak", "dbus_fast"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for shouting in ("mqtt", "aiomqtt"):  # a warning for each message, which anybody on the broker can send
        logging.getLogger(shouting).setLevel(logging.ERROR)
