"""A message that one process alone may send."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class StoredLetter(NamedTuple):
    """A letter as it was first written, in the two parts in which it is stored."""

    skeleton: bytes
    """Equal for letters that differ in names only."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed message, until its lease runs out."""

    id: int
    n: int
    """The number of this try. Another claim would have counted it up, unless it was handed back."""
    owner: str
    """The process that claimed it."""
    serial: int
    kind: str
    day: date
    late: bool
    channel: str
    address: str
    person_id: int
    person_name: str
    edition: int = 0
    """Above 0: one that was too large is written anew."""
    stored: StoredLetter | None = None
    """The letter, where an earlier try wrote it."""

    @property
    def is_asked_for(self) -> bool:
        """Whether it goes out outside the sending hours too."""
        return self.serial < 0
