"""How SDL is asked for a screen. What an administrator has set in the environment stays."""

import os
from pathlib import Path

NEVER_A_SCREEN = frozenset({"dummy", "offscreen"})
"""SDL takes these where no screen is there."""

_DRI = Path("/dev/dri")


def ask_kindly() -> None:
    """Set what SDL shall do, before it is first used: wake nothing else up, and never let the screen blank."""
    wanted = {
        "SDL_VIDEO_ALLOW_SCREENSAVER": "0",  # X11 and Wayland: the screen stays lit; without a desktop nothing blanks
        "SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR": "1",  # a compositor would add a frame of delay
        "SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS": "0",  # the shop's screen never makes room for another window by itself
        "SDL_JOYSTICK_DEVICE": "/dev/null",
        "SDL_AUDIODRIVER": "dummy",
        "SDL_RENDER_SCALE_QUALITY": "linear",
    }
    if "WAYLAND_DISPLAY" in os.environ:
        wanted["SDL_VIDEODRIVER"] = "wayland"
    elif "DISPLAY" in os.environ:
        wanted["SDL_VIDEODRIVER"] = "x11"
    else:  # and never where there is a desktop: one that is starting anew must find its screen free
        wanted["SDL_VIDEODRIVER"] = "kmsdrm"
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


def has_gpu() -> bool:
    """Whether something better than the processor draws. An administrator says so with ``SDL_RENDER_DRIVER``.

    A graphics card that renders has a render node; without one OpenGL is emulated, and plain surfaces are faster.
    """
    return "SDL_RENDER_DRIVER" in os.environ or any(_DRI.glob("renderD*"))


def ask_for_renderer(driver: str, *, gpu: bool) -> None:
    """Set by which interface is drawn: OpenGL ES, which a Pi's GPU speaks by itself.

    SDL would take desktop OpenGL first; where its library is not installed, every frame is black and nothing fails.
    """
    if gpu:
        os.environ.setdefault("SDL_RENDER_DRIVER", "opengles2")
    # X11 takes surfaces as they are; the others have them drawn.
    os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0" if driver == "x11" else "opengles2")
