"""Scans through bleak and BlueZ: an active one that asks phones for more, and a passive one that never transmits."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Final, Literal

from bleak import BleakScanner
from bleak.args.bluez import BlueZDiscoveryFilters, BlueZScannerArgs
from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from edge_agent.errors import RadioError
from edge_agent.events import Advertisement
from edge_agent.radio.adapter import AdapterWatch, watch_adapter
from edge_agent.radio.dbus import DBUS_ERRORS, REPLY_S
from edge_agent.radio.patterns import Pattern
from edge_agent.radio.scan import Hear

log = logging.getLogger(__name__)

FILTERS: Final = BlueZDiscoveryFilters(DuplicateData=True, RSSI=-127, Pattern="")
"""Without the first two, BlueZ reports a still phone only when its RSSI moves by 8 dB; -127 dBm lets everything
through. BlueZ merges the filters of all programs: where one of them gives a pattern, whatever fits nobody's pattern
is kept from all of them. The empty pattern fits everything."""

UUIDS_MAX: Final = 64
"""BlueZ keeps every service UUID that a device has ever sent, and tells all of them each time. A transmitter that
changes its UUID all the time would make each of its advertisements dearer than the last, so BlueZ has to forget it."""

CONNECTED_MAX: Final = 64
"""Devices whose connection is remembered; a unit holds one at a time."""

_KEPT: Final = ("Paired", "Bonded", "Trusted")
"""Devices that somebody has set up are left alone."""

_ADDRESS_TYPES: Final[dict[str, Literal["public", "random"]]] = {"public": "public", "random": "random"}


class BluezScan:
    """One scan on one adapter; see :class:`edge_agent.radio.scan.Scan`."""

    def __init__(self, wanted: str | None, hear: Hear, patterns: tuple[Pattern, ...] = ()) -> None:
        """``wanted``: the adapter, ``None``: the first that is switched on. With ``patterns`` the scan is passive."""
        self.kind: Final[Literal["active", "passive"]] = "passive" if patterns else "active"
        self._wanted = wanted
        self._hear = hear
        self._patterns = patterns
        self._watch: AdapterWatch | None = None
        self._held = AsyncExitStack()
        self._connected: set[str] = set()
        self._overgrown: set[str] = set()
        """Devices of which BlueZ remembers too much; at most ``CONNECTED_MAX`` at a time."""

    @property
    def adapter(self) -> str:
        """``hci0``; empty until an adapter was found."""
        return "" if self._watch is None else self._watch.name

    @property
    def discovering(self) -> bool:
        """Whether BlueZ says that it scans. It says nothing of the kind about a passive scan."""
        return self._watch is not None and (self.kind == "passive" or self._watch.discovering)

    @property
    def problem(self) -> RadioError | None:
        """Why this scan will hear nothing any more, and what to do."""
        return None if self._watch is None else self._watch.problem

    async def start(self) -> None:
        """Find the adapter and scan. Raises RadioError with what to do."""
        self._watch = await self._held.enter_async_context(watch_adapter(self._wanted))
        if self._watch.discovering:
            log.warning(
                "another program scans on %s, and less is heard while it does: stop it, or give it an own adapter",
                self._watch.name,
            )
        scanner = self._scanner(self._watch.name)
        self._held.push_async_callback(_stop, scanner)
        try:
            async with asyncio.timeout(REPLY_S):
                await scanner.start()
        except (BleakError, *DBUS_ERRORS) as error:
            if self._watch.problem is not None:
                raise self._watch.problem from error
            reason = str(error) or type(error).__name__
            raise RadioError(
                f"BlueZ does not scan on {self.adapter} ({reason}): systemctl restart bluetooth"
            ) from error

    async def wait(self, timeout_s: float) -> None:
        """Return when there is a problem, at the latest after so long."""
        if self._watch is not None:
            while self._overgrown:
                await self._watch.forget(self._overgrown.pop())
            await self._watch.wait(timeout_s)

    async def stop(self) -> None:
        """End the scan as well as may be."""
        down = self.problem is not None and self.problem.trouble == "down"
        await self._held.aclose()
        if down:
            await _forget_everybody()

    def _scanner(self, adapter: str) -> BleakScanner:
        if self.kind == "passive":
            bluez = BlueZScannerArgs(adapter=adapter, or_patterns=list(self._patterns))  # type: ignore[arg-type]
            return BleakScanner(self._on_heard, scanning_mode="passive", bluez=bluez)
        return BleakScanner(self._on_heard, bluez=BlueZScannerArgs(adapter=adapter, filters=FILTERS))

    def _on_heard(self, device: BLEDevice, data: AdvertisementData) -> None:
        path, properties = data.platform_data
        if "RSSI" not in properties:
            return  # BlueZ takes the RSSI away when it stops hearing a device: no advertisement
        if properties.get("Connected") or path in self._connected:
            self._connection_changed(path, connected=bool(properties.get("Connected")))
            return
        if len(data.service_uuids) > UUIDS_MAX and not any(properties.get(name) for name in _KEPT):
            if len(self._overgrown) < CONNECTED_MAX:
                self._overgrown.add(path)
            return
        self._hear(
            Advertisement(
                rssi_dbm=data.rssi,
                manufacturer_data=tuple(data.manufacturer_data.items()),
                service_data=tuple(data.service_data.items()),
                service_uuids=tuple(data.service_uuids),
                address=device.address,
                address_type=_ADDRESS_TYPES.get(properties.get("AddressType", ""), "unknown"),
            )
        )

    def _connection_changed(self, path: str, *, connected: bool) -> None:
        """bleak shows a device again whenever any of its properties changes, as if it had advertised."""
        if not connected:
            self._connected.discard(path)
        elif len(self._connected) < CONNECTED_MAX:
            self._connected.add(path)


async def _forget_everybody() -> None:
    """Let bleak forget what a bluetoothd that has ended had shown it: strangers' addresses, until the agent ends.

    It drops a device when bluetoothd says so, which one that was killed never does, and it drops everything when it
    loses its connection to D-Bus. It has no call for that.
    """
    try:
        async with asyncio.timeout(REPLY_S):
            manager = await get_global_bluez_manager()
    except (BleakError, *DBUS_ERRORS):
        return  # D-Bus has ended, too
    if manager._bus is not None:
        manager._bus.disconnect()


async def _stop(scanner: BleakScanner) -> None:
    try:
        async with asyncio.timeout(REPLY_S):
            await scanner.stop()
    except (BleakError, *DBUS_ERRORS) as error:
        log.debug("scan not stopped: %s", error)
