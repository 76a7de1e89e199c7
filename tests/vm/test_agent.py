"""The unit on a real Bluetooth stack: a phone comes near; the screen speaks, a card comes, the hub hears of it."""

import json

from tests.vm.guest.machine import Guest
from tests.vm.shop import STORE, UNIT, Phones, RunningHub

SCENE_S = 180
"""The processor is emulated: nothing here is a measurement."""


def cards(guest: Guest) -> list[dict[str, str]]:
    """Return the cards that the tablet has heard, oldest first."""
    lines = guest.run(f"grep -a '^ea/1/{STORE}/card/' /run/heard || true").splitlines()
    return [json.loads(line.partition(" ")[2])["data"] for line in lines]


def test_agent_notifies_and_pulls_the_slice(unit: Guest) -> None:
    assert "Type=notify" in unit.run("systemctl show --property=Type edge-agent.service")
    assert "unit door of store corner" in unit.run("systemctl show --property=StatusText edge-agent.service")
    assert f"ea/1/{STORE}/unit/{UNIT}" in unit.wait_for(f"grep -a ea/1/{STORE}/unit/{UNIT} /run/heard")


def test_phone_becomes_scene_card_and_events(unit: Guest, phones: Phones, hub: RunningHub) -> None:
    unit.wait_for("journalctl --output=cat -u edge-agent | grep 'screen: running'", timeout_s=SCENE_S)
    phones.customer()
    unit.wait_for(f"grep -a '^ea/1/{STORE}/card/outdoor' /run/heard", timeout_s=SCENE_S)
    card = cards(unit)[0]
    assert (card["state"], card["kind"], card["zone"]) == ("open", "opportunity", "Door")
    assert "Trail Jacket" in json.dumps(card)
    assert card["badge"]
    hub.wait_for_events("visit.started", "decision.made", "content.shown", "clerk.notified", timeout_s=SCENE_S)

    phones.none()
    hub.wait_for_events("content.played", timeout_s=SCENE_S)


def test_logs_name_nobody(unit: Guest) -> None:
    log = unit.run("journalctl --no-pager --output=cat -u edge-agent -u edge-display -u bluetooth")
    assert "C0:00:00:00:00:01" not in log
    assert "c-1" not in log.replace("hci", "")
    assert "000102030405060708090a0b0c0d0e0f" not in log
