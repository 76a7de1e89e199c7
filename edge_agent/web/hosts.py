"""Which names and addresses are this machine's own."""

import ipaddress


def allowed_hosts(host: str) -> tuple[str, ...]:
    """Return the names under which a page served on ``host`` may be opened, for :class:`edge_agent.web.app.Sources`."""
    return ("localhost", "127.0.0.1", "[::1]") if is_loopback(host) else ("*",)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
