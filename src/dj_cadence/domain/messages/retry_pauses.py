"""How long a message waits for its next try, and an address for the next message."""

from datetime import datetime, timedelta

_MESSAGE = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=2))
_ADDRESS = tuple(timedelta(days=days) for days in (2, 4, 7, 14, 30))
_FORGOTTEN = timedelta(days=30)
"""After so long a time without trouble, an address's next trouble is the first again."""


def message_pause(attempt: int) -> timedelta:
    """Between a try that came to nothing, the first being 1, and the next one."""
    return _MESSAGE[min(attempt, len(_MESSAGE)) - 1]


def address_pause(times: int, until: datetime | None, now: datetime) -> tuple[datetime, int]:
    """Until when a mailbox that takes nothing is left alone, and the how manieth time that is.

    It was left alone `times` times, the last `until` then.
    """
    before = times if until and now < until + _FORGOTTEN else 0
    return now + _ADDRESS[min(before, len(_ADDRESS) - 1)], before + 1
