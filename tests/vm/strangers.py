"""Passers-by, and a search for whatever might be left of them.

All strangers share rare bytes: in their addresses, names and identifiers. So one search for these, in every spelling in
which a program might write them down, finds any of the strangers.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.frames import ad
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.frames.ibeacon import APPLE

ADDRESS: Final = bytes.fromhex("f73b9da1")
"""How every address begins; the number of the stranger follows in two bytes."""
NAME: Final = "Qzvtrk"
IDENTIFIER: Final = bytes.fromhex("e96b0dc37fb5")
"""How every identifier begins: of a maker's own format, of a forged token, of an iBeacon, of a service."""
MANUFACTURER: Final = 0x0BD9


@dataclass(frozen=True)
class Stranger:
    """Somebody who has agreed to nothing."""

    address: str
    data: bytes


def strangers(count: int) -> Iterator[Stranger]:
    """Make strangers; some carry forged tokens of the kinds by which customers are recognised."""
    for number in range(count):
        address = (ADDRESS + number.to_bytes(2, "big")).hex(":").upper()
        identifier = IDENTIFIER + number.to_bytes(2, "big")
        name = ad.structure(0x09, f"{NAME}{number:03d}".encode())
        match number % 4:
            case 0:
                maker = ad.structure(ad.MANUFACTURER, MANUFACTURER.to_bytes(2, "little") + identifier)
                data = ad.structure(ad.FLAGS, b"\x06") + name + maker
            case 1:
                token = EddystoneEid(tx_power_dbm=-4, eid=identifier).encode()
                data = token + name if len(token + name) <= 31 else token
            case 2:
                beacon = b"\x02\x15" + identifier + bytes(8) + number.to_bytes(4, "big") + b"\xc5"
                data = ad.structure(ad.MANUFACTURER, APPLE.to_bytes(2, "little") + beacon)
            case _:
                service = ad.structure(ad.UUIDS_128_COMPLETE, (identifier + bytes(8))[::-1])
                data = service + name
        yield Stranger(address, data)


def spellings() -> dict[str, bytes]:
    """Return what to search for, by a description of how it is spelled."""
    wanted = {f"address, {how}": text.encode() for how, text in _hexadecimal(ADDRESS)}
    wanted |= {f"address in UTF-16, {how}": text.encode("utf-16-le") for how, text in _hexadecimal(ADDRESS)}
    wanted |= {"name": NAME.encode(), "name in UTF-16": NAME.encode("utf-16-le")}
    wanted |= {f"name in hexadecimal, {how}": text.encode() for how, text in _hexadecimal(NAME.encode())}
    for order, identifier in (("", IDENTIFIER), (" backwards", IDENTIFIER[::-1])):
        wanted[f"identifier{order}"] = identifier
        wanted |= {f"identifier{order}, {how}": text.encode() for how, text in _hexadecimal(identifier)}
        wanted[f"identifier{order}, decimal"] = ", ".join(map(str, identifier)).encode()
        wanted[f"identifier{order}, decimal with blanks"] = " ".join(map(str, identifier)).encode()
        wanted[f"identifier{order}, escaped"] = repr(identifier)[2:-1].encode()
    digits = IDENTIFIER.hex()
    wanted["identifier in a UUID"] = f"{digits[:8]}-{digits[8:]}".encode()
    wanted["identifier in a UUID, upper case"] = wanted["identifier in a UUID"].upper()
    return wanted


def _hexadecimal(value: bytes) -> Iterator[tuple[str, str]]:
    for separator in ("", ":", "-", "_", " "):
        text = value.hex(separator) if separator else value.hex()
        yield f"lower case, separator {separator!r}", text
        yield f"upper case, separator {separator!r}", text.upper()


def traces(data: bytes | mmap.mmap) -> list[str]:
    """Return how strangers are spelled in ``data``, and where first."""
    found = [f"{how} at byte {at}" for how, spelling in spellings().items() if (at := data.find(spelling)) >= 0]
    for how, address in (("", ADDRESS), (" backwards", ADDRESS[::-1])):
        at = data.find(address)
        while at >= 0:  # four bytes occur by chance: the two that follow tell
            number = data[at + 4 : at + 6] if not how else data[max(at - 2, 0) : at][::-1]
            if len(number) == 2 and number[0] <= 1:
                found.append(f"address as bytes{how} at byte {at}")
                break
            at = data.find(address, at + 1)
    return found


def traces_in(file: Path) -> list[str]:
    """Return how strangers are spelled in a file, however large."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return traces(data)
