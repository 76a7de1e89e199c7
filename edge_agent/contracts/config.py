"""The one configuration tree: agent, display and hub read it, the hub hands it out, people write it (TOML)."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, ValidationError, ValidationInfo, field_validator, model_validator

from edge_agent.contracts.base import FileContract, Identifier, Language, Metres, Seconds, ShortText
from edge_agent.contracts.campaign import Cap, ScreenMode
from edge_agent.contracts.dayparts import Daypart
from edge_agent.contracts.radio_config import NOTICED_WITHIN_S, RadioConfig

Port = Annotated[int, Field(ge=1, le=65535)]
Brand = Annotated[str, Field(max_length=80)]


class NoticeConfig(FileContract):
    """The privacy notice at the entrance."""

    version: Annotated[str, Field(max_length=32)] | None = None
    """Version of the notice that hangs in the shop. Absent: nothing is personalised."""


_URL_RULE = "must be https://NAME or https://NAME:PORT"


class HubConfig(FileContract):
    """The platform's edge gateway."""

    url: Annotated[str, Field(pattern=r"^https://[^\s/]+(:\d+)?/?$")] | None = None
    """Base URL of the hub. Absent: the unit works with the slice that it holds until its lease ends."""
    poll_s: Annotated[float, Field(ge=1, le=3600)] = 30
    """Seconds between pulls while the nudge stream is down."""

    @field_validator("url")
    @classmethod
    def _names_a_server(cls, url: str | None) -> str | None:
        if url is not None:
            if any(wrong in url for wrong in ("@", "?", "#", "\\", "..")):
                raise ValueError(f"{_URL_RULE}, and nothing else")
            try:
                HttpUrl(url)
            except ValidationError as error:
                raise ValueError(f"{_URL_RULE} ({error.errors()[0]['msg']})") from error
        return url


class BrokerConfig(FileContract):
    """The store's MQTT broker."""

    host: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """Name or address. Absent: no cards are sent."""
    port: Port = 1883
    """TCP port."""
    username: Annotated[str, Field(max_length=64)] | None = None
    """User of this unit at the broker."""
    password_file: Path | None = None
    """File that holds its password; the name of a systemd credential works too."""
    ca_file: Path | None = None
    """Certificates that the broker's certificate is checked against. Absent: no TLS."""


class PresenceConfig(FileContract):
    """When somebody is near, and when she has left."""

    enter_m: Metres = 2.0
    """Nearer than this she is near."""
    leave_m: Annotated[Metres, Field(validate_default=True)] = 4.0
    """Farther than this for ``screen_silence_s`` she is away. At least ``enter_m``."""
    screen_dwell_s: Seconds = 3.0
    """Near for so long before the screen speaks."""
    card_dwell_s: Seconds = 20.0
    """Near for so long before an opportunity card is sent."""
    path_loss_exponent: Annotated[float, Field(ge=1.5, le=5)] = 2.5
    """How fast the signal falls with distance in this shop."""
    calibration_db: Annotated[float, Field(ge=-40, le=40)] = 0.0
    """Added to every RSSI: what this unit's antenna and its place take away."""
    smoothing_s: Annotated[float, Field(ge=0, le=30)] = 1.5
    """A stronger signal is believed at once, a weaker one with this time constant. 0: everything at once."""
    screen_silence_s: Seconds = 5.5
    """Silent, or farther than ``leave_m``, for at least so long before the screen forgets her."""
    visit_silence_min_s: Seconds = 20.0
    """Silent for at least so long before the visit ends, however fast her phone advertises. Longer than
    ``radio.silent_s``, so that a scan that has died is found before it ends anybody's visit."""
    visit_silence_max_s: Annotated[Seconds, Field(validate_default=True)] = 90.0
    """Silent for so long ends the visit, however slowly her phone advertises."""

    @field_validator("leave_m")
    @classmethod
    def _not_before_entering(cls, leave_m: float, info: ValidationInfo) -> float:
        if leave_m < info.data.get("enter_m", 0):
            raise ValueError(f"must be at least enter_m, {info.data['enter_m']}")
        return leave_m

    @field_validator("visit_silence_max_s")
    @classmethod
    def _not_below_the_minimum(cls, longest_s: float, info: ValidationInfo) -> float:
        if longest_s < info.data.get("visit_silence_min_s", 0):
            raise ValueError(f"must be at least visit_silence_min_s, {info.data['visit_silence_min_s']}")
        return longest_s


