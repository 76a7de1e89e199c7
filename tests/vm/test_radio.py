"""bleak as the agent's user, bluetoothd, the kernel, and a virtual radio."""

from tests.vm.guest.machine import Guest
from tests.vm.shop import BACKGROUND_ADDRESS, BACKGROUND_CHARACTERISTIC, BACKGROUND_SERVICE, Phones

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

ASK = f"""runuser -u edge-agent -- /opt/edge-agent/venv/bin/python -c '
import asyncio
from bleak import BleakScanner
from edge_agent.clock import SystemClock
from edge_agent.contracts.radio_config import BackgroundConfig
from edge_agent.radio.gatt import TokenReader
from edge_agent.supervisor import Health
config = BackgroundConfig(
    enabled=True, service_uuid="{BACKGROUND_SERVICE}", characteristic_uuid="{BACKGROUND_CHARACTERISTIC}"
)
async def main():
    clock, read = SystemClock("always"), asyncio.Queue()
    reader = TokenReader(config, clock, read.put_nowait, Health("reader", clock), read_s=100)
    task = asyncio.create_task(reader.run())
    async with asyncio.timeout(250):
        async with BleakScanner() as scanner:
            async for device, data in scanner.advertisement_data():
                if device.address == "{BACKGROUND_ADDRESS}":
                    break
        await asyncio.sleep(1)
        reader.ask("{BACKGROUND_ADDRESS}")
        answer = await read.get()
    print(answer.token.hex() if answer.token else "none")
asyncio.run(main())'"""


def test_the_agents_user_hears_a_phone(guest: Guest, phones: Phones) -> None:
    phones.customer(rssi_dbm=-50)
    frame, rssi_dbm = guest.wait_for(LISTEN, timeout_s=180).split()  # bluetoothd may be busy for a moment
    assert frame.startswith("30fc")  # an EID frame, -4 dBm
    assert len(bytes.fromhex(frame)) == 10
    assert -60 < int(rssi_dbm) < -40


def test_bluetoothd_keeps_what_it_hears_in_memory(guest: Guest, phones: Phones) -> None:
    assert "tmpfs" in guest.run("nsenter -t $(pidof bluetoothd) -m findmnt -n -o FSTYPE /var/lib/bluetooth")
    assert guest.run("ls -A /var/lib/bluetooth") == ""


def test_the_units_own_beacon_is_on_the_air(unit: Guest) -> None:
    beacon = "1aff4c000215" + "5a4bcfce174e4baca814092e77f6b7e5" + "0102" + "0304" + "c5"
    unit.wait_for(f"journalctl --no-pager --output=cat -u radio | grep 'on the air: .*{beacon}'", timeout_s=180)


def test_the_agents_user_reads_the_token_of_an_iphone(unit: Guest, phones: Phones) -> None:
    unit.run("systemctl stop edge-agent")  # it would take the pause of the scan for a fault: this is not its connection
    phones.in_background(bytes.fromhex("0123456789abcdef"))
    assert unit.wait_for(ASK, timeout_s=180).strip() == "0123456789abcdef"
    phones.none()
    known = unit.run("busctl call org.bluez / org.freedesktop.DBus.ObjectManager GetManagedObjects")
    assert '"Paired" b true' not in known
    unit.run("systemctl start edge-agent")
