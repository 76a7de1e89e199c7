"""A file that is read once, front to back, and knows at which byte it is. Pipes are as good as files."""

from typing import BinaryIO, Final

from edge_agent.errors import CaptureError

_CHUNK_BYTES: Final = 65_536


class Source:
    """Reads a stream in bounded pieces."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead = b""
        self.offset = 0
        """The byte that comes next."""

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them; fewer only at the end. Raises CaptureError."""
        try:
            while len(self._ahead) < size and (more := self._stream.read(size - len(self._ahead))):
                self._ahead += more
        except OSError as error:  # a worn card, a stick that was pulled out
            raise CaptureError(f"cannot be read on: {error.strerror}", self.offset + len(self._ahead)) from error
        return self._ahead[:size]

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return not self.peek(1)

    def take(self, size: int, what: str) -> bytes:
        """Return exactly ``size`` bytes. Raises CaptureError where the file ends within them."""
        data = self.peek(size)
        if len(data) < size:
            raise CaptureError(f"{what} cut off: {len(data)} of {size} bytes", self.offset)
        self._ahead = self._ahead[size:]
        self.offset += size
        return data

    def skip(self, size: int, what: str) -> None:
        """Pass over bytes without keeping them. Raises CaptureError where the file ends within them."""
        while size > 0:
            piece_bytes = min(size, _CHUNK_BYTES)
            self.take(piece_bytes, what)
            size -= piece_bytes
