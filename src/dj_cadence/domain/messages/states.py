"""The states of a message, the outcomes of a try and of a notice: every value and every move.

Their Chinese words stand in `domain.labels`.
"""

from collections.abc import Mapping
from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is made of."""

    BUNDLE = "bundle"
    """Notices of tasks."""
    DIGEST = "digest"
    """Weekly digests, and notices if there are any."""
    ALERT = "alert"
    """For administrators; of no day, it is tried until it is out."""
    LOGIN = "login"
    """A link to log in, for a person who asked for it."""


WITHOUT_TASKS = frozenset({MessageKind.ALERT, MessageKind.LOGIN})
"""They carry no notices and are no part of what a person is told of duties."""


class MessageState(StrEnum):
    """Where a message stands."""

    READY = "ready"
    """Made, and not tried yet."""
    LEASED = "leased"
    """Claimed by a process, which may be sending it."""
    RETRY = "retry"
    """Tried, or claimed and handed back; it is due again at `send_at`."""
    SENT = "sent"
    """A channel accepted it."""
    GAVE_UP = "gave_up"
    """Refused for good; its notices are free for another message."""
    UNKNOWN = "unknown"
    """It waited in a copied site and may have been sent by the original."""
    QUARANTINED = "quarantined"
    """Two tries in a row with an unknown outcome: a person has to ask the recipient."""
    SUPERSEDED = "superseded"
    """Not sent on its day; its notices went into a later message."""
    SETTLED = "settled"
    """Nothing was left to say in it."""


WAITING = (MessageState.READY, MessageState.RETRY)
"""May be claimed."""
UNSENT = (MessageState.READY, MessageState.LEASED, MessageState.RETRY)
"""Will be sent; all others are final unless a person asks for the message again."""
REACHED_NOBODY = (MessageState.GAVE_UP, MessageState.SUPERSEDED, MessageState.SETTLED)
"""Final, and does not count as the day's one message."""
UNCERTAIN = (MessageState.UNKNOWN, MessageState.QUARANTINED)
"""Final, and may or may not have arrived."""
FAILED = (MessageState.GAVE_UP, *UNCERTAIN, MessageState.RETRY)
"""What an operator looks for."""
RESENDABLE = (*WAITING, MessageState.GAVE_UP, *UNCERTAIN)
"""A person may have it sent again."""

_S = MessageState
_MOVES: Mapping[MessageState, tuple[MessageState, ...]] = {
    _S.READY: (_S.LEASED, _S.RETRY, _S.SUPERSEDED, _S.UNKNOWN),
    _S.LEASED: (_S.RETRY, _S.QUARANTINED, _S.SETTLED, _S.UNKNOWN),
    _S.RETRY: (_S.LEASED, _S.RETRY, _S.GAVE_UP, _S.QUARANTINED, _S.SUPERSEDED, _S.UNKNOWN),
    **dict.fromkeys((_S.GAVE_UP, *UNCERTAIN), (_S.RETRY,)),
}
MOVES = {state: frozenset({_S.SENT, *_MOVES.get(state, ())}) for state in MessageState}
"""What each state may become.

SENT follows from any: a letter that nobody waited for any longer may be accepted after all.
"""


class AttemptOutcome(StrEnum):
    """What became of one try to send a message."""

    SENDING = "sending"
    """Written down before the letter goes out; found after a death, it means UNKNOWN."""
    SENT = "sent"
    RETRY = "retry"
    """Not taken for now."""
    GAVE_UP = "gave_up"
    """Not taken for good."""
    UNKNOWN = "unknown"
    """It may have arrived."""


class NoticeOutcome(StrEnum):
    """What became of a notice."""

    OPEN = ""
    """It waits, or is part of a message that was not sent yet."""
    SENT = "sent"
    FOLDED = "folded"
    """A newer notice of the same task speaks for it in the same message."""
    SETTLED_BEFORE = "settled_before"
    """The task was settled before it was told."""
    MOVED = "moved"
    """The task was given other dates, or is overdue no more, before it was told."""
    NO_ADDRESSEE = "no_addressee"
    """Nobody to tell; the level above is told instead."""
    UNKNOWN = "unknown"
    """See MessageState.UNKNOWN."""


NEVER_TOLD = (NoticeOutcome.SETTLED_BEFORE, NoticeOutcome.MOVED)
"""Outcomes of notices that nobody heard, nor was meant to in the end."""
