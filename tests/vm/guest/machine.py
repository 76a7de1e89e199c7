"""The guest: start it, run commands in it, stop it. No KVM is needed: the processor is emulated."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BOOT_S = 300
COMMAND_S = 300
POLL_S = 0.2
MEMORY_MIB = 1024
KERNEL_OPTIONS = (
    "console=ttyS0 quiet panic=-1 nokaslr mitigations=off audit=0 tsc=reliable no_timer_check random.trust_cpu=on"
    " net.ifnames=0 systemd.show_status=0 rdinit=/init cryptomgr.notests"
)
SHARED = "/mnt/host"
"""Where the shared folder is in the guest."""


class GuestError(Exception):
    """The guest did not do what it was asked to; the text says what it printed."""


class Guest:
    """A Debian guest with bluetoothd, systemd and mosquitto. The first start boots; later ones restore that state."""

    def __init__(self, image: Path, folder: Path, shared: Path) -> None:
        """``image``: what build_image.sh made; ``folder``: scratch; ``shared``: seen in the guest as SHARED."""
        self._image = image
        self._folder = folder
        self._shared = shared
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def console(self) -> Path:
        """What the kernel printed."""
        return self._folder / "console.log"

    def start(self) -> None:
        """Bring the guest up; about three seconds, half a minute the first time."""
        state = self._image / "booted.state"
        disk = self._folder / "disk.qcow2"
        if not state.exists():
            self._boot(disk)
            self._save(disk, state)
        shutil.copy(self._image / "booted.qcow2", disk)
        self._launch("-incoming", f"exec:zstd --decompress --stdout --quiet {state}")
        with self._monitor() as monitor:
            monitor.wait_for("query-status", "paused", "running")
            monitor.ask("cont")
        self._wait_until_up()
        self.run(f"date --set=@{time.time():.3f} && mkdir -p {SHARED} && mount -t 9p -o {_9P} host {SHARED}")

    def stop(self) -> None:
        """Switch it off."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def run(self, script: str, *, timeout_s: float = COMMAND_S, check: bool = True) -> str:
        """Run a shell script as root; return what it printed. Raises GuestError where it fails and ``check`` is set."""
        output, status = self._ask(script, timeout_s)
        if check and status != 0:
            raise GuestError(f"status {status} of: {script}\n{output}")
        return output

    def wait_for(self, script: str, *, timeout_s: float = 60) -> str:
        """Repeat ``script`` until it succeeds; return what it then printed. Raises GuestError when it never does."""
        end = time.monotonic() + timeout_s
        while True:
            output, status = self._ask(script, COMMAND_S)
            if status == 0:
                return output
            if time.monotonic() > end:
                raise GuestError(f"not within {timeout_s} s: {script}\n{output}")
            time.sleep(POLL_S)

    def follow(self, script: str) -> Iterator[str]:
        """Yield the lines that ``script`` prints while it runs; closing the iterator does not end the script."""
        with self._connect(COMMAND_S) as connection, connection.makefile("rb") as lines:
            connection.sendall(script.encode() + b"\0")
            for line in lines:
                yield line.decode(errors="replace").rstrip("\n")

    def _boot(self, disk: Path) -> None:
        root = ["-F", "raw", "-b", str(self._image / "root.img")]
        disk.unlink(missing_ok=True)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *root, str(disk)], check=True)
        self._launch()
        self._wait_until_up()
        self.run("systemctl is-system-running --wait; sync", check=False)

    def _save(self, disk: Path, state: Path) -> None:
        fresh = state.with_suffix(".new")
        with self._monitor() as monitor:
            monitor.ask("stop")
            monitor.ask("migrate", uri=f"exec:zstd -1 --quiet > {fresh}")
            monitor.wait_for("query-migrate", "completed")
        self.stop()
        shutil.copy(disk, self._image / "booted.qcow2")
        fresh.rename(state)

    def _launch(self, *more: str) -> None:
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=512", "-machine", "q35,usb=off,vmport=off"]
        command += ["-cpu", "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+lahf_lm", "-smp", "2", "-m", str(MEMORY_MIB)]
        command += ["-nodefaults", "-display", "none", "-no-reboot", "-rtc", "base=utc,clock=host"]
        command += ["-serial", f"file:{self.console}", "-qmp", f"unix:{self._folder / 'monitor'},server,nowait"]
        command += ["-kernel", str(self._image / "vmlinux"), "-initrd", str(self._image / "initrd")]
        command += ["-append", KERNEL_OPTIONS]
        command += ["-drive", f"file={self._folder / 'disk.qcow2'},if=virtio,format=qcow2,cache=unsafe"]
        command += ["-object", "rng-random,filename=/dev/urandom,id=random", "-device", "virtio-rng-pci,rng=random"]
        forward = f"hostfwd=tcp:127.0.0.1:{self._port}-10.0.2.15:5000"
        command += ["-netdev", f"user,id=net,{forward}", "-device", "virtio-net-pci,netdev=net,romfile="]
        command += ["-fsdev", f"local,id=host,path={self._shared},security_model=none"]
        command += ["-device", "virtio-9p-pci,fsdev=host,mount_tag=host"]
        with (self._folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen([*command, *more], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait_until_up(self) -> None:
        end = time.monotonic() + BOOT_S
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                raise GuestError(f"QEMU ended: {(self._folder / 'qemu.log').read_text()}")
            try:
                if self._ask("echo up", timeout_s=5) == ("up\n", 0):
                    return
            except OSError:
                time.sleep(POLL_S)
        raise GuestError(f"the guest did not come up; its console: {self.console.read_text(errors='replace')[-2000:]}")

    def _connect(self, timeout_s: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=timeout_s)

    def _ask(self, script: str, timeout_s: float) -> tuple[str, int]:
        with self._connect(timeout_s) as connection:
            connection.sendall(script.encode() + b"\0")
            answer = bytearray()
            while piece := connection.recv(1 << 16):
                answer += piece
        output, found, status = answer.rpartition(b"\0RC=")
        if not found:
            raise ConnectionError(f"the guest hung up during: {script}")
        return output.decode(errors="replace"), int(status)

    def _monitor(self) -> "Monitor":
        return Monitor(self._folder / "monitor")


class Monitor:
    """QEMU's control socket (QMP)."""

    def __init__(self, path: Path) -> None:
        end = time.monotonic() + BOOT_S
        self._socket = socket.socket(socket.AF_UNIX)
        while self._socket.connect_ex(str(path)) != 0:
            if time.monotonic() > end:
                raise GuestError("QEMU's monitor does not answer")
            time.sleep(POLL_S)
        self._lines = self._socket.makefile("rb")
        self._lines.readline()  # its greeting
        self.ask("qmp_capabilities")

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Run one command; return its answer. Events in between are ignored."""
        request = {"execute": command} | ({"arguments": arguments} if arguments else {})
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self._lines.readline())
            if "error" in answer:
                raise GuestError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                result: dict[str, Any] = answer["return"]
                return result

    def wait_for(self, query: str, *statuses: str) -> None:
        """Repeat a query until its status is one of ``statuses``."""
        end = time.monotonic() + BOOT_S
        while self.ask(query).get("status") not in statuses:
            if time.monotonic() > end:
                raise GuestError(f"{query} never said {statuses}")
            time.sleep(POLL_S)


_9P = "trans=virtio,version=9p2000.L,msize=262144,ro"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
