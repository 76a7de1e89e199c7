"""What the unit knows: notice, clock, slice, catalogue, campaigns, and the key that seals the profiles."""

from collections.abc import Iterator
from typing import Final

from edge_agent.admin.doctor.facts import Facts
from edge_agent.admin.doctor.spans import left_s, many, since_s, span
from edge_agent.contracts.examination import Finding

PULL_OLD_S: Final = 1800.0
"""The hub is asked every five minutes at least; six that failed are an outage."""

STOCK_OLD_S: Final = 86_400.0
"""Older stock counts as unknown."""


def trust(facts: Facts) -> Iterator[Finding]:
    """Yield what allows the unit to know anybody: the notice, and a clock that is set."""
    notice = facts.config.notice.version
    if notice is None:
        what = "No privacy notice hangs at the entrance: nobody is recognised, nothing is personal."
        todo = "hang it up, and set notice.version to what hangs there"
        yield Finding(severity="fault", about="notice", what=what, todo=todo)
    else:
        yield Finding(severity="ok", about="notice", what=f"Version {notice} hangs at the entrance.")
    if not facts.now.utc_trusted:
        what = "It is not set: nobody is recognised, because consents and leases cannot be judged."
        todo = "give the unit a time server: timedatectl status, timedatectl timesync-status"
        yield Finding(severity="fault", about="clock", what=what, todo=todo)
    elif facts.config.clock.trust == "always":
        what = "It is believed without asking whether anything keeps it right (clock.trust)."
        todo = "only right for machines with a clock of their own"
        yield Finding(severity="note", about="clock", what=what, todo=todo)
    else:
        yield Finding(severity="ok", about="clock", what="It is set, says the kernel.")


def slice_age(facts: Facts) -> Iterator[Finding]:
    """Yield how long the profiles may still be used."""
    held, utc = facts.held, facts.now.utc
    if facts.unreadable:
        return
    if held.lease_until is None:
        what = "No profiles are held: nobody is recognised."
        yield Finding(severity="fault", about="slice", what=what, todo="they come from the hub: see hub")
    elif left_s(held.lease_until, utc) <= 0:
        ago = span(since_s(held.lease_until, utc))
        what = f"Its lease ended {ago} ago: nobody is recognised, everything is generic."
        yield Finding(severity="fault", about="slice", what=what, todo="it is renewed by the hub: see hub")
    else:
        left = span(left_s(held.lease_until, utc))
        pulled_s = None if held.pulled_at is None else since_s(held.pulled_at, utc)
        started_s = facts.now.monotonic_s - facts.started_s
        if (started_s if pulled_s is None else pulled_s) > PULL_OLD_S:
            age = f"for {span(started_s)} at least" if pulled_s is None else f"for {span(pulled_s)}"
            what = f"The hub has not renewed it {age}; in {left} it ends, and everything becomes generic."
            yield Finding(severity="warning", about="slice", what=what, todo="bring the line to the hub back: see hub")
        elif not held.customers:
            what = f"It is here for {left} more, but nobody in it can be recognised."
            yield Finding(severity="warning", about="slice", what=what, todo="has anybody opted in? ask the platform")
        else:
            what = f"It holds {many(held.customers, 'customer')}, and is good for {left} more."
            yield Finding(severity="ok", about="slice", what=what)


def offers(facts: Facts) -> Iterator[Finding]:
    """Yield whether there is something to say, and how old the stock is that it may depend on."""
    held = facts.held
    if facts.unreadable:
        return
    if held.campaigns:
        yield Finding(severity="ok", about="campaigns", what=f"{many(held.campaigns, 'campaign')} may be said.")
    else:
        what = "None is here: nothing can be said to anybody."
        todo = "put some into the hub: edge-fleet load; edge-agent campaigns check FILE says what is wrong with them"
        yield Finding(severity="warning", about="campaigns", what=what, todo=todo)
    if held.stock_counted_at is None:
        what = "No product has a known stock: campaigns that need one are silent."
        yield Finding(severity="note", about="catalogue", what=what, todo="send stock with the catalogue")
        return
    age_s = since_s(held.stock_counted_at, facts.now.utc)
    if age_s > STOCK_OLD_S:
        what = f"Its newest stock is {span(age_s)} old, and counts as unknown: campaigns that need one are silent."
        todo = "see why the merchandise system sends none, and whether the hub is reached"
        yield Finding(severity="warning", about="catalogue", what=what, todo=todo)
    else:
        yield Finding(severity="ok", about="catalogue", what=f"Its newest stock was counted {span(age_s)} ago.")


def key(facts: Facts) -> Iterator[Finding]:
    """Yield where the key comes from and what that protects, or why nobody can read the profiles."""
    absent = next((report for report in facts.parts if report.part == "key" and report.state != "running"), None)
    if not facts.key.held or absent is not None:
        problem = (absent.problem if absent is not None else "") or "it is not here yet"
        what = f"The profiles cannot be read, nobody is recognised: {problem}"
        todo = "nothing is lost: the profiles come again once the key is there (docs/keys.md)"
        if facts.key.source == "hub":
            todo = "the unit must reach the hub once after each start: see hub; or edge-fleet may have locked it"
        yield Finding(severity="fault", about="key", what=what[:200], todo=todo)
        return
    match facts.key.source:
        case "hub":
            what = "The hub handed it out; it is in memory only, and a stolen unit holds nothing readable."
            yield Finding(severity="ok", about="key", what=what)
        case "tpm":
            what = "The profiles are sealed with a credential that only this machine's TPM opens."
            yield Finding(severity="ok", about="key", what=what)
        case "credential":
            what = "The profiles are sealed with a systemd credential of this disk: whoever has the disk has both."
            todo = 'where theft matters: a TPM, or slice.unlock = "hub" (docs/keys.md)'
            yield Finding(severity="note", about="key", what=what, todo=todo)
        case "file":
            what = "It lies in a file beside the profiles: whoever steals the card reads one lease of them."
            todo = 'make it a systemd credential, or slice.unlock = "hub" (docs/keys.md)'
            yield Finding(severity="warning", about="key", what=what, todo=todo)
