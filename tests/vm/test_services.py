"""The services as systemd sees them, on the version of Debian 13."""

from tests.vm.guest.machine import Guest

UNITS = "edge-agent.service edge-display.service edge-agent.target bluetooth.service"


def exposure(guest: Guest, service: str) -> float:
    """Return what systemd-analyze says about the hardening of a service, 0 (best) to 10."""
    table = guest.run(f"systemd-analyze security --no-pager {service}")
    return float(table.partition("Overall exposure level for")[2].split(":")[1].split()[0])


def test_systemd_accepts_the_units_without_a_word(guest: Guest) -> None:
    assert guest.run(f"systemd-analyze verify --man=no {UNITS}") == ""


def test_services_are_well_confined(guest: Guest) -> None:
    assert exposure(guest, "edge-agent.service") <= 1.5
    assert exposure(guest, "edge-display.service") <= 2.0


def test_restart_gets_slower_where_systemd_can(guest: Guest) -> None:
    assert "RestartSteps=6" in guest.run("systemctl show edge-agent.service")


def test_only_the_display_shares_socket_and_content(guest: Guest) -> None:
    folders = (
        "/run/edge-agent /run/edge-agent/admin /run/edge-display "
        "/var/lib/edge-agent/content /var/lib/edge-agent/identity"
    )
    modes = guest.run(f"stat --format '%a %U:%G' {folders}")
    assert modes.splitlines() == [
        "2751 edge-agent:edge-screen",
        "2750 edge-agent:edge-agent-admin",
        "2750 edge-display:edge-agent",
        "2750 edge-agent:edge-screen",
        "700 edge-agent:edge-agent",
    ]
    assert "edge-screen" in guest.run("systemctl show --property=SupplementaryGroups edge-display.service")
