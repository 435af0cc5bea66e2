"""What a notifier is handed, and what it must be able to do."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Audience(StrEnum):
    """How a channel speaks, which decides what a letter may say."""

    MAIL = "mail"
    """To one person, at length, with an HTML part."""
    CHAT = "chat"
    """To one person, in short lines; it may carry the person's own link."""
    GROUP = "group"
    """To a whole group: names nobody who is late, no case, and carries no link that acts."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    media_type: str
    """Like application/pdf."""
    content: bytes


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
    form: Audience = Audience.MAIL
    attachments: tuple[Attachment, ...] = ()
    """For channels that carry files; the others leave them out."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a letter comes from."""

    name: str
    address: str


class Notifier(Protocol):
    """One channel. One call sends one letter. Each is used by one thread alone.

    An attribute `may_be_out` that is False while nothing of the letter was handed over yet tells
    those who wait no longer that it did not arrive; without it, it may have.
    """

    def send(self, letter: Letter) -> str:
        """Hand `letter` over and return what the other side answered.

        Returns only when the other side has accepted it for good. Raises DeliveryError
        otherwise, saying whether trying again can help.
        """

    def close(self) -> None:
        """Let go of connections. Called at the end of every pass."""


OpenNotifier = Callable[[], Notifier]
"""Gives a notifier with connections of its own, for one thread; nothing is connected yet.

The same object stands for the same channel as long as the process lives.
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `messages` in any `seconds`, so that the other side does not shut us out."""

    messages: int
    seconds: int
    per_address: bool = False
    """Whether it holds for each address by itself (a robot) or for the whole channel."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What the program must know of a notifier beforehand."""

    form: Audience = Audience.MAIL
    limit: Limit | None = None
    shown: str = ""
    """Where it sends to, for the list of channels; without anything secret."""
    deadline_seconds: float = 120.0
    """How long one letter may take in all; nobody waits for it longer."""


def traits(notifier: Notifier) -> Traits:
    """The notifier's attribute `traits`, which it may leave out."""
    declared = getattr(notifier, "traits", None)
    return declared if isinstance(declared, Traits) else Traits()
