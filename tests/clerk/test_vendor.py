"""The build hook takes what was pinned, and nothing else."""

import hashlib
import tarfile
from base64 import b64encode
from pathlib import Path

import pytest

from hatch_build import MODULES, Module, present, take


@pytest.fixture
def package(tmp_path: Path) -> tuple[Module, Path]:
    source = tmp_path / "x.mjs"
    source.write_text("export default 1;")
    archive = tmp_path / "x.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, "package/dist/x.mjs")
    digest = b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    return Module("x", "1.0.0", digest, {"dist/x.mjs": "x.js"}), archive


def test_the_pinned_file_is_taken_and_recognised(package, tmp_path):
    module, archive = package
    vendor = tmp_path / "vendor"
    assert not present(module, vendor)
    take(module, archive, vendor)
    assert present(module, vendor)
    (vendor / "x.js").write_text("changed")
    assert not present(module, vendor)


def test_another_file_is_refused(package, tmp_path):
    module, archive = package
    archive.write_bytes(archive.read_bytes() + b"x")
    with pytest.raises(SystemExit, match="not the file that was pinned"):
        take(module, archive, tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_a_new_pin_is_fetched_again(package, tmp_path):
    module, archive = package
    take(module, archive, tmp_path)
    assert not present(Module("x", "2.0.0", "other", module.files), tmp_path)


def test_every_module_brings_its_licence():
    assert all(any("LICENSE" in name for name in module.files.values()) for module in MODULES)
