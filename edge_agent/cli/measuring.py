"""Collects the samples of a calibration: one person, at two places."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

import click

from edge_agent.admin.client import Conversation, asking
from edge_agent.admin.strips import Places
from edge_agent.admin.words import SILENCES, names
from edge_agent.cli.keyboard import Keyboard
from edge_agent.clock import SystemClock
from edge_agent.contracts.admin import Listen, Sample, Samples, Snapshot, Watch
from edge_agent.errors import AgentError
from edge_agent.presence.calibration import FAR_M, NEAR_M, SAMPLES_MIN

ANSWER_S: Final = 5.0
"""The agent answers within this."""

PATIENCE: Final = 3.0
"""A place may take so many times longer than asked for until there are enough samples."""

NEARBY_S: Final = 60.0
"""How long a person is waited for."""

_BRIEF_S: Final = 0.05


def measure(path: Path, keyboard: Keyboard, badge: str | None, seconds: float) -> Places:
    """Return the samples of one device at :data:`NEAR_M` and :data:`FAR_M`, heard by the agent at ``path``.

    Raises AgentError where it does not answer, or the person is not heard.
    """
    with ExitStack() as stack:
        with asking(path, Watch()) as watching:  # her number counts as long as somebody asks
            person, name = _choose(watching, keyboard, badge)
            listening = stack.enter_context(asking(path, Listen(person=person)))
            listening.receive(ANSWER_S)
        heard = {}
        for distance_m in (NEAR_M, FAR_M):
            place = f"{name}: stand {distance_m:g} m away, with the phone as a customer carries it, and press Enter "
            keyboard.ask(place, lambda: listening.receive(_BRIEF_S))
            _throw_away(listening)
            heard[distance_m] = _collect(listening, seconds)
    return _of_one_device(heard)


def _choose(watching: Conversation, keyboard: Keyboard, badge: str | None) -> tuple[int, str]:
    """Return number and name of the person who carries the phone."""
    clock = SystemClock()
    until_s = clock.now().monotonic_s + NEARBY_S
    told = False
    while clock.now().monotonic_s < until_s:
        snapshot = watching.receive(ANSWER_S)
        if not isinstance(snapshot, Snapshot):
            continue
        if snapshot.silent is not None:
            raise AgentError(SILENCES[snapshot.silent])
        called = names(snapshot)
        if badge is not None:
            called = {person: name for person, name in called.items() if name.lower() == badge.strip().lower()}
        if badge is not None and called:
            return next(iter(called.items()))
        if called:
            return _choose_from(called, snapshot, watching, keyboard)
        if not told:
            click.echo(f"waiting for {badge or 'a known customer'}: is the app open, and the customer opted in?")
            told = True
    raise AgentError(f"{badge or 'nobody who is known'} was not heard within {NEARBY_S:.0f} s; see edge-agent watch")


def _choose_from(
    called: dict[int, str], snapshot: Snapshot, watching: Conversation, keyboard: Keyboard
) -> tuple[int, str]:
    away_m = {person.person: person.distance_m for person in snapshot.people}
    choices = list(called.items())
    for choice, (person, name) in enumerate(choices, start=1):
        about = "" if away_m[person] is None else f", about {away_m[person]:.1f} m"
        click.echo(f"  {choice}  {name}{about}")
    question = f"Which badge does the test phone show? [1-{len(choices)}] "
    while True:
        said = keyboard.ask(question, lambda: watching.receive(_BRIEF_S))
        if said.isascii() and said.isdigit() and 1 <= int(said) <= len(choices):
            return choices[int(said) - 1]


def _throw_away(listening: Conversation) -> None:
    """Forget what was heard on the way to the place."""
    listening.receive(ANSWER_S)


def _collect(listening: Conversation, seconds: float) -> list[Sample]:
    clock = SystemClock()
    began_s = now_s = clock.now().monotonic_s
    samples: list[Sample] = []
    rewrite = "\r\x1b[K" if sys.stdout.isatty() else ""
    try:
        while now_s - began_s < seconds or (len(samples) < SAMPLES_MIN and now_s - began_s < PATIENCE * seconds):
            answer = listening.receive(ANSWER_S)
            if isinstance(answer, Samples):
                samples += answer.samples
            now_s = clock.now().monotonic_s
            if rewrite:
                left_s = max(0.0, seconds - (now_s - began_s))
                click.echo(f"{rewrite}{_summary(samples)}, {left_s:.0f} s to go", nl=False)
    finally:  # an error stands on a line of its own
        click.echo(f"{rewrite}{_summary(samples)}")
    return samples


def _summary(samples: Sequence[Sample]) -> str:
    if not samples:
        return "  no samples"
    heard = [sample.rssi_dbm for sample in samples]
    return f"  {len(samples)} samples, median {median(heard):.0f} dBm, from {min(heard)} to {max(heard)} dBm"


def _of_one_device(heard: dict[float, list[Sample]]) -> Places:
    """Return the samples of the device that was heard best at both places."""
    counts = [Counter(sample.device for sample in samples) for samples in heard.values()]
    devices = sorted(set().union(*counts), key=lambda device: -min(count[device] for count in counts))
    if len(devices) > 1:
        click.echo(f"She carries {len(devices)} devices: the one that was heard most is used.")
    places = {at: [s for s in samples if s.device == devices[0]] for at, samples in heard.items()} if devices else heard
    for distance_m, samples in places.items():
        if len(samples) < SAMPLES_MIN:
            raise click.ClickException(
                f"nothing was written: {len(samples)} samples at {distance_m:g} m, {SAMPLES_MIN} are needed: "
                f"is the app open and advertising? Stay longer (--seconds)"
            )
    return places
