"""What a notifier is handed, and what it must be able to do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeGuard


class Form(StrEnum):
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
    form: Form = Form.MAIL
    attachments: tuple[Attachment, ...] = ()
    """For channels that carry files; the others leave them out."""


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


class Answer(NamedTuple):
    """Something that the other side is to say."""

    file: int
    """The descriptor on which it can be read once it is there."""
    seconds: float
    """How long to wait for it where others wait as well; then a TimeoutError is thrown in."""


Talk = Generator[Answer, None, str]
"""A letter being sent: stops where it would wait for an answer, ends as `send` does."""


class Talking(ABC):
    """A notifier whose sending stops wherever it would wait for the other side.

    Then one thread serves all connections of a channel. A talk may be resumed before the answer
    is there; it waits for it then. A class with a `send` of its own is never asked to talk.
    """

    @property
    def is_connected(self) -> bool:
        """Whether a talk begins without having to connect first."""
        return False

    @abstractmethod
    def talk(self, letter: Letter) -> Talk:
        """`send`, stopping before each answer that is not there yet."""

    def send(self, letter: Letter) -> str:
        """The whole talk at once."""
        talk = self.talk(letter)
        while True:
            try:
                next(talk)
            except StopIteration as end:
                return str(end.value)


def is_talking(notifier: object) -> TypeGuard[Talking]:
    return isinstance(notifier, Talking) and type(notifier).send is Talking.send


OpenNotifier = Callable[[], Notifier]
"""Gives a notifier with connections of its own, for one thread; nothing is connected yet."""


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

    form: Form = Form.MAIL
    limit: Limit | None = None
    shown: str = ""
    """Where it sends to, for the list of channels; without anything secret."""


def traits(notifier: Notifier) -> Traits:
    """The notifier's attribute `traits`, which it may leave out."""
    found = getattr(notifier, "traits", None)
    return found if isinstance(found, Traits) else Traits()
