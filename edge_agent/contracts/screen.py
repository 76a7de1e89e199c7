"""Agent and display talk over a Unix ``SOCK_SEQPACKET`` socket: one JSON message per packet, at most 64 KiB.

On connect the display says hello and the agent answers with the full state; from then on
each side sends what changed. A display that loses its agent keeps its loop; a personal
scene fades when its permit lapses.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from edge_agent.contracts.base import Contract, Identifier, Language, Seconds, Sha256, ShortText, UtcTime
from edge_agent.contracts.campaign import ScreenMode
from edge_agent.contracts.catalogue import ContentItem, Emergency, LoopItem

PROTOCOL_VERSION = 1
"""Version of these messages; a display of another version is told so and shows its loop only."""

BadgeColour = Literal["blue", "orange", "green", "pink", "yellow", "violet", "red", "white"]
BadgeShape = Literal["diamond", "circle", "triangle", "square", "star", "hexagon", "heart", "cross"]

Layout = Literal["welcome", "product", "offer", "order_ready", "group", "service", "picture", "emergency"]
"""How a scene is composed."""


class Badge(Contract):
    """The colour and shape that stand for a customer on a screen."""

    number: Annotated[int, Field(ge=0, le=63)]
    """Number of the badge in the palette; the customer's app computes the same one."""
    colour: BadgeColour
    """Its colour."""
    shape: BadgeShape
    """Its shape, so that it does not depend on seeing colours."""
    label: Annotated[str, Field(min_length=1, max_length=40)]
    """Its name in the language of the scene: "Blue diamond"."""


class Scene(Contract):
    """What a screen is told to show, in words and pictures that are ready to draw."""

    message_id: Identifier
    """The decision that it fulfils; unique, so repeats are idempotent."""
    layout: Layout
    """How it is composed."""
    mode: ScreenMode
    """How personally it speaks. Everything but ``generic`` is personal and needs a live permit."""
    language: Language
    """Language of its words."""
    headline: Annotated[str, Field(min_length=1, max_length=120)]
    """The line that is read first."""
    body: Annotated[str, Field(max_length=240)] = ""
    """A second line."""
    badges: Annotated[tuple[Badge, ...], Field(max_length=4)] = ()
    """Whom it addresses; several in a group scene."""
    product_name: ShortText = ""
    """Product that it is about."""
    price: Annotated[str, Field(max_length=32)] = ""
    """Price, formatted for the language."""
    place: ShortText = ""
    """Where the product stands."""
    picture: Sha256 | None = None
    """Picture in the content folder."""
    qr: Annotated[str, Field(max_length=300)] = ""
    """Text of a QR code: a campaign or touchpoint, never a customer."""
    minimum_s: Annotated[float, Field(ge=0, le=60)] = 6
    """Shortest time that it stays, unless its permit lapses or is revoked."""
    maximum_s: Annotated[float, Field(gt=0, le=600)] = 30
    """Longest time that it stays."""

    @property
    def personal(self) -> bool:
        """Whether it is shown only under a live permit."""
        return self.mode != "generic"


class Show(Contract):
    """Agent -> display: show this scene now. An earlier scene is replaced."""

    type: Literal["show"] = "show"
    """Discriminator."""
    scene: Scene
    """What to show."""
    permit_until_s: Seconds | None = None
    """CLOCK_MONOTONIC second at which a personal scene must have begun to fade, unless renewed."""

    @model_validator(mode="after")
    def _personal_needs_permit(self) -> "Show":
        if self.scene.personal and self.permit_until_s is None:
            raise ValueError(f"permit_until_s: a scene of mode {self.scene.mode!r} needs a permit")
        return self


class Prepare(Contract):
    """Agent -> display: compose this scene, do not show it yet. It is likely to be shown soon."""

    type: Literal["prepare"] = "prepare"
    """Discriminator."""
    scene: Scene
    """What to compose."""


class Renew(Contract):
    """Agent -> display: the personal scene may stay up longer."""

    type: Literal["renew"] = "renew"
    """Discriminator."""
    message_id: Identifier
    """Which scene."""
    permit_until_s: Seconds
    """CLOCK_MONOTONIC second, as in :class:`Show`."""


class Clear(Contract):
    """Agent -> display: fade this scene at once. Unknown ids are ignored."""

    type: Literal["clear"] = "clear"
    """Discriminator."""
    message_id: Identifier
    """Which scene."""
    reason: Literal["away", "consent", "expired", "replaced", "group", "done", "ownership"]
    """Why, for the proof of play."""


class ContentChanged(Contract):
    """Agent -> display: the content folder holds a new playlist."""

    type: Literal["content"] = "content"
    """Discriminator."""
    version: ShortText
    """Version of the playlist."""


class Capture(Contract):
    """Agent -> display: write what is on the screen to ``display.frame_file``, reduced and redacted."""

    type: Literal["capture"] = "capture"
    """Discriminator."""
    request: Identifier
    """Named in the answer."""


