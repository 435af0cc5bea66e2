"""Listening to a server that may say too much, or too slowly, or never come to an end."""

import io
import socket
from dataclasses import dataclass
from time import monotonic


class TooMuch(OSError):
    """The other side said more than anybody wants to hear."""


@dataclass
class Allowance:
    """How long and how much may still be listened to; shared by who sets it and who listens."""

    seconds: float
    """For one piece of an answer."""
    until: float
    """For all of them: what `monotonic` says then."""
    bytes_left: int

    def timeout(self) -> float:
        """For the next step on a socket. Raises TimeoutError where the time is over."""
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        return min(self.seconds, left)

    def take(self, count: int) -> None:
        """Raises TooMuch where so many bytes more are too many."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooMuch


class _Reader(io.RawIOBase):
    """A socket's timeout is for each piece alone: one byte a second would never be late."""

    def __init__(self, connection: socket.socket, allowance: Allowance) -> None:
        self._connection = connection
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._connection.settimeout(self._allowance.timeout())
        count = self._connection.recv_into(buffer)
        self._allowance.take(count)
        return count


def reader(connection: socket.socket, allowance: Allowance) -> io.BufferedReader:
    """What takes the place of `makefile("rb")`; closing it leaves the socket open."""
    return io.BufferedReader(_Reader(connection, allowance))