class ScreenConfig(FileContract):
    """What the screen may say, and the display process."""

    mode: ScreenMode = "badge"
    """How personally it may speak at most."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=8)] = ("en",)
    """Languages of this shop; the first is used where a customer has none of them."""
    permit_s: Annotated[float, Field(ge=1, le=10)] = 3.0
    """A personal scene vanishes by itself so long after the agent's last word."""
    minimum_s: Seconds = 6.0
    """Shortest time of a scene. One whose words take longer to read stays longer (``docs/lint.md``), none less than
    6 s, and none longer than ``maximum_s``."""
    maximum_s: Annotated[float, Field(gt=0, le=600)] = 25.0
    """Longest time of a scene."""
    qr_url: Annotated[str, Field(pattern=r"^https://[^\s{}]*\{code\}$", max_length=200)] | None = None
    """Where a QR code leads, ``https://shop.example/q/{code}``; ``{code}`` is campaign and a single-use code. Absent:
    no scene has one."""
    socket: Path = Path("/run/edge-agent/display.sock")
    """Unix socket between agent and display."""


class DisplayConfig(FileContract):
    """The display process."""

    enabled: bool = True
    """Whether this unit has a screen."""
    brand: Brand = "Your shop"
    """Name on the screen when there is nothing else to say."""
    size: Annotated[str, Field(pattern=r"^\d{3,5}x\d{3,5}$")] | None = None
    """Window size in pixels, ``1920x1080``. Absent: the whole screen."""
    rotate: Literal[0, 90, 180, 270] = 0
    """Turns the picture clockwise, for screens that hang upright."""
    offscreen: bool = False
    """Draw without any screen, for tests and the demo."""
    theme: Path | None = None
    """The brand's look: a TOML file, or the name of one that ships, ``atelier`` (``docs/themes.md``). Absent: the
    house's own."""
    diagonal_inch: Annotated[float, Field(ge=5, le=200)] = 43.0
    """Diagonal of the panel."""
    viewing_distance_m: Annotated[float, Field(ge=0.3, le=30)] = 3.0
    """From how far away the smallest text must be readable. With the diagonal it gives the smallest text size."""
    overscan_percent: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Share of each side that the panel cuts off; nothing that matters is drawn there."""
    hours: Annotated[tuple[Daypart, ...], Field(max_length=14)] = ()
    """When the panel is on, by the clock on the store's wall. Empty: always."""
    cec: bool = False
    """Switch the panel by HDMI-CEC, through the system's ``cec-ctl``. Otherwise it goes dark."""
    video: bool = False
    """Show films of the loop (needs the extra ``video``)."""
    frame_file: Path = Path("/run/edge-display/screen.jpg")
    """Where a presented frame is written when a screenshot is asked for, and, unless ``web.live_view`` is off, all the
    time (JPEG, on tmpfs). A personal scene is left out of it, except in the demo (``web.live_view = "demo"``)."""


class ContentConfig(FileContract):
    """What the pictures and films of the screen may take of the disk."""

    budget_mb: Annotated[int, Field(ge=10, le=1_000_000)] = 2000
    """All of them together, in megabytes (10^6 bytes). Beyond it films go first, then what is not valid yet; what is
    due now never."""
    spare_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 600
    """Nothing is fetched that would leave less than this of the disk: the journal must always have room."""


class CardConfig(FileContract):
    """Cards for clerks."""

    opportunity_s: Annotated[float, Field(ge=10, le=3600)] = 180.0
    """An opportunity expires after so long."""
    obligation_s: Annotated[float, Field(ge=30, le=86_400)] = 3600.0
    """An obligation expires after so long."""
    claimed_s: Annotated[float, Field(ge=30, le=86_400)] = 1800.0
    """Whoever claims a card has at least so long to say how it ended."""
    escalate_s: Annotated[float, Field(ge=10, le=3600)] = 90.0
    """An obligation that nobody has taken goes to the lead after so long."""
    lead: Identifier = "lead"
    """The department that the lead's tablet shows."""


class VisitConfig(FileContract):
    """One customer's stay in the store."""

    reentry_s: Annotated[Seconds, Field(le=1800)] = 600.0
    """Whoever comes back within so long goes on with her visit: she is not greeted again."""


class LimitsConfig(FileContract):
    """How much is said to one customer, whatever the campaigns allow. Service and orders are never held back."""

    caps: Annotated[tuple[Cap, ...], Field(max_length=8)] = (
        Cap(count=2, channel="screen"),
        Cap(count=1, channel="clerk"),
        Cap(count=6, per_s=86_400),
    )
    """Caps over all offers together."""


class SliceConfig(FileContract):
    """The profiles that this unit holds."""

    unlock: Literal["unit", "hub"] = "unit"
    """Where the key that seals them comes from. ``unit``: a systemd credential or, in development, a file. ``hub``: it
    is asked for at each start and kept in memory only; after a start without the hub everything is generic."""
    tpm: bool = False
    """The credential was made for this machine's TPM (``systemd-creds encrypt --with-key=tpm2``). The agent cannot see
    it; where it is said, receipts say that what was erased is shredded."""


