"""The fuzzer itself: a short share of its work in every test run, and that it does find what is broken."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import targets

ROOT = Path(__file__).parents[2]


def trapped(data: bytes) -> None:
    """A target with a fault behind three bytes, each of which coverage shows the way to."""
    if data[:1] == b"E" and data[1:2] == b"A" and data[2:3] == b"!":
        raise IndexError("the fault")


def fuzz(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is absent: it has wheels for Linux on x86-64 only; pip install atheris")
    command = [sys.executable, "-m", "tests.fuzz.harness", "--corpus", str(folder / "corpus"), *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("seed", targets.seeds())
def test_what_the_fuzzer_starts_from(seed):
    targets.everything(seed)


@given(st.sampled_from(targets.TARGETS), st.binary(max_size=400))
def test_bytes_of_any_kind(target, data):
    target(data)


def test_a_few_thousand_inputs_raise_nothing(tmp_path):
    done = fuzz(tmp_path, "--runs", "5000")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^5000 inputs, .* the slowest took", done.stdout, re.MULTILINE)
    assert not list(tmp_path.glob("crash-*"))


def test_an_exception_ends_the_run_with_the_input(tmp_path):
    done = fuzz(tmp_path, "--runs", "1000000", "--target", "tests.fuzz.test_fuzz:trapped")
    assert done.returncode != 0
    assert "IndexError: the fault" in done.stdout + done.stderr
    (crash,) = tmp_path.glob("crash-*")
    assert crash.read_bytes().startswith(b"EA!")
