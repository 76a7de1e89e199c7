"""What ``edge-fleet`` shows: tables that fold instead of cutting anything off."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from provisioning.hub.erasures import Erasure
from provisioning.hub.fleet import StoreStatus
from provisioning.hub.housekeeping import Done, in_words

_SHORT = frozenset({"State", "Last pull", "Behind", "Last push", "Asked"})
_OUTPUT_COLUMNS = 200  # of a file or a pipe, which have no width


def console() -> Console:
    """Return where tables are shown: a terminal as wide as it is, anything else wide enough."""
    shown = Console(highlight=False)
    return shown if shown.is_terminal else Console(highlight=False, width=_OUTPUT_COLUMNS)


def show_fleet(
    out: Console, stores: Sequence[StoreStatus], erasures: Sequence[Sequence[Erasure]], now_s: float
) -> None:
    """Show stores and units; ``erasures``: what each store's units have not confirmed."""
    for one, owed in zip(stores, erasures, strict=True):
        out.print(f"{one.store}: {one.customers} customers, {one.events} events", style="bold", soft_wrap=True)
        table = _table("Unit", "Zone", "State", "Last pull", "Behind", "Last push", "Erasures")
        for line in one.units:
            pulled, pushed = ago(line.pulled_s, now_s), ago(line.pushed_s, now_s)
            owes = _owes([each for each in owed if each.unit == line.unit], now_s)
            table.add_row(line.unit, line.zone, line.state, pulled, str(line.behind), pushed, owes)
        if one.units:
            out.print(table)


def erasure_table(erasures: Sequence[Erasure], now_s: float) -> Table:
    """Show what units have not confirmed, the oldest first."""
    table = _table("Customer", "Unit", "State", "Asked", "Tombstone", "Unit heard of")
    for each in erasures:
        sent = "sent" if each.pulled else "not sent yet"
        state = each.state(now_s)
        table.add_row(each.customer, each.unit, state, ago(each.asked_s, now_s), sent, ago(each.heard_s, now_s))
    return table


def housekeeping_line(done: Done | None, now_s: float) -> str:
    """Say when the hub deleted what is past its time, and what."""
    if done is None:
        return "housekeeping: not yet; the hub does it once an hour while it runs"
    return f"housekeeping: {ago(done.done_s, now_s)}; deleted {in_words(done.deleted)}"


def ago(then_s: float | None, now_s: float) -> str:
    """Say how long ago a Unix second was."""
    if then_s is None:
        return "never"
    age_s = max(0.0, now_s - then_s)
    for unit_s, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if age_s >= 2 * unit_s:
            return f"{age_s / unit_s:.0f} {name} ago"
    return f"{age_s:.0f} s ago"


def _owes(erasures: Sequence[Erasure], now_s: float) -> str:
    states = [each.state(now_s) for each in erasures]
    return ", ".join(f"{states.count(state)} {state}" for state in ("late", "overdue", "waiting") if state in states)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in _SHORT)
    return table
