"""What can be handled, as one tree.

::

    DisplayError               anything of the display's that a caller may handle
    ├── SettingsError          the configuration file is wrong; says key, value and what is allowed
    ├── ThemeError             a theme is wrong; says file, key and what is allowed; the house's own is used
    ├── PlaylistError          ``playlist.json`` is wrong; the last good one is kept
    ├── PosterError            a scene or picture cannot be drawn; the agent is told why
    └── ScreenAbsent           there is no screen to draw on; tried again

Everything else is a bug: it ends the process, and systemd starts it again.
"""


class DisplayError(Exception):
    """Base of the errors that a caller may handle. The message is for the person who reads it."""


class SettingsError(DisplayError):
    """The configuration file is wrong."""


class ThemeError(DisplayError):
    """The file of a theme is wrong."""


class PlaylistError(DisplayError):
    """``playlist.json`` is not a playlist."""


class PosterError(DisplayError):
    """A scene or picture cannot be drawn. The message never holds the words of the scene."""


class ScreenAbsent(DisplayError):
    """No screen is connected, or none may be opened."""
