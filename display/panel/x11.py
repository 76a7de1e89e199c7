"""What SDL does not ask an X server: is our window covered, is the panel asleep; and what to do when the server dies.

A second connection of our own, through the same library that SDL has loaded.
"""

import ctypes
import logging
from collections.abc import Callable
from ctypes import POINTER, byref, c_bool, c_char_p, c_int, c_long, c_uint16, c_ulong, c_void_p

log = logging.getLogger(__name__)

_VISIBILITY_CHANGE_MASK = 1 << 16
_VISIBILITY_NOTIFY = 15
_FULLY_OBSCURED = 2
_DPMS_ON, _DPMS_OFF = 0, 3


class _VisibilityEvent(ctypes.Structure):
    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("state", c_int),
    )


class _Event(ctypes.Union):
    _fields_ = (("type", c_int), ("visibility", _VisibilityEvent), ("room", c_long * 24))


_IoErrorHandler = ctypes.CFUNCTYPE(c_int, c_void_p)
_kept: list[object] = []


class X11Watch:
    """Watches one window of an X server."""

    def __init__(self, window: int) -> None:
        """``window``: its id. Raises OSError where Xlib or the server is not there."""
        self._xlib = _load("libX11.so.6")
        self._dpms = _dpms_library()
        self.covered = False
        """Whether other windows hide all of it."""
        self._display = self._xlib.XOpenDisplay(None)
        if not self._display:
            raise OSError("no second connection to the X server")
        self._has_dpms = self._dpms is not None and bool(
            self._dpms.DPMSQueryExtension(self._display, byref(c_int()), byref(c_int()))
            and self._dpms.DPMSCapable(self._display)
        )
        self._xlib.XSelectInput(self._display, window, _VISIBILITY_CHANGE_MASK)
        self._xlib.XFlush(self._display)

    def look(self) -> None:
        """Take note of what has happened."""
        event = _Event()
        while self._xlib.XPending(self._display):
            self._xlib.XNextEvent(self._display, byref(event))
            if event.type == _VISIBILITY_NOTIFY:
                self.covered = event.visibility.state == _FULLY_OBSCURED

    def asleep(self) -> bool:
        """Whether the server has switched the panel off."""
        if not self._has_dpms:
            return False
        assert self._dpms is not None
        level, enabled = c_uint16(), c_bool()
        known = self._dpms.DPMSInfo(self._display, byref(level), byref(enabled))
        return bool(known and enabled.value and level.value != _DPMS_ON)

    def power(self, on: bool) -> None:
        """Switch the panel on for good, or off."""
        if not self._has_dpms:
            return
        assert self._dpms is not None
        self._dpms.DPMSEnable(self._display)
        self._dpms.DPMSForceLevel(self._display, _DPMS_ON if on else _DPMS_OFF)
        if on:
            self._dpms.DPMSDisable(self._display)  # it does not fall asleep by itself
        self._xlib.XFlush(self._display)

    def close(self) -> None:
        """Leave the server."""
        self._xlib.XCloseDisplay(self._display)


def when_server_dies(do: Callable[[], None]) -> None:
    """Have Xlib call ``do`` when it has lost its server. It ends the process after that: nothing can stop it."""

    def lost(_display: int) -> int:
        do()
        return 0

    handler = _IoErrorHandler(lost)
    _kept.append(handler)  # Xlib holds no reference
    try:
        _load("libX11.so.6").XSetIOErrorHandler(handler)
    except OSError:
        log.debug("no Xlib: there is no X server to lose")


def _load(name: str) -> ctypes.CDLL:
    library = ctypes.CDLL(name)
    library.XOpenDisplay.restype, library.XOpenDisplay.argtypes = c_void_p, [c_char_p]
    library.XSelectInput.argtypes = [c_void_p, c_ulong, c_long]
    for function in (library.XFlush, library.XPending, library.XCloseDisplay):
        function.argtypes = [c_void_p]
    library.XNextEvent.argtypes = [c_void_p, POINTER(_Event)]
    library.XSetIOErrorHandler.argtypes = [_IoErrorHandler]
    return library


def _dpms_library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libXext.so.6")
    except OSError:
        return None
    library.DPMSQueryExtension.argtypes = [c_void_p, POINTER(c_int), POINTER(c_int)]
    for function in (library.DPMSCapable, library.DPMSEnable, library.DPMSDisable):
        function.argtypes = [c_void_p]
    library.DPMSForceLevel.argtypes = [c_void_p, c_uint16]
    library.DPMSInfo.argtypes = [c_void_p, POINTER(c_uint16), POINTER(c_bool)]
    return library
