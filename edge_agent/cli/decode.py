"""``edge-agent decode``: what is in a capture, one line of JSON for each advertisement."""

from collections import Counter
from typing import BinaryIO

import click

from edge_agent.cli.counts import tell_counts
from edge_agent.contracts import beacon
from edge_agent.errors import CaptureError
from edge_agent.frames import ad
from edge_agent.frames.altbeacon import AltBeacon
from edge_agent.frames.decode import Frame
from edge_agent.frames.decode import decode as decode_frames
from edge_agent.frames.eddystone import EddystoneEid, EddystoneTlm, EddystoneUid, EddystoneUrl
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.frames.operator import PREFIX_DIGITS, Operator
from edge_agent.frames.overflow import Overflow
from edge_agent.radio.replay import Capture, Heard


def _prefix(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if len(value) != PREFIX_DIGITS or set(value) - set("0123456789abcdef"):
        raise click.BadParameter(f"{value!r} is not {PREFIX_DIGITS} lower-case hexadecimal digits")
    return value


@click.command()
@click.argument("capture", type=click.File("rb"))
@click.option("--addresses", is_flag=True, help="Print the advertisers' addresses too; they are personal data.")
@click.option(
    "--operator-prefix", metavar="HEX", callback=_prefix, help="Find the operator's rolling service UUIDs as well."
)
def decode(capture: BinaryIO, addresses: bool, operator_prefix: str | None) -> None:
    """Print the advertisements of a CAPTURE as JSON lines ("-": standard input), and a summary on standard error.

    CAPTURE is a btsnoop, pcap or pcapng file: of Android, btmon, Wireshark or a sniffer such as Nordic's.
    Devices are numbered in the order in which they are heard.
    """
    heard = Capture(capture)
    devices: dict[tuple[str, str], int] = {}
    rejected: Counter[str] = Counter()
    number, elapsed_s = 0, 0.0
    problem: CaptureError | None = None
    try:
        for number, one in enumerate(heard, start=1):
            elapsed_s = one.elapsed_s
            device = devices.setdefault((one.report.address_type, one.report.address), len(devices) + 1)
            line = _describe(number, device, one, operator_prefix)
            rejected.update(line.rejected)
            click.echo(line.model_dump_json(exclude=None if addresses else {"address"}))
    except CaptureError as error:
        problem = error
    if number or problem is None:
        click.echo(f"{number} advertisements of {len(devices)} devices in {elapsed_s:.1f} s", err=True)
    tell_counts("rejected parts of advertisements", rejected)
    tell_counts("packets passed over", heard.skipped)
    if problem is not None:
        raise click.ClickException(f"{capture.name}: {problem}") from problem


def _describe(number: int, device: int, heard: Heard, operator_prefix: str | None) -> beacon.DecodedAdvertisement:
    report = heard.report
    structures = ad.parse(report.data)
    decoded = decode_frames(ad.advertisement(structures, report.rssi_dbm), operator_prefix)
    return beacon.DecodedAdvertisement(
        number=number,
        at_s=round(heard.elapsed_s, 6),
        device=device,
        address=report.address or None,
        address_type=report.address_type,
        rssi_dbm=report.rssi_dbm,
        scan_response=report.scan_response,
        frames=tuple(_contract(frame) for frame in decoded.frames),
        rejected=structures.rejected + decoded.rejected,
    )


def _contract(frame: Frame) -> beacon.Frame:
    match frame:
        case IBeacon():
            return beacon.IBeaconFrame(
                uuid=frame.uuid, major=frame.major, minor=frame.minor, measured_power_dbm=frame.measured_power_dbm
            )
        case AltBeacon():
            return beacon.AltBeaconFrame(
                company=frame.company,
                beacon_id=frame.beacon_id.hex(),
                measured_power_dbm=frame.measured_power_dbm,
            )
        case EddystoneUid():
            return beacon.EddystoneUidFrame(
                namespace=frame.namespace.hex(), instance=frame.instance.hex(), tx_power_dbm=frame.tx_power_dbm
            )
        case EddystoneUrl():
            return beacon.EddystoneUrlFrame(url=frame.url, tx_power_dbm=frame.tx_power_dbm)
        case EddystoneTlm():
            return beacon.EddystoneTlmFrame(
                battery_mv=frame.battery_mv,
                temperature_c=frame.temperature_c,
                advertisement_count=frame.advertisement_count,
                uptime_s=frame.uptime_s,
            )
        case EddystoneEid():
            return beacon.EddystoneEidFrame(eid=frame.eid.hex(), tx_power_dbm=frame.tx_power_dbm)
        case Operator():
            return beacon.OperatorFrame(eid=frame.eid.hex())
        case Overflow():
            return beacon.OverflowFrame(bits=frame.bits)
