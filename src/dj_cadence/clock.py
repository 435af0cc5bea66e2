"""The only module that reads the clock. Everything else is handed the instant."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

FILE = "DJ_CADENCE_CLOCK"
"""For rehearsals: a file that holds the instant to go by, in ISO with its offset."""


def now() -> datetime:
    """The present instant, aware, in UTC."""
    if rehearsal := os.environ.get(FILE):
        return datetime.fromisoformat(Path(rehearsal).read_text("ascii").strip()).astimezone(UTC)
    return wall()


def wall() -> datetime:
    """The machine's own instant even in a rehearsal, for what wakes us and reckons nothing."""
    return datetime.now(UTC)


def is_rehearsal() -> bool:
    """Whether somebody steps the clock from day to day."""
    return FILE in os.environ


def steady() -> float:
    """Seconds since some beginning, whatever is done to the clock; the machine's sleep counts."""
    counting_sleep = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # not on every system
    return time.clock_gettime(counting_sleep)
