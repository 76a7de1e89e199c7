"""The hub's collaborators, built once from its configuration."""

from dataclasses import dataclass, field
from typing import Self

from edge_agent.contracts.config import HubServerConfig
from provisioning.ca import Authority
from provisioning.clock import Now, utc_now
from provisioning.files import secret_from
from provisioning.hub.auth import Gatekeeper, Nonces
from provisioning.hub.content import Content
from provisioning.hub.coupons import Coupons
from provisioning.hub.emergencies import Emergencies
from provisioning.hub.enrol import Enrolment
from provisioning.hub.erasures import Erasures
from provisioning.hub.events import Events
from provisioning.hub.fanout import Fanout
from provisioning.hub.fleet import Fleet
from provisioning.hub.housekeeping import Housekeeping
from provisioning.hub.keys import SliceKeys
from provisioning.hub.pauses import Pauses
from provisioning.hub.presence import Presence
from provisioning.hub.slices import Slices
from provisioning.hub.storage import Database, open_database

PLATFORM_TOKEN_FILE = "platform.token"  # noqa: S105 - a file name
_NONCE_KEY_FILE = "nonce.key"


@dataclass(frozen=True)
class Hub:
    """Everything that routes and commands work with. All of it is safe to use from several threads."""

    config: HubServerConfig
    now: Now
    database: Database
    authority: Authority
    gatekeeper: Gatekeeper
    enrolment: Enrolment
    fleet: Fleet
    keys: SliceKeys
    slices: Slices
    content: Content
    emergencies: Emergencies
    events: Events
    presence: Presence
    pauses: Pauses
    erasures: Erasures
    coupons: Coupons
    housekeeping: Housekeeping
    fanout: Fanout
    platform_token: str = field(repr=False)

    @classmethod
    def open(cls, config: HubServerConfig, now: Now = utc_now) -> Self:
        """Open the hub's folder and database; what is missing is made.

        Raises PermissionError where a secret of the folder can be read by others.
        """
        config.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority = Authority.open(config.folder, now())
        nonces = Nonces(secret_from(config.folder / _NONCE_KEY_FILE).encode())
        token = secret_from(config.folder / PLATFORM_TOKEN_FILE)
        database = open_database(config.database, config.folder)
        fleet, presence, slices = Fleet(database), Presence(database), Slices(database, config.lease_s)
        content = Content(database, config.folder / "content")
        return cls(
            config=config,
            now=now,
            database=database,
            authority=authority,
            gatekeeper=Gatekeeper(database, authority, nonces),
            enrolment=Enrolment(database, authority, config.claim_s, config.certificate_s),
            fleet=fleet,
            keys=SliceKeys(database),
            slices=slices,
            content=content,
            emergencies=Emergencies(database, content),
            events=Events(database),
            presence=presence,
            pauses=Pauses(database),
            erasures=Erasures(database),
            coupons=Coupons(database),
            housekeeping=Housekeeping(database, slices, content, config.events_s),
            fanout=Fanout(fleet.sequences, fleet.enrolled, presence.latest),
            platform_token=token,
        )

    def close(self) -> None:
        """Close the database."""
        self.database.close()
