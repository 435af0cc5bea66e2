"""Who acts on a task, by which door and when."""

from dataclasses import dataclass
from datetime import date, datetime

from dj_cadence.domain.tasks.way import Way


@dataclass(frozen=True, slots=True)
class Actor:
    """As every act is written down."""

    name: str
    """The key of a person; else the operator, an invented owner or the program itself."""
    now: datetime
    """Aware."""
    today: date
    """The site's local date at that instant."""
    via: Way | None = None
    """None: an act of the engine's own."""