class State(Contract):
    """Agent -> display: the full state, first message after hello."""

    type: Literal["state"] = "state"
    """Discriminator."""
    protocol: int = PROTOCOL_VERSION
    """Version of these messages."""
    show: Show | None = None
    """What the screen should show now; absent: the loop."""
    content_version: ShortText = ""
    """Version of the playlist that the content folder holds."""


class Hello(Contract):
    """Display -> agent: first message."""

    type: Literal["hello"] = "hello"
    """Discriminator."""
    protocol: int = PROTOCOL_VERSION
    """Version of these messages."""
    version: str = ""
    """Version of the display software."""
    width_px: Annotated[int, Field(ge=0, le=16384)]
    """Width of the screen in pixels."""
    height_px: Annotated[int, Field(ge=0, le=16384)]
    """Height of the screen in pixels."""
    showing: Identifier | None = None
    """The scene that it is showing at this moment, so that a restarted agent does not greet twice."""


class Shown(Contract):
    """Display -> agent: the first frame of a scene was presented."""

    type: Literal["shown"] = "shown"
    """Discriminator."""
    message_id: Identifier
    """Which scene."""
    first_frame_s: Seconds
    """CLOCK_MONOTONIC second of the first frame."""
    received_s: Seconds | None = None
    """CLOCK_MONOTONIC second at which the command was read."""
    composed_s: Seconds | None = None
    """CLOCK_MONOTONIC second from which its poster was ready; before ``received_s`` where it had been prepared."""


class ProofOfPlay(Contract):
    """Display -> agent -> hub: a scene has ended."""

    type: Literal["proof_of_play"] = "proof_of_play"
    """Discriminator."""
    message_id: Identifier
    """The decision that this play fulfils; unique, so repeats are idempotent."""
    first_frame_at: UtcTime
    """Wall-clock time of the first frame."""
    on_screen_s: Seconds
    """Seconds that the scene was visible: without those in which the panel was off or the window covered."""
    ended: Literal["maximum", "cleared", "permit", "replaced", "stopped"]
    """What ended it."""
    content_version: ShortText = ""
    """Version of the playlist at that time."""


class LoopPlayed(Contract):
    """Display -> agent -> hub: how often and how long one item of the loop was on the screen within an interval.

    Counted up, so that months without a line take no room.
    """

    type: Literal["loop_played"] = "loop_played"
    """Discriminator."""
    item: Identifier
    """Name of the item."""
    picture: Sha256
    """Which file."""
    from_at: UtcTime
    """Begin of the interval."""
    until_at: UtcTime
    """End of the interval."""
    plays: Annotated[int, Field(ge=0, le=100_000)]
    """How often it came up in the interval. 0: it was up already when the interval began."""
    on_screen_s: Seconds
    """Seconds that it was visible, as in :class:`ProofOfPlay`."""
    content_version: ShortText = ""
    """Version of the playlist."""


PanelState = Literal["on", "covered", "off", "absent"]
"""Whether anybody can see a screen."""


class Panel(Contract):
    """Display -> agent: whether anybody can see the screen. Said after the state, and whenever it changes."""

    type: Literal["panel"] = "panel"
    """Discriminator."""
    state: PanelState
    """``covered``: another window hides it. ``off``: outside the hours of ``display.hours``, or switched off.
    ``absent``: unplugged. Unless it is on, nothing is shown, and whoever would wait for the screen does not."""


class Captured(Contract):
    """Display -> agent: the frame that was asked for lies in the file."""

    type: Literal["captured"] = "captured"
    """Discriminator."""
    request: Identifier
    """Which :class:`Capture`."""
    redacted: bool
    """Whether a personal scene was on the screen, and is not in the file."""


class Refused(Contract):
    """Display -> agent: a message could not be honoured; the loop goes on."""

    type: Literal["refused"] = "refused"
    """Discriminator."""
    message_id: Identifier | None = None
    """Which scene, where it could be read."""
    reason: ShortText
    """Why, for the log."""


ToDisplay = Annotated[Show | Prepare | Renew | Clear | ContentChanged | Capture | State, Field(discriminator="type")]
"""Messages from the agent."""

FromDisplay = Annotated[
    Hello | Shown | ProofOfPlay | LoopPlayed | Panel | Captured | Refused, Field(discriminator="type")
]
"""Messages from the display."""

TO_DISPLAY: TypeAdapter[ToDisplay] = TypeAdapter(ToDisplay)
FROM_DISPLAY: TypeAdapter[FromDisplay] = TypeAdapter(FromDisplay)


class Playlist(Contract):
    """``playlist.json`` in the content folder: the loop and its files. Written by the agent, atomically.

    The display checks each file against its digest before it is shown for the first time; a file that is not listed, is
    not ``public``, is not valid now, or does not fit its digest never reaches the screen.
    """

    version: ShortText
    """Changes with the content."""
    language: Language = "en"
    """Language of the words of the loop."""
    items: Annotated[tuple[LoopItem, ...], Field(max_length=500)] = ()
    """Pictures of the loop, in order; the files lie beside it, named by their digest."""
    files: Annotated[tuple[ContentItem, ...], Field(max_length=10_000)] = ()
    """Every file that lies beside it and may be shown, those of products too."""
    emergency: Emergency | None = None
    """Goes before everything, at once."""
