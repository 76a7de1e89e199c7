"""The hub's tables, on SQLite or PostgreSQL. Times are Unix seconds, bodies are JSON text."""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    event,
)

_ID = String(64)

metadata = MetaData()

stores = Table(
    "stores",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("timezone", String(64), nullable=False),
    Column("epoch", String(16), nullable=False),  # random: a cursor of another database is recognised by it
    Column("sequence", BigInteger, nullable=False, default=0),  # of changes to anything that units pull
    Column("horizon", BigInteger, nullable=False, default=0),  # tombstones up to here are forgotten
    Column("event_sequence", BigInteger, nullable=False, default=0),
    Column("created_s", Double, nullable=False),
)

units = Table(
    "units",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("unit", _ID, primary_key=True),
    Column("config", Text, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("pulled_s", Double),
    Column("pulled_sequence", BigInteger),
    Column("pushed_s", Double),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

claims = Table(
    "claims",
    metadata,
    Column("code_digest", String(64), primary_key=True),
    Column("store", _ID, nullable=False),
    Column("unit", _ID, nullable=False),
    Column("expires_s", Double, nullable=False),
    Column("used_s", Double),
    Column("used_key", String(64)),  # digest of the public key that used it
    Column("used_fingerprint", String(64)),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
)

certificates = Table(
    "certificates",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("store", _ID, nullable=False),
    Column("unit", _ID, nullable=False),
    Column("pem", Text, nullable=False),
    Column("expires_s", Double, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
)

slice_keys = Table(
    "slice_keys",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("unit", _ID, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("created_s", Double, nullable=False),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
)

customers = Table(
    "customers",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("sequence", BigInteger, nullable=False),  # below zero: no unit has heard of her
    Column("profile", Text),  # absent: a tombstone
    Column("devices", Text),  # with identity keys: they never leave the hub
    Column(
        "keys_until_s", Double
    ),  # the temporary keys that units hold are good until then; absent: they may not know her
    Column("changed_s", Double, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
    Index("customers_in_order", "store", "sequence", unique=True),
    Index("customers_by_keys", "store", "keys_until_s"),
)

app_handles = Table(
    "app_handles",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("device", _ID, primary_key=True),
    Column("handle", String(32), nullable=False),  # by which her app names the device
    ForeignKeyConstraint(["store"], ["stores.store"]),
    Index("app_handles_by_handle", "handle"),
)

beacons = Table(
    "beacons",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("minor", Integer, primary_key=True),
    Column("store", _ID, nullable=False),
    Column("unit", _ID, nullable=False),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
)

app_reports = Table(
    "app_reports",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("device", _ID, primary_key=True),
    Column("unit", _ID, nullable=False),
    Column("report", String(32), nullable=False),
    Column("rssi_dbm", Integer, nullable=False),
    Column("at_s", Double, nullable=False),
    Column("received_s", Double, nullable=False),
    Column("expires_s", Double, nullable=False),
    Index("app_reports_by_unit", "store", "unit"),
)

# Where somebody was a minute ago is in no log of the database, in no copy of it, and gone after a crash.
event.listen(
    app_reports,
    "after_create",
    DDL("ALTER TABLE app_reports SET UNLOGGED").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)

documents = Table(
    "documents",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("etag", String(64), nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

content = Table(
    "content",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

events = Table(
    "events",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("store", _ID, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("type", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("received_s", Double, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
    Index("events_in_order", "store", "sequence", unique=True),
)

pauses = Table(
    "pauses",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("until_s", Double, nullable=False),  # her store's midnight
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("at_s", Double, nullable=False),  # when she said so; a consent from before counts no more
    Column("noted_s", Double, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

erasures = Table(
    "erasures",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("unit", _ID, primary_key=True),  # one row for each unit that may hold her
    Column("sequence", BigInteger, nullable=False),  # of the tombstone
    Column("since_s", Double, nullable=False),  # a receipt from before is of an erasure before her profile was put
    Column("asked_s", Double, nullable=False),
    Column("applied_s", Double),  # the unit's own cursor is past the tombstone
    Column("deleted_s", Double),
    Column("shredded_s", Double),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
    Index("erasures_of_unit", "store", "unit", "sequence"),
)

coupons = Table(
    "coupons",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("code_digest", String(64), primary_key=True),
    Column("issued", Text),  # the unit's event; absent: it was redeemed before the unit could tell
    Column("redeemed", Text),  # what the platform said
    Column("reported", Boolean, nullable=False, default=False),  # coupon.redeemed was written
    Column("noted_s", Double, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
    Index("coupons_by_age", "noted_s"),
)

catalogue_steps = Table(
    "catalogue_steps",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("since", String(64), nullable=False),
    Column("etag", String(64), nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

housekeeping = Table(
    "housekeeping",
    metadata,
    Column("job", _ID, primary_key=True),
    Column("due_s", Double, nullable=False),  # whoever moves it on does the job
    Column("done_s", Double),
    Column("deleted", Text, nullable=False, default="{}"),  # what the last run deleted, and how many
)