class WebConfig(FileContract):
    """The unit's own web server: the clerk's page."""

    host: Annotated[str, Field(max_length=253)] = "127.0.0.1"
    """Address to listen on. Anything but loopback is warned about until tablets can be paired."""
    port: Port = 8080
    """TCP port."""
    live_view: Literal["off", "admin", "demo"] = "off"
    """``admin``: the screen's frames can be watched from the unit itself, without what is personal. ``demo``: whole,
    and the story of what happens as well; never in a shop."""


class AdminConfig(FileContract):
    """The local commands ``doctor``, ``watch``, ``explain``, ``screenshot`` and ``calibrate``."""

    socket: Path = Path("/run/edge-agent/admin/admin.sock")
    """Unix socket on which the agent answers them. The group of its folder may ask; systemd/tmpfiles.d sets it."""


class UnitsConfig(FileContract):
    """The other units of the store."""

    coordinator: Identifier | None = None
    """The unit that says which unit serves whom; the same for all units of a store, and needs ``broker.host``.
    Absent: this unit serves everybody whom it hears."""


class ClockConfig(FileContract):
    """Whether the wall clock may be believed."""

    trust: Literal["synchronised", "always"] = "synchronised"
    """``synchronised``: only while the kernel says that it is. ``always``: for machines with a clock of their own."""


class AgentConfig(FileContract):
    """Everything about one unit. ``edge-agent run`` and ``edge-display run`` read the same file."""

    store: Identifier
    """The store that the unit belongs to."""
    unit: Identifier
    """The unit's name, unique in the store."""
    zone: ShortText
    """The area that it serves, as a clerk would say it: "Outdoor"."""
    timezone: Annotated[str, Field(max_length=64)] = "UTC"
    """The store's time zone, IANA name."""
    folder: Path = Path("/var/lib/edge-agent")
    """Databases, content and identity live here."""
    notice: NoticeConfig = NoticeConfig()
    """The privacy notice."""
    hub: HubConfig = HubConfig()
    """The hub."""
    broker: BrokerConfig = BrokerConfig()
    """The broker."""
    radio: RadioConfig = RadioConfig()
    """The radio."""
    presence: PresenceConfig = PresenceConfig()
    """Near and away."""
    screen: ScreenConfig = ScreenConfig()
    """What the screen may say."""
    display: DisplayConfig = DisplayConfig()
    """The display process."""
    content: ContentConfig = ContentConfig()
    """Pictures and films on the disk."""
    cards: CardConfig = CardConfig()
    """Cards for clerks."""
    visit: VisitConfig = VisitConfig()
    """Visits."""
    limits: LimitsConfig = LimitsConfig()
    """How much is said to one customer."""
    slice: SliceConfig = SliceConfig()
    """The profiles."""
    web: WebConfig = WebConfig()
    """The web server."""
    admin: AdminConfig = AdminConfig()
    """The local commands."""
    units: UnitsConfig = UnitsConfig()
    """The other units."""
    clock: ClockConfig = ClockConfig()
    """The wall clock."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("no such time zone; IANA names look like Europe/Vienna") from error
        return timezone

    @model_validator(mode="after")
    def _deafness_is_found_before_a_visit_ends(self) -> "AgentConfig":
        least_s = self.radio.silent_s + NOTICED_WITHIN_S
        if self.presence.visit_silence_min_s < least_s:
            raise ValueError(
                f"presence.visit_silence_min_s: must be at least {least_s:g}, {NOTICED_WITHIN_S:g} more than "
                f"radio.silent_s, or a scan that has died ends visits"
            )
        return self

    @model_validator(mode="after")
    def _units_meet_at_a_broker(self) -> "AgentConfig":
        if self.units.coordinator is not None and self.broker.host is None:
            raise ValueError("units.coordinator: units meet at the store's broker; set broker.host too")
        return self

    @property
    def content_folder(self) -> Path:
        """Pictures by digest, and ``playlist.json``. The agent writes, the display reads."""
        return self.folder / "content"

    @property
    def identity_folder(self) -> Path:
        """The unit's key, certificate and the hub's authority."""
        return self.folder / "identity"


class HubServerConfig(FileContract):
    """The hub's own server."""

    database: Annotated[str, Field(min_length=1)] | None = None
    """SQLAlchemy URL, ``postgresql+psycopg://...`` in production. Absent: SQLite in the folder."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8443
    """TCP port."""
    names: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)] = ("localhost", "127.0.0.1")
    """Names and addresses under which units reach it; its TLS certificate carries them."""
    folder: Path = Path("hub")
    """Authority, server certificate and content files."""
    lease_s: Annotated[Seconds, Field(ge=60, le=86_400)] = 86_400
    """How long a store may use a slice after its last pull; a day at most, for so far the keys reach."""
    claim_s: Seconds = 14 * 86_400
    """How long a claim code is good."""
    certificate_s: Seconds = 90 * 86_400
    """How long a unit's certificate is good."""
    events_s: Annotated[Seconds, Field(ge=60 * 86_400)] = 400 * 86_400
    """How long events are kept; longer than any unit may have been offline, or one could count twice."""
