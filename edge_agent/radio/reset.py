"""The program of ``edge-bluetooth-reset@.service``: resets one adapter as deep as the kernel can, then ends.

It runs on its own, with the one capability that this takes, and the agent never imports it:
``python -m edge_agent.radio.reset hci0``. A USB adapter is switched off and on, and its port is reset; one on a
UART (the Raspberry Pi's own) can only be switched off and on. A soft block by rfkill is lifted, a hard one is not.
"""

import asyncio
import logging
import re
import sys

from bluetooth_adapters import get_adapters_from_hci
from bluetooth_auto_recovery import recover_adapter

log = logging.getLogger(__name__)


def main(words: list[str]) -> int:
    """Reset the adapter that is named. Returns the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    if len(words) != 1 or not re.fullmatch(r"hci\d{1,2}", words[0]):
        print("usage: python -m edge_agent.radio.reset ADAPTER, which is hci0 to hci99", file=sys.stderr)
        return 2
    (adapter,) = words
    addresses = {known["name"]: known["bdaddr"] for known in get_adapters_from_hci().values()}
    # By its address it is found again: after a reset of its port it may be called otherwise.
    if asyncio.run(recover_adapter(int(adapter[3:]), addresses.get(adapter, ""), gone_silent=True)):
        print(f"{adapter} was reset")
        return 0
    print(f"{adapter} could not be reset: unplug it and plug it in, or switch the unit off and on", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
