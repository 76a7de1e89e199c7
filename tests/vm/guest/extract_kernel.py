"""extract_kernel.py BZIMAGE OUT: unpack the ELF kernel, so that QEMU enters it without unpacking it in emulation."""

import lzma
import subprocess
import sys
from pathlib import Path

ELF = b"\x7fELF"


def unpack(compressed: bytes) -> bytes:
    """Return what an xz or zstd stream holds; garbage after it is ignored."""
    if compressed.startswith(b"\xfd7zXZ\0"):
        try:
            return lzma.LZMADecompressor().decompress(compressed)
        except lzma.LZMAError:
            return b""
    command = ["zstd", "--decompress", "--stdout", "--quiet", "-"]
    return subprocess.run(command, input=compressed, capture_output=True).stdout


image = Path(sys.argv[1]).read_bytes()
for magic in (b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"):
    start = image.find(magic)
    while start >= 0:
        kernel = unpack(image[start:])
        if kernel.startswith(ELF):
            Path(sys.argv[2]).write_bytes(kernel)
            sys.exit()
        start = image.find(magic, start + 1)
sys.exit("no ELF kernel found")
