"""What an audit says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that should not be."""

    kind: str
    number: int
    text: str
    """In Chinese: what was found, what was done about it or what is to be done."""
    mended: bool = False
    """Whether nothing is left for a person to do."""
