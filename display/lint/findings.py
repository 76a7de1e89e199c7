"""What the linter tells. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or doubtful, in one field of one file."""

    field: str
    """Where: ``items 2, headline``."""
    problem: str
    """What is wrong."""
    advice: str
    """What to do about it."""
    severity: Literal["error", "warning"] = "error"
    """An error must not reach a screen."""
    file: str = ""
    """In which file; the part that reads files fills it in."""

    def __str__(self) -> str:
        where = f"{self.file}: " if self.file else ""
        return f"{where}{self.field}: {self.severity}: {self.problem}; {self.advice}"


def refuses(findings: Iterable[Finding]) -> bool:
    """Whether something among them must not reach a screen."""
    return any(finding.severity == "error" for finding in findings)
