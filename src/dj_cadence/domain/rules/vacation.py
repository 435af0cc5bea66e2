"""What becomes of a period that lies in the vacation."""

from enum import StrEnum


class Vacation(StrEnum):
    KEEP = "keep"
    """Owed as always; no rule that was read exempts a vacation month."""
    SHIFT = "shift_within_period"
    """Owed, with the planned day on a day of school where the period has one."""
    WAIVE = "waive"
    """Not owed where more than half of the period's days lie outside the semesters."""
