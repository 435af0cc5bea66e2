"""No line repeats itself without end; what was left out is counted."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from dj_cadence.entrypoints.log import AT_MOST, STRETCH, Log


class Written:
    """A logger over our handler, with a clock that stands where it is put."""

    def __init__(self, name: str) -> None:
        self.seconds, self._stream = 0.0, StringIO()
        self.handler = Log(self._stream, lambda: self.seconds)
        self.handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.logger = logging.getLogger(name)
        self.logger.addHandler(self.handler)
        self.logger.propagate = False

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    found = Written(request.node.name)
    found.logger.setLevel(logging.INFO)
    yield found
    found.logger.removeHandler(found.handler)


def test_the_same_line_is_written_a_few_times_and_then_counted(written: Written) -> None:
    for _ in range(288_000):
        written.logger.error("socket.accept() out of system resource\nsocket: <fd=7>")
    line = f"ERROR {written.logger.name} "
    shown = [f"{line}socket.accept() out of system resource", "socket: <fd=7>"]
    assert written.lines == shown * AT_MOST

    written.seconds = STRETCH
    written.logger.info("tick bundled=%d", 3)
    told = f"{line}repeated {288_000 - AT_MOST} more times: socket.accept() out of system resource"
    assert written.lines[len(shown) * AT_MOST :] == [
        told,
        f"INFO {written.logger.name} tick bundled=3",
    ]


def test_lines_that_differ_are_all_written(written: Written) -> None:
    for number in range(50):
        written.logger.warning("message_unwritable id=%d", number)
    assert len(written.lines) == 50


def test_after_a_while_the_same_line_is_written_again(written: Written) -> None:
    for minute in range(3):
        written.seconds = minute * STRETCH
        written.logger.warning("heartbeat_failed")
    assert written.lines == [f"WARNING {written.logger.name} heartbeat_failed"] * 3


def test_another_kind_of_error_under_the_same_words_is_another_line(written: Written) -> None:
    for kind in [OSError] * (AT_MOST + 3) + [ValueError]:
        try:
            raise kind
        except (OSError, ValueError):
            written.logger.exception("tick_failed")
    assert written.lines.count(f"ERROR {written.logger.name} tick_failed") == AT_MOST + 1


def test_what_was_left_out_is_told_in_the_end(written: Written) -> None:
    for _ in range(AT_MOST + 2):
        written.logger.error("tick_failed")
    written.handler.close()
    assert written.lines[-1] == f"ERROR {written.logger.name} repeated 2 more times: tick_failed"


def test_a_line_that_cannot_be_said_stops_nobody(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    written.logger.error("%d messages", "three")
    written.logger.error("next")
    assert written.lines == [f"ERROR {written.logger.name} next"]
