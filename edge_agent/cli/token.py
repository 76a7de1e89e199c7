"""``edge-agent token``: what an app must compute and send at one moment, for those who write and check apps."""

import re
import sys
from typing import Final

import click

from edge_agent.clock import SystemClock
from edge_agent.contracts.presence import presence_handle
from edge_agent.contracts.token import AdvertisementBytes, TokenReport
from edge_agent.frames import ad, eddystone, operator, overflow
from edge_agent.identify.background import overflow_bit
from edge_agent.identify.badges import PALETTE_SIZE, badge
from edge_agent.identify.token import WINDOW_S, badge_number, ephemeral_id, slot_of, temporary_key, window_of

TX_POWER_DBM: Final = -18
"""Power at 0 m of the example advertisement: -59 dBm at 1 m, a common phone's."""

_IPHONE_FLAGS: Final = ad.structure(ad.FLAGS, b"\x1a")  # what iOS writes in front of what the app asks for
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _identity_key(_context: click.Context, _parameter: click.Parameter, value: str) -> bytes:
    text = sys.stdin.buffer.readline(100).decode("ascii", "replace").strip() if value == "-" else value
    if not re.fullmatch("[0-9a-fA-F]{32}", text):  # the value itself may be a real key: it is not repeated
        raise click.BadParameter(f"{len(text)} characters; must be 32 hexadecimal digits (16 bytes)")
    return bytes.fromhex(text)


def _prefix(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch("[0-9a-f]{16}", value):
        raise click.BadParameter(f"{value!r} is not 16 lower-case hexadecimal digits, as in radio.operator_prefix")
    return value


def _service(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if not _UUID.fullmatch(value.lower()):
        raise click.BadParameter(f"{value!r} is not a UUID such as 00000000-0000-0000-0000-00000000002a")
    if overflow_bit(value) is None:
        raise click.BadParameter(
            f"{value!r}: which bit iOS sets for it is not published; known are the UUIDs that are zero up to the last "
            "byte, and that byte 00 to 7f. For another one find the bit with a phone and edge-agent decode"
        )
    return value.lower()


@click.command()
@click.option(
    "--identity-key",
    metavar="HEX",
    required=True,
    callback=_identity_key,
    help='16 bytes, hexadecimal; "-": from standard input. On the command line everybody on this machine can '
    "read it: only test keys belong there.",
)
@click.option(
    "--rotation-exponent",
    metavar="K",
    type=click.IntRange(0, 15),
    default=10,
    show_default=True,
    help="The id changes every 2^K seconds.",
)
@click.option("--at", metavar="UNIX_SECONDS", type=click.IntRange(0, 2**32 - 1), help="The moment; now where absent.")
@click.option(
    "--operator-prefix", metavar="HEX", callback=_prefix, help="radio.operator_prefix: adds the iPhone in front."
)
@click.option(
    "--background-service",
    metavar="UUID",
    callback=_service,
    help="radio.background.service_uuid: adds the iPhone in the background.",
)
@click.option(
    "--tx-power-dbm",
    metavar="DBM",
    type=click.IntRange(-100, 20),
    default=TX_POWER_DBM,
    show_default=True,
    help="Calibrated power at 0 m, for the Eddystone frame.",
)
def token(
    identity_key: bytes,
    rotation_exponent: int,
    at: int | None,
    operator_prefix: str | None,
    background_service: str | None,
    tx_power_dbm: int,
) -> None:
    """Print as JSON what an app with this identity key computes, sends and shows at one moment."""
    moment = int(SystemClock().now().utc.timestamp()) if at is None else at
    report = describe(identity_key, rotation_exponent, moment, operator_prefix, background_service, tx_power_dbm)
    click.echo(report.model_dump_json(indent=2, exclude_none=True))


def describe(
    identity_key: bytes,
    rotation_exponent: int,
    at: int,
    operator_prefix: str | None = None,
    background_service: str | None = None,
    tx_power_dbm: int = TX_POWER_DBM,
) -> TokenReport:
    """Return everything that follows from a key at a Unix second."""
    window, slot = window_of(at), slot_of(at, rotation_exponent)
    key = temporary_key(identity_key, window)
    eid = ephemeral_id(key, rotation_exponent, slot)
    sent = [_form("android_eddystone_eid", eddystone.SERVICE, eddystone.EddystoneEid(eid, tx_power_dbm).encode())]
    if operator_prefix is not None:
        frame = operator.Operator(eid)
        data = _from_iphone(frame.encode(operator_prefix))
        sent.append(_form("iphone_foreground", frame.service_uuid(operator_prefix), data))
    if background_service is not None and (bit := overflow_bit(background_service)) is not None:
        data = _from_iphone(overflow.of_bits([bit]).encode())
        sent.append(_form("iphone_background", background_service, data, bit))
    return TokenReport(
        at=at,
        rotation_exponent=rotation_exponent,
        window=window,
        window_begins=at - at % WINDOW_S,
        window_ends=at - at % WINDOW_S + WINDOW_S,
        temporary_key=key.hex(),
        slot_begins=slot,
        slot_ends=slot + (1 << rotation_exponent),
        next_change_s=slot + (1 << rotation_exponent) - at,
        ephemeral_id=eid.hex(),
        badge=badge(badge_number(key, PALETTE_SIZE), "en"),
        presence_handle=presence_handle(identity_key),
        advertisements=tuple(sent),
    )


def _form(form: str, service_uuid: str, data: bytes, bit: int | None = None) -> AdvertisementBytes:
    return AdvertisementBytes.model_validate(
        {
            "form": form,
            "service_uuid": service_uuid,
            "data": data.hex(),
            "length_bytes": len(data),
            "overflow_bit": bit,
        }
    )


def _from_iphone(data: bytes) -> bytes:
    return _IPHONE_FLAGS + data[len(_IPHONE_FLAGS) :]
