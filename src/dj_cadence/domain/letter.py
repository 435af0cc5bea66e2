"""What a notifier is handed, and what it must be able to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered message. The same `message_id` always carries the same content."""

    message_id: str
    """An RFC 5322 id without angle brackets, made from the ledger's key."""
    to: str
    """The address on the channel."""
    to_name: str
    subject: str
    text: str
    html: str
    date: str
    """ISO instant at which the content was made; it goes into the Date header."""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a letter comes from."""

    name: str
    address: str


class Notifier(Protocol):
    """One channel. One call sends one letter."""

    def send(self, letter: Letter) -> str:
        """Hand `letter` over and return what the other side answered.

        Returns only when the other side has accepted it for good. Raises DeliveryError
        otherwise, saying whether trying again can help.
        """

    def close(self) -> None:
        """Let go of connections. Called at the end of every pass."""


OpenNotifier = Callable[[], Notifier]
"""Gives a notifier with connections of its own, for one thread; nothing is connected yet."""
