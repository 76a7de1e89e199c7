"""Counts by reason, as the commands say them: on standard error, one line for each kind."""

from collections.abc import Mapping

import click


def tell_counts(what: str, counts: Mapping[str, int]) -> None:
    """Say ``what: reason 3, other_reason 1``, or nothing where nothing was counted."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    if reasons:
        click.echo(f"{what}: {reasons}", err=True)
