"""What dies comes back: the agent, bluetoothd, the adapter, the display."""

from tests.vm.conftest import plug_in_radio
from tests.vm.guest.machine import Guest

BACK_S = 180
RADIO_RUNS = "journalctl --no-pager --output=cat -u edge-agent --after-cursor='{cursor}' | grep 'radio: running'"


def cursor(guest: Guest) -> str:
    """Return the present end of the journal."""
    return guest.run("journalctl --no-pager --lines=0 --show-cursor").partition("cursor: ")[2].strip()


def main_pid(guest: Guest, service: str) -> str:
    """Return the process id of a service's main process."""
    return guest.run(f"systemctl show --property=MainPID --value {service}").strip()


def restarted(guest: Guest, service: str, old_pid: str) -> None:
    """Wait until a service has told that it is ready, as another process."""
    guest.wait_for(
        f"systemctl is-active {service} && [ $(systemctl show --property=MainPID --value {service}) != {old_pid} ]",
        timeout_s=BACK_S,
    )


def test_agent_comes_back_after_kill(unit: Guest) -> None:
    start, pid = cursor(unit), main_pid(unit, "edge-agent.service")
    unit.run(f"kill -9 {pid}")
    restarted(unit, "edge-agent.service", pid)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)


def test_agent_survives_the_death_of_bluetoothd(unit: Guest) -> None:
    start, pid = cursor(unit), main_pid(unit, "edge-agent.service")
    unit.run("kill -9 $(pidof bluetoothd)")
    unit.wait_for("systemctl start bluetooth && bluetoothctl show | grep 'Powered: yes'", timeout_s=BACK_S)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    assert main_pid(unit, "edge-agent.service") == pid


def test_agent_survives_an_unplugged_adapter(unit: Guest) -> None:
    start, pid = cursor(unit), main_pid(unit, "edge-agent.service")
    unit.run("systemctl stop radio")
    unit.wait_for("! bluetoothctl show | grep 'Powered: yes'", timeout_s=BACK_S)
    plug_in_radio(unit)
    unit.wait_for(RADIO_RUNS.format(cursor=start), timeout_s=BACK_S)
    assert main_pid(unit, "edge-agent.service") == pid


def test_display_comes_back_after_kill(unit: Guest) -> None:
    pid = main_pid(unit, "edge-display.service")
    unit.run(f"kill -9 {pid}")
    restarted(unit, "edge-display.service", pid)
