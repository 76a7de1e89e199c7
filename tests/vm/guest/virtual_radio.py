#!/usr/bin/env python3
"""A Bluetooth adapter that hears what the newest file of a folder says: virtual_radio.py FOLDER

The kernel sees a controller on /dev/vhci; bluetoothd and bleak do not know the difference. The files are named 1.json,
2.json and so on, and each says

    {"deaf": "never", "advertisers": [
        {"address": "C0:00:00:00:00:01", "data": "AD structures, hexadecimal", "interval_ms": 250, "rssi_dbm": -50}]}

so that phones come, go and walk about. Killing the program unplugs the adapter. Why no file ever changes: Linux 6.12
does not come back from reading a file of a 9p folder that the host makes shorter at that moment.
``peripheral``, next to the advertisers, is one that can be connected with, with one characteristic to read:

    {"address": "C0:00:00:00:00:02", "data": "AD structures, hexadecimal",
     "service": "UUID", "characteristic": "UUID", "value": "hexadecimal"}
``deaf``: "until reset" or "always" acknowledges every command and hears nothing, as controllers do after a hang.
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
from bumble.device import Device
from bumble.gatt import Characteristic, Service
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport import open_transport
from bumble.transport.common import AsyncPipeSink

ADVERTISING_DELAY_S = 0.010  # the random part that the specification adds to each interval
LOOK_S = 0.2
JITTER_DB = 2.0
EXTENDED = hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING


class Radio(Controller):
    """Bumble's controller, told what its antenna hears."""

    def __init__(self, strict: bool, **settings: Any) -> None:
        super().__init__("radio", **settings)
        self.le_features &= ~EXTENDED  # legacy reports: one format to build, and what most adapters in shops send
        self.deaf = "never"
        self._strict = strict
        self._heard: set[tuple[bytes, bytes]] = set()

    def hear(self, address: hci.Address, data: bytes, rssi_dbm: int) -> None:
        """Report one non-connectable advertisement, if the host scans."""
        key = (bytes(address), data)
        if not self.le_scan_enable:
            self._heard.clear()
        if not self.le_scan_enable or self.deaf != "never":
            return
        if self._strict and self.filter_duplicates and key in self._heard:
            return
        self._heard.add(key)
        report = struct.pack("<BBBB", 2, 1, 3, address.address_type) + bytes(address)
        report += bytes([len(data)]) + data + struct.pack("b", rssi_dbm)
        self.host.on_packet(bytes([hci.HCI_EVENT_PACKET, hci.HCI_LE_META_EVENT, len(report)]) + report)

    def on_hci_reset_command(self, command: Any) -> Any:
        """Be reset, which cures some deafness."""
        if self.deaf == "until reset":
            self.deaf = "never"
            print("reset: it hears again", flush=True)
        return super().on_hci_reset_command(command)

    def on_hci_le_set_advertising_enable_command(self, command: Any) -> Any:
        """Go on the air, or off it, and say with what."""
        data = self.le_legacy_advertiser.advertising_data.hex() if command.advertising_enable else "nothing"
        print(f"on the air: {data}", flush=True)
        return super().on_hci_le_set_advertising_enable_command(command)


class Air(LocalLink):
    """Carries data between those who are connected."""

    def send_acl_data(self, sender_controller: Controller, destination_address: Any, transport: Any, data: Any) -> None:
        """Bumble names the sender by its random address; the kernel connects by the adapter's public one."""
        receiver = self.find_le_controller(destination_address)
        connection = sender_controller.le_connections.get(destination_address)
        if receiver is not None and connection is not None:
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)


async def advertise(radio: Radio, advertiser: dict[str, Any], chance: random.Random) -> None:
    """Send one advertiser's packets for ever."""
    address = hci.Address(advertiser["address"], hci.Address.RANDOM_DEVICE_ADDRESS)
    data = bytes.fromhex(advertiser["data"])
    interval_s = advertiser.get("interval_ms", 250) / 1000
    await asyncio.sleep(interval_s * chance.random())  # not all at once
    while True:
        rssi_dbm = round(chance.gauss(advertiser["rssi_dbm"], JITTER_DB))
        radio.hear(address, data, max(-127, min(20, rssi_dbm)))
        await asyncio.sleep(interval_s + chance.random() * ADVERTISING_DELAY_S)


async def connectable(link: LocalLink, peripheral: dict[str, str]) -> None:
    """Be a phone that can be connected with, for ever."""
    controller, host = Controller("phone", link=link), Host()
    host.controller = controller
    device = Device(name="", address=hci.Address(peripheral["address"]), host=host)
    controller.host = AsyncPipeSink(host)
    host.set_packet_sink(AsyncPipeSink(controller))
    value = bytes.fromhex(peripheral["value"])
    readable = Characteristic.Properties.READ, Characteristic.READABLE
    device.add_service(Service(peripheral["service"], [Characteristic(peripheral["characteristic"], *readable, value)]))
    device.advertising_data = bytes.fromhex(peripheral["data"])
    try:
        await device.power_on()
        await device.start_advertising(
            auto_restart=True,
            advertising_interval_min=200,
            advertising_interval_max=200,
            advertising_data=bytes.fromhex(peripheral["data"]),
        )
        await asyncio.Event().wait()
    finally:
        link.remove_controller(controller)


def named(number: int, folder: Path) -> Path:
    """Return the file of this number."""
    return folder / f"{number}.json"


def last_after(number: int, folder: Path) -> int:
    """Return the number of the newest file, if there is one after the file of this number."""
    while named(number + 1, folder).exists():
        number += 1
    return number


async def main() -> None:
    """Be the adapter until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("air", type=Path)
    parser.add_argument("--duplicates", choices=["all", "strict"], default="all")
    parser.add_argument("--address", default="F0:F1:F2:F3:F4:F5", help="its own, public")
    options = parser.parse_args()
    async with await open_transport("vhci:/dev/vhci") as kernel:
        link = Air()
        radio = Radio(
            options.duplicates == "strict",
            public_address=options.address,
            host_source=kernel.source,
            host_sink=kernel.sink,
            link=link,
        )
        number, phones = 0, []
        print("the adapter is there", flush=True)
        while True:
            if (newest := last_after(number, options.air)) != number:
                for phone in phones:
                    phone.cancel()
                number, chance = newest, random.Random(1)
                air = json.loads(named(number, options.air).read_text())
                radio.deaf = air["deaf"]
                phones = [asyncio.create_task(advertise(radio, one, chance)) for one in air["advertisers"]]
                if peripheral := air.get("peripheral"):
                    phones.append(asyncio.create_task(connectable(link, peripheral)))
            await asyncio.sleep(LOOK_S)


if __name__ == "__main__":
    asyncio.run(main())
