"""The radio: scans through bleak and BlueZ, hands on what it hears, and notices when it hears no more."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Literal

from bleak import BleakScanner
from bleak.args.bluez import BlueZDiscoveryFilters, BlueZScannerArgs
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from edge_agent.clock import Clock
from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.errors import RadioError
from edge_agent.events import Advertisement, RadioHealth
from edge_agent.radio.adapter import BLUEZ_REPLY_S, DBUS_ERRORS, AdapterWatch, watch_adapter
from edge_agent.radio.silence import Silence
from edge_agent.supervisor import Health

log = logging.getLogger(__name__)

FILTERS: Final = BlueZDiscoveryFilters(DuplicateData=True, RSSI=-127)
"""Without both, BlueZ reports a still phone only when its RSSI moves by 8 dB. -127 dBm lets everything through."""

CHECK_S: Final = 0.5
"""How often silence and discovery are looked at; a lost adapter is noticed at once."""

DISCOVERY_GRACE_S: Final = 3.0
"""The kernel restarts discovery every 10.24 s; only a longer pause means that BlueZ has stopped scanning."""

_ADDRESS_TYPES: Final[dict[str, Literal["public", "random"]]] = {"public": "public", "random": "random"}


class BluezRadio:
    """A supervised part that scans for ever on one adapter."""

    def __init__(
        self,
        config: RadioConfig,
        clock: Clock,
        health: Health,
        emit: Callable[[Advertisement], None],
        report: Callable[[RadioHealth], None],
    ) -> None:
        self.health = health
        self._config = config
        self._clock = clock
        self._emit = emit
        self._report = report
        self._healthy: bool | None = None
        self._heard = 0

    async def run(self) -> None:
        """Scan until cancelled, anew when a scan is deaf. Raises RadioError when the adapter, BlueZ or D-Bus fails."""
        try:
            async with watch_adapter(self._config.adapters[0] if self._config.adapters else None) as adapter:
                silence = Silence(self._config.silent_s, self._clock.now().monotonic_s)
                while True:
                    await self._scan(adapter, silence)
        finally:
            self._say(healthy=False)

    async def _scan(self, adapter: AdapterWatch, silence: Silence) -> None:
        scanner = BleakScanner(self._on_heard, bluez=BlueZScannerArgs(adapter=adapter.name, filters=FILTERS))
        await _start(scanner, adapter.name)
        try:
            self.health.running()
            self._say(healthy=True)
            await self._watch(adapter, silence)
        finally:
            self._say(healthy=False)
            await _stop(scanner)

    async def _watch(self, adapter: AdapterWatch, silence: Silence) -> None:
        """Return when the scan is deaf: no sooner than ``silent_s`` after it began, which bounds the restarts."""
        heard_before = self._heard
        discovering_s = self._clock.now().monotonic_s
        silence.begun(discovering_s)
        while True:
            await adapter.wait(CHECK_S)
            if adapter.problem is not None:
                raise RadioError(adapter.problem)
            now_s = self._clock.now().monotonic_s
            if self._heard != heard_before:
                heard_before = self._heard
                silence.heard(now_s)
            elif (since_s := silence.deaf_since_s(now_s)) is not None:
                log.warning("radio: nothing heard for %.0f s on %s: scan restarted", now_s - since_s, adapter.name)
                self._say(healthy=False, since_s=since_s)
                return
            if adapter.discovering:
                discovering_s = now_s
            elif now_s - discovering_s >= DISCOVERY_GRACE_S:
                self._say(healthy=False, since_s=discovering_s)
                raise RadioError(f"BlueZ stopped scanning on {adapter.name}: scan restarted")

    def _on_heard(self, device: BLEDevice, data: AdvertisementData) -> None:
        properties = data.platform_data[1]
        if "RSSI" not in properties:
            return  # BlueZ takes the RSSI away when it stops hearing a device: no advertisement
        self._heard += 1
        self._emit(
            Advertisement(
                rssi_dbm=data.rssi,
                manufacturer_data=tuple(data.manufacturer_data.items()),
                service_data=tuple(data.service_data.items()),
                service_uuids=tuple(data.service_uuids),
                address=device.address,
                address_type=_ADDRESS_TYPES.get(properties.get("AddressType", ""), "unknown"),
            )
        )

    def _say(self, *, healthy: bool, since_s: float | None = None) -> None:
        if healthy is not self._healthy:
            self._healthy = healthy
            self._report(RadioHealth(healthy, since_s))


async def _start(scanner: BleakScanner, adapter: str) -> None:
    try:
        async with asyncio.timeout(BLUEZ_REPLY_S):
            await scanner.start()
    except (BleakError, *DBUS_ERRORS) as error:
        reason = str(error) or type(error).__name__
        raise RadioError(f"BlueZ does not scan on {adapter} ({reason}): systemctl restart bluetooth") from error


async def _stop(scanner: BleakScanner) -> None:
    """Stop as well as may be: what the scan ran on is often gone."""
    try:
        async with asyncio.timeout(BLUEZ_REPLY_S):
            await scanner.stop()
    except (BleakError, *DBUS_ERRORS) as error:
        log.debug("scan not stopped: %s", error)
