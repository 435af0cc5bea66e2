"""The log of a process, in which no line repeats itself without end.

A fault that comes back a thousand times a second says nothing new and fills the disk. The
same line is written a few times a minute; then it is counted, and the count is written.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import TextIO

FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"
AT_MOST = 5
"""Times that the same line is written within a stretch."""
STRETCH = 60.0
"""Seconds."""
MOST_KNOWN = 10_000
"""Different lines that are counted at a time."""
_Line = tuple[str, int, str, object]


class Log(logging.StreamHandler[TextIO]):
    """Writes lines to a stream; of those that are alike, a few and how many more there were."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(stream)
        self.setFormatter(logging.Formatter(FORM))
        self._clock = clock
        self._counts: dict[_Line, int] = {}
        self._since = clock()

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging, under this handler's lock."""
        try:
            line = _line(record)
        except Exception:  # noqa: BLE001  as logging does: a line that cannot be said stops nobody
            self.handleError(record)
            return
        if self._clock() - self._since >= STRETCH or len(self._counts) >= MOST_KNOWN:
            self.tell_repeated()
        count = self._counts[line] = self._counts.get(line, 0) + 1
        if count <= AT_MOST:
            super().emit(record)

    def tell_repeated(self) -> None:
        """Say what was left out so far, and begin to count anew."""
        counts, self._counts, self._since = self._counts, {}, self._clock()
        for (name, level, text, _), count in counts.items():
            if count > AT_MOST:
                message = f"repeated {count - AT_MOST} more times: {text.splitlines()[0]}"
                super().emit(logging.LogRecord(name, level, "", 0, message, None, None))

    def close(self) -> None:
        """What was left out is said in the end, too."""
        self.acquire()
        try:
            self.tell_repeated()
        finally:
            self.release()
        super().close()


def _line(record: logging.LogRecord) -> _Line:
    """What makes two lines the same: a traceback counts by its error's kind."""
    kind = record.exc_info[0] if record.exc_info else None
    return record.name, record.levelno, record.getMessage(), kind
