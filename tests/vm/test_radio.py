"""bleak as the agent's user, bluetoothd, the kernel, and a virtual radio."""

from tests.vm.guest.machine import Guest
from tests.vm.shop import Phones

LISTEN = """runuser -u edge-agent -- /opt/edge-agent/venv/bin/python -c '
import asyncio
from bleak import BleakScanner
async def main():
    async with BleakScanner() as scanner:
        async with asyncio.timeout(60):
            async for device, data in scanner.advertisement_data():
                print(data.service_data["0000feaa-0000-1000-8000-00805f9b34fb"].hex(), data.rssi)
                return
asyncio.run(main())'"""


def test_the_agents_user_hears_a_phone(guest: Guest, phones: Phones) -> None:
    phones.customer(rssi_dbm=-50)
    frame, rssi_dbm = guest.run(LISTEN).split()
    assert frame.startswith("30fc")  # an EID frame, -4 dBm
    assert len(bytes.fromhex(frame)) == 10
    assert -60 < int(rssi_dbm) < -40


def test_bluetoothd_keeps_what_it_hears_in_memory(guest: Guest, phones: Phones) -> None:
    assert "tmpfs" in guest.run("nsenter -t $(pidof bluetoothd) -m findmnt -n -o FSTYPE /var/lib/bluetooth")
    assert guest.run("ls -A /var/lib/bluetooth") == ""
