"""pcap and pcapng files, and packets of the air, built byte by byte from their specifications."""

import struct
from collections.abc import Iterable

ADVERTISING_ACCESS = bytes.fromhex("d6be898e")
BEGIN_NS = 1_700_000_000_000_000_000
ADV_IND, ADV_NONCONN_IND, SCAN_RSP, ADV_SCAN_IND, ADV_EXT_IND = 0, 2, 4, 6, 7


def pcap(
    packets: Iterable[tuple[int, bytes]], link: int, order: str = "<", unit_ns: int = 1000, lost_bytes: int = 0
) -> bytes:
    """A pcap file of packets with their times; ``lost_bytes``: so much of each was not captured."""
    magic = 0xA1B2C3D4 if unit_ns == 1000 else 0xA1B23C4D
    content = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    for unix_ns, data in packets:
        seconds, rest_ns = divmod(unix_ns, 10**9)
        content += struct.pack(order + "IIII", seconds, rest_ns // unit_ns, len(data), len(data) + lost_bytes) + data
    return content


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """An option of a pcapng block."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<") -> bytes:
    """A pcapng section header of unknown length."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int, options: bytes = b"", order: str = "<", snap_bytes: int = 0) -> bytes:
    """A pcapng interface."""
    return block(1, struct.pack(order + "HHI", link, 0, snap_bytes) + options, order)


def enhanced(index: int, ticks: int, data: bytes, order: str = "<", lost_bytes: int = 0) -> bytes:
    """A pcapng packet with a time."""
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data) + lost_bytes)
    return block(6, head + data + bytes(-len(data) % 4) + option(0, b"", order), order)


def old_packet(index: int, ticks: int, data: bytes, order: str = "<") -> bytes:
    """The packet of early pcapng files."""
    head = struct.pack(order + "HHIIII", index, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(2, head + data, order)


def simple(data: bytes, order: str = "<") -> bytes:
    """A pcapng packet without a time."""
    return block(3, struct.pack(order + "I", len(data)) + data, order)


def crc(pdu: bytes) -> bytes:
    """The checksum, bit by bit as the specification's shift register draws it."""
    register = [(0x555555 >> bit) & 1 for bit in range(24)]  # by position: 0 to 23
    taps = {1, 3, 4, 6, 9, 10}
    for byte in pdu:
        for number in range(8):
            feedback = register[23] ^ (byte >> number & 1)
            register = [
                feedback,
                *(bit ^ (feedback if place in taps else 0) for place, bit in enumerate(register[:23], 1)),
            ]
    value = 0
    for number in range(24):  # position 23 is sent first
        value |= register[23 - number] << number
    return value.to_bytes(3, "little")


def pdu(kind: int, payload: bytes, random: bool = True) -> bytes:
    """A PDU of the advertising channels."""
    return bytes([kind | (0x40 if random else 0), len(payload)]) + payload


def legacy(address: str, data: bytes, kind: int = ADV_IND, random: bool = True) -> bytes:
    """A PDU with 31 bytes of data at most."""
    return pdu(kind, bytes.fromhex(address.replace(":", ""))[::-1] + data, random)


def extended(
    data: bytes = b"", address: str = "", adi: int | None = None, more: bool = False, power: bool = False, mode: int = 0
) -> bytes:
    """ADV_EXT_IND, AUX_ADV_IND, AUX_SCAN_RSP or AUX_CHAIN_IND: they differ by what is in them."""
    flags, fields = 0, b""
    if address:
        flags, fields = flags | 0x01, fields + bytes.fromhex(address.replace(":", ""))[::-1]
    if adi is not None:
        flags, fields = flags | 0x08, fields + adi.to_bytes(2, "little")
    if more:
        flags, fields = flags | 0x10, fields + bytes.fromhex("050a00")
    if power:
        flags, fields = flags | 0x40, fields + b"\x08"
    header = bytes([flags]) + fields
    return pdu(ADV_EXT_IND, bytes([mode << 6 | len(header)]) + header + data)


def air(pdu_bytes: bytes, coded: bool = False, access: bytes = ADVERTISING_ACCESS, crc_ok: bool = True) -> bytes:
    """A packet as it goes through the air, without the preamble."""
    checksum = bytes(byte ^ (0 if crc_ok else 0xFF) for byte in crc(pdu_bytes))
    return access + (b"\x00" if coded else b"") + pdu_bytes + checksum


def with_header(packet: bytes, rssi_dbm: int = -60, flags: int = 0x0C03, coded: bool = False) -> bytes:
    """Behind LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR's header; by default dewhitened, with power, checksum found right."""
    flags |= 0x8000 if coded else 0
    return struct.pack("<BbbBIH", 0, rssi_dbm, -128, 0, 0x8E89BED6, flags) + packet


def nordic(packet: bytes, version: int = 3, rssi_dbm: int = -60, crc_ok: bool = True, coded: bool = False) -> bytes:
    """Behind the header of an nRF Sniffer, of any version."""
    flags = int(crc_ok) | (0x20 if coded else 0)
    radio = struct.pack("<BBBHI", flags, 37, -rssi_dbm, 0, 1234)
    if version == 0:
        return b"\xbe\xef\x06\x01\x00\x00\x00" + bytes([len(radio) + len(packet)]) + radio + packet
    content = bytes([10]) + radio + packet
    identity = 0x06 if version < 3 else 0x02
    if version == 1:
        return bytes([4, 6, len(content), 1]) + struct.pack("<H", 7) + bytes([identity]) + content
    return bytes([4]) + struct.pack("<HBHB", len(content), version, 7, identity) + content
