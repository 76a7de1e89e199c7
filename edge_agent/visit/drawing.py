"""Draws the state machine of a visit from its own table, for the documentation."""

from edge_agent.visit.journey import TRANSITIONS, Signal, State


def drawn() -> str:
    """Return a diagram (Mermaid) and a table (Markdown) of all transitions."""
    return f"```mermaid\n{diagram()}\n```\n\n{table()}\n"


def diagram() -> str:
    """Return the diagram; a signal that leaves the state as it is has no arrow."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.ARRIVED.value}"]
    for state, following in TRANSITIONS.items():
        signals: dict[State, list[str]] = {}
        for signal, then in following.items():
            if then is not state:
                signals.setdefault(then, []).append(_words(signal))
        lines += [f"    {state.value} --> {then.value}: {', '.join(names)}" for then, names in signals.items()]
    return "\n".join([*lines, f"    {State.ENDED.value} --> [*]"])


def table() -> str:
    """Return the table: what each signal makes of each state; a dash: it cannot happen."""
    rows = [["", *map(_words, Signal)], ["---"] * (1 + len(Signal))]
    for state, following in TRANSITIONS.items():
        nexts = (following.get(signal) for signal in Signal)
        rows.append([f"**{state.value}**", *("–" if then is None else then.value for then in nexts)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _words(signal: Signal) -> str:
    return signal.value.replace("_", " ")
