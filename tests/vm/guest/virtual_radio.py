#!/usr/bin/env python3
"""A Bluetooth adapter that hears what a file says: virtual_radio.py ADVERTISERS.json

The kernel sees a controller on /dev/vhci; bluetoothd and bleak do not know the difference. The file is a list of

    {"address": "C0:00:00:00:00:01", "data": "AD structures, hexadecimal", "interval_ms": 250, "rssi_dbm": -50}

and is read again whenever it changes, so that phones come, go and walk about. Killing the program unplugs the adapter.
``--duplicates strict`` filters repeats like many real controllers: each payload of a device once per scan.
"""

import argparse
import asyncio
import json
import random
import struct
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, "/opt/radio")

from bumble import hci
from bumble.controller import Controller
from bumble.link import LocalLink
from bumble.transport import open_transport

ADVERTISING_DELAY_S = 0.010  # the random part that the specification adds to each interval
REREAD_S = 0.2
JITTER_DB = 2.0
EXTENDED = hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING


class Radio(Controller):
    """Bumble's controller, told what its antenna hears."""

    def __init__(self, strict: bool, **settings: Any) -> None:
        super().__init__("radio", public_address="F0:F1:F2:F3:F4:F5", **settings)
        self.le_features &= ~EXTENDED  # legacy reports: one format to build, and what most adapters in shops send
        self._strict = strict
        self._heard: set[tuple[bytes, bytes]] = set()

    def hear(self, address: hci.Address, data: bytes, rssi_dbm: int) -> None:
        """Report one non-connectable advertisement, if the host scans."""
        key = (bytes(address), data)
        if not self.le_scan_enable:
            self._heard.clear()
            return
        if self._strict and self.filter_duplicates and key in self._heard:
            return
        self._heard.add(key)
        report = struct.pack("<BBBB", 2, 1, 3, address.address_type) + bytes(address)
        report += bytes([len(data)]) + data + struct.pack("b", rssi_dbm)
        self.host.on_packet(bytes([hci.HCI_EVENT_PACKET, hci.HCI_LE_META_EVENT, len(report)]) + report)


async def advertise(radio: Radio, advertiser: dict[str, Any], chance: random.Random) -> None:
    """Send one advertiser's packets for ever."""
    address = hci.Address(advertiser["address"], hci.Address.RANDOM_DEVICE_ADDRESS)
    data = bytes.fromhex(advertiser["data"])
    interval_s = advertiser.get("interval_ms", 250) / 1000
    while True:
        rssi_dbm = round(chance.gauss(advertiser["rssi_dbm"], JITTER_DB))
        radio.hear(address, data, max(-127, min(20, rssi_dbm)))
        await asyncio.sleep(interval_s + chance.random() * ADVERTISING_DELAY_S)


async def main() -> None:
    """Be the adapter until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("advertisers", type=Path)
    parser.add_argument("--duplicates", choices=["all", "strict"], default="all")
    options = parser.parse_args()
    async with await open_transport("vhci:/dev/vhci") as kernel:
        radio = Radio(
            options.duplicates == "strict", host_source=kernel.source, host_sink=kernel.sink, link=LocalLink()
        )
        text, phones = "", []
        print("the adapter is there", flush=True)
        while True:
            if (now := options.advertisers.read_text()) != text:
                for phone in phones:
                    phone.cancel()
                text, chance = now, random.Random(1)
                phones = [asyncio.create_task(advertise(radio, one, chance)) for one in json.loads(text)]
            await asyncio.sleep(REREAD_S)


if __name__ == "__main__":
    asyncio.run(main())
