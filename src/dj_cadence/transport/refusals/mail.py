"""What a mail server's refusal means, from when it was said, its code, its status and its words."""

from collections.abc import Mapping
from enum import StrEnum

from dj_cadence.errors import Blame
from dj_cadence.transport.refusals.mail_words import RULES
from dj_cadence.transport.refusals.reply import enhanced_status, words


class Stage(StrEnum):
    """What a server was answering when it refused."""

    GREETING = "greeting"
    """The connection itself, the encryption or the login."""
    SENDER = "sender"
    RECIPIENT = "recipient"
    TEXT = "text"
    """The word that the text follows, or the text."""
    REPORT = "report"
    """Afterwards, in a mail that came back: what a server further on said of the recipient."""


_BY_STATUS: Mapping[str, Blame] = {  # RFC 3463, 7505 and the registry of IANA
    "1.1": Blame.ADDRESS,
    "1.3": Blame.ADDRESS,
    "1.6": Blame.ADDRESS,
    "1.10": Blame.ADDRESS,
    "1.7": Blame.CHANNEL,  # of the sender
    "1.8": Blame.CHANNEL,
    "2.3": Blame.LETTER,
    "3.4": Blame.LETTER,
    # All others by their subject; where it is not here, it is about us.
    "1": Blame.MAILBOX,
    "2": Blame.MAILBOX,
    "4": Blame.PASSING,
    "6": Blame.LETTER,
}
_ABOUT_US = "7"
"""The subject of statuses that speak of security and policy."""
_NEEDS_LOGIN = (530, 534, 535, 538)
_FULL, _FULL_CODE = "2.2", 552


def judge_mail(stage: Stage, code: int, reply: str) -> Blame:
    """Whose fault it is that `code` was said, with these words.

    Words go before the status, and the status before the code. A status that speaks of policy
    goes before words that speak of the recipient: then the one or the other is not true.
    """
    if not 400 <= code < 600:  # no refusal that anybody knows
        return Blame.PASSING
    status = enhanced_status(reply).partition(".")[2]
    spoken = next((blame for pattern, blame in RULES if pattern.search(words(reply))), None)
    if stage in (Stage.GREETING, Stage.SENDER):
        return _of_us(code, spoken)
    if stage is Stage.TEXT:
        return _of_the_text(code, status, spoken)
    if code in _NEEDS_LOGIN:
        return Blame.CHANNEL
    return _of_the_recipient(code, status, spoken)


def _of_us(code: int, spoken: Blame | None) -> Blame:
    """Said before there was a recipient, it speaks of none."""
    if spoken is Blame.LETTER:
        return Blame.LETTER
    return Blame.CHANNEL if code >= 500 or spoken is Blame.CHANNEL else Blame.PASSING


def _of_the_text(code: int, status: str, spoken: Blame | None) -> Blame:
    """The recipient had been accepted: now it is about us or the letter.

    But for a box that was found full only now, which has to be said in words and in figures.
    """
    spoken = spoken or _BY_STATUS.get(status)
    if status == _FULL or (code == _FULL_CODE and not status):
        if spoken is Blame.MAILBOX:
            return Blame.MAILBOX
        if spoken is None and not status:
            return Blame.LETTER
    return _of_us(code, spoken)


def _of_the_recipient(code: int, status: str, spoken: Blame | None) -> Blame:
    subject = status.partition(".")[0]
    if _BY_STATUS.get(status) is Blame.CHANNEL:
        return Blame.CHANNEL
    if spoken in (Blame.ADDRESS, Blame.MAILBOX):
        return _if_true(spoken, code, subject)
    if spoken is not None:
        return spoken
    if code < 500:
        return Blame.MAILBOX if status == _FULL else Blame.PASSING
    if status:
        return _BY_STATUS.get(status) or _BY_STATUS.get(subject, Blame.CHANNEL)
    return Blame.MAILBOX if code == _FULL_CODE else Blame.CHANNEL


def _if_true(spoken: Blame, code: int, subject: str) -> Blame:
    """What is said of the recipient in words, held against the figures."""
    if subject == _ABOUT_US:
        return Blame.CHANNEL if code >= 500 else Blame.PASSING
    if code < 500 and (spoken is Blame.ADDRESS or subject not in ("", "2")):
        return Blame.PASSING
    if spoken is Blame.ADDRESS and subject in ("2", "3", "4"):
        return Blame.MAILBOX  # it may be there after all
    return spoken
