"""Folders and imports are as docs/architecture.md says."""

import subprocess
import sys
from pathlib import Path

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    ".importlinter",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "display",
    "docs",
    "edge_agent",
    "hatch_build.py",
    "provisioning",
    "pyproject.toml",
    "systemd",
    "tests",
}
LONGEST_MODULE = 350


def test_nothing_new_lies_at_the_top(files: list[Path]) -> None:
    assert {path.parts[0] for path in files} <= TOP_LEVEL


def test_imports_keep_to_the_contracts(root: Path) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_stay_small(root: Path, modules: list[Path]) -> None:
    lines = {str(path): len((root / path).read_text().splitlines()) for path in modules}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_every_module_says_what_it_is(root: Path, modules: list[Path]) -> None:
    silent = [str(path) for path in modules if not (root / path).read_text().lstrip().startswith(('"""', 'r"""'))]
    assert silent == []
