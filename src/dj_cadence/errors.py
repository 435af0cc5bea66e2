"""What can go wrong, as types. The text of every error is plain Chinese, for the user."""

from enum import StrEnum


class DjCadenceError(Exception):
    """Base of all errors this package raises on purpose."""


class Refused(DjCadenceError):
    """The request cannot be carried out, and nothing was changed.

    `field` names what the sentence is about, where it is about one thing that was given:
    on, note, reason, at, place, until, amount, evidence, also, confirmed.
    """

    def __init__(self, text: str = "", *, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class DatabaseGone(Refused):
    """The database's file is another one than was opened, or is not there any more."""


class Blame(StrEnum):
    """What a refusal is due to, which decides what becomes of address, letter and channel."""

    ADDRESS = "address"
    """The other side said that there is no such mailbox or user: it is written to no more."""
    MAILBOX = "mailbox"
    """This mailbox cannot take it now, such as a full one: left alone for some days."""
    CHANNEL = "channel"
    """About us, the sender: haste, quota, spam, policy, login. Nobody's address is to blame."""
    LETTER = "letter"
    """This one letter, such as one that is too large; others would get through."""
    PASSING = "passing"
    """Over by itself in a while, or of unknown cause: tried again."""


class DeliveryError(DjCadenceError):
    """A channel did not take a message.

    `blame` says what is to blame. `reply` is what the other side answered, free of secrets
    and of message text; it goes into the delivery log. `down` says that nothing else would
    get through either, such as without a connection; `unknown` that the message may have
    been accepted all the same; `retry_after` in how many seconds the other side wants to be
    asked again, if it said so.
    """

    def __init__(
        self,
        reply: str,
        blame: Blame = Blame.PASSING,
        *,
        down: bool = False,
        unknown: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reply)
        self.reply = reply
        self.blame = blame
        self.down = down
        self.unknown = unknown
        self.retry_after = retry_after
