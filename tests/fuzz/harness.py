"""A coverage-guided fuzzer over all that reads strangers' bytes: ``python -m tests.fuzz.harness --runs 1000000``.

Ends with an error, and leaves the input in the working folder, at the first exception or an input that takes too long.
At the end it says how many inputs it tried, and which took longest. libFuzzer does the searching (through atheris).
"""

import argparse
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import atheris

INPUT_MAX_BYTES = 4096
STUCK_S = 60
"""libFuzzer ends the run when one input takes so long; far above any that is only slow."""


class Stopwatch:
    """Runs a target so many times, remembers the input that took longest, and then ends the process."""

    def __init__(self, target: Callable[[bytes], None], runs: int, slow_s: float) -> None:
        self._target = target
        self._until = runs
        self._slow_s = slow_s
        self.runs = 0
        self.bytes = 0
        self.slowest_s = 0.0
        self.slowest = b""

    def __call__(self, data: bytes) -> None:
        """Try one input."""
        started_s = time.process_time()  # what the machine does besides must not count
        self._target(data)
        took_s = time.process_time() - started_s
        self.runs += 1
        self.bytes += len(data)
        if took_s > self.slowest_s:
            self.slowest_s, self.slowest = took_s, data
        if took_s > self._slow_s:
            raise TimeoutError(f"an input of {len(data)} bytes took {took_s:.2f} s of CPU time")
        if self.runs == self._until:
            self._report()
            os._exit(0)  # libFuzzer would end the process as abruptly, but without a word of ours

    def _report(self) -> None:
        """Say what was done."""
        print(
            f"{self.runs} inputs, {self.bytes} bytes; the slowest took {self.slowest_s * 1e3:.2f} ms of CPU time, "
            f"{len(self.slowest)} bytes: {self.slowest[:48].hex()}",
            flush=True,
        )


def main() -> None:
    """Read the options, instrument, fuzz; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--slow-s", type=float, default=1.0, help="CPU time that no input may take")
    parser.add_argument("--target", default="tests.fuzz.targets:everything", metavar="MODULE:FUNCTION")
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was found interesting")
    options = parser.parse_args()

    module, _, name = options.target.partition(":")
    with atheris.instrument_imports(
        include=["edge_agent.frames", "edge_agent.radio", module], enable_loader_override=False
    ):
        loaded = importlib.import_module(module)
    stopwatch = Stopwatch(getattr(loaded, name), options.runs, options.slow_s)
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(importlib.import_module("tests.fuzz.targets").seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    arguments = ["-runs=-1", f"-max_len={INPUT_MAX_BYTES}", f"-timeout={STUCK_S}"]
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], stopwatch)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
