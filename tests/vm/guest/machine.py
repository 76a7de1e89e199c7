"""The guest: start it, run commands in it, stop it. No KVM is needed: the processor is emulated."""

import socket
import subprocess
import time
from pathlib import Path

BOOT_S = 600
COMMAND_S = 300
POLL_S = 0.2
MEMORY_MIB = 1024
SWAP_BYTES = 256 << 20
KERNEL_OPTIONS = (
    "console=ttyS0 quiet panic=-1 nokaslr mitigations=off audit=0 tsc=reliable no_timer_check random.trust_cpu=on"
    " net.ifnames=0 systemd.show_status=0 rdinit=/init cryptomgr.notests"
)
SCREEN_PX = (1280, 720)
"""Size of the screen that is plugged into its graphics card."""
SHARED = "/mnt/host"
"""Where the shared folder is in the guest."""


class GuestError(Exception):
    """The guest did not do what it was asked to; the text says what it printed."""


class Guest:
    """A Debian guest with a unit installed. What it writes is forgotten when it stops."""

    def __init__(self, image: Path, folder: Path, shared: Path) -> None:
        """``image``: what the build scripts made; ``folder``: scratch; ``shared``: seen in the guest as SHARED."""
        self._image = image
        self._folder = folder
        self._disk = folder / "disk.qcow2"
        self._swap = folder / "swap.img"
        self._monitor = folder / "monitor"
        self._shared = shared
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def console(self) -> Path:
        """What the kernel printed."""
        return self._folder / "console.log"

    @property
    def swap(self) -> Path:
        """What it has swapped out, byte by byte."""
        return self._swap

    @property
    def disk(self) -> Path:
        """What it has written to its disk since it was started: all of it after a ``sync``, in pieces of 64 KiB."""
        return self._disk

    def start(self) -> None:
        """Switch it on and wait until its services are up: half a minute to a minute."""
        root = ["-F", "raw", "-b", str(self._image / "root.img")]
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *root, str(self._disk)], check=True)
        with self._swap.open("wb") as swap:
            swap.truncate(SWAP_BYTES)
        subprocess.run(["mkswap", "--quiet", str(self._swap)], check=True)
        self._launch()
        self._wait_until_up()
        self.run("systemctl stop edge-agent.target edge-agent edge-display")  # not enrolled: they would fail and retry
        self.run("systemctl is-system-running --wait", check=False)
        self.run(f"date --set=@{time.time():.3f} && mkdir -p {SHARED} && mount -t 9p -o {_9P} host {SHARED}")

    def screenshot(self) -> bytes:
        """Return what its graphics card sends to the screen, as a PNG file."""
        file = self._folder / "screen.png"
        file.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self._monitor))
            monitor.settimeout(COMMAND_S)
            answer = monitor.recv(1 << 12)
            monitor.sendall(f"screendump {file} -f png\n".encode())
            while answer.count(b"(qemu)") < 2:  # it is ready again, so the file is written
                answer += monitor.recv(1 << 12)
        return file.read_bytes()

    def stop(self) -> None:
        """Switch it off."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def run(self, script: str, *, timeout_s: float = COMMAND_S, check: bool = True) -> str:
        """Run a shell script as root; return what it printed. Raises GuestError where it fails and ``check`` is set."""
        return self.read(script, timeout_s=timeout_s, check=check).decode(errors="replace")

    def read(self, script: str, *, timeout_s: float = COMMAND_S, check: bool = True) -> bytes:
        """Like :meth:`run`, for output that is not text."""
        output, status = self._ask(script, timeout_s)
        if check and status != 0:
            raise GuestError(f"status {status} of: {script}\n{output.decode(errors='replace')}")
        return output

    def wait_for(self, script: str, *, timeout_s: float = 60) -> str:
        """Repeat ``script`` until it succeeds; return what it then printed. Raises GuestError when it never does."""
        end = time.monotonic() + timeout_s
        while True:
            output, status = self._ask(script, COMMAND_S)
            if status == 0:
                return output.decode(errors="replace")
            if time.monotonic() > end:
                raise GuestError(f"not within {timeout_s} s: {script}\n{output.decode(errors='replace')}")
            time.sleep(POLL_S)

    def _launch(self) -> None:
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=512", "-machine", "q35,usb=off,vmport=off"]
        command += ["-cpu", "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+lahf_lm", "-smp", "2", "-m", str(MEMORY_MIB)]
        command += ["-nodefaults", "-display", "none", "-no-reboot", "-rtc", "base=utc,clock=host"]
        command += ["-serial", f"file:{self.console}", "-monitor", f"unix:{self._monitor},server=on,wait=off"]
        command += ["-device", f"virtio-gpu-pci,xres={SCREEN_PX[0]},yres={SCREEN_PX[1]}"]
        command += ["-kernel", str(self._image / "vmlinux"), "-initrd", str(self._image / "initrd")]
        command += ["-append", KERNEL_OPTIONS]
        command += ["-drive", f"file={self._disk},if=virtio,format=qcow2,cache=unsafe"]
        command += ["-drive", f"file={self._swap},if=virtio,format=raw,cache=unsafe"]
        command += ["-object", "rng-random,filename=/dev/urandom,id=random", "-device", "virtio-rng-pci,rng=random"]
        forward = f"hostfwd=tcp:127.0.0.1:{self._port}-10.0.2.15:5000"
        command += ["-netdev", f"user,id=net,{forward}", "-device", "virtio-net-pci,netdev=net,romfile="]
        command += ["-fsdev", f"local,id=host,path={self._shared},security_model=none"]
        command += ["-device", "virtio-9p-pci,fsdev=host,mount_tag=host"]
        with (self._folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait_until_up(self) -> None:
        end = time.monotonic() + BOOT_S
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                raise GuestError(f"QEMU ended: {(self._folder / 'qemu.log').read_text()}")
            try:
                if self._ask("echo up", timeout_s=5) == (b"up\n", 0):
                    return
            except OSError:
                time.sleep(POLL_S)
        raise GuestError(f"the guest did not come up; its console: {self.console.read_text(errors='replace')[-2000:]}")

    def _connect(self, timeout_s: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=timeout_s)

    def _ask(self, script: str, timeout_s: float) -> tuple[bytes, int]:
        with self._connect(timeout_s) as connection:
            connection.sendall(script.encode() + b"\0")
            answer = bytearray()
            while piece := connection.recv(1 << 16):
                answer += piece
        output, found, status = answer.rpartition(b"\0RC=")
        if not found:
            raise ConnectionError(f"the guest hung up during: {script}")
        return bytes(output), int(status)


_9P = "trans=virtio,version=9p2000.L,msize=262144,ro"


def free_port() -> int:
    """Return a TCP port of loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
