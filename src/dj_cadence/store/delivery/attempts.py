"""One try to send: written down before the letter goes out, and its outcome after it.

The only writer of `attempt` and of `handled_report`. Each function but the last ones sets what
becomes of the message too.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    String,
    bindparam,
    delete,
    exists,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.claim import Claim
from dj_cadence.domain.messages.retry_pauses import message_pause
from dj_cadence.domain.messages.states import AttemptOutcome
from dj_cadence.store.core.compiled import CompiledStatement, DriverTransaction
from dj_cadence.store.core.database import insert_or_ignore, upsert
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.types import instant_text
from dj_cadence.store.delivery import addresses, letters, messages
from dj_cadence.store.digest import digests
from dj_cadence.store.reminders import notices
from dj_cadence.store.schema import attempt, handled_report, message


def begin(transaction: DriverTransaction, claim: Claim, now: datetime) -> bool:
    """Write down that the letter is about to go out.

    False where another process has taken the message over: then it must not be sent.
    """
    return bool(transaction.run(_BEGIN, **messages.claimed(claim), started=instant_text(now)))


def sent(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The channel has accepted it. That stands whoever holds the message by now.

    Its notices lie scattered over their table: `notices.close_sent` closes them a batch at a time.
    """
    messages.mark_sent(transaction, claim, now=now)
    _end(transaction, claim, AttemptOutcome.SENT, reply, now)


def deferred(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The channel did not take it for now; it is tried again after a pause."""
    _put_off(transaction, claim, now)
    _end(transaction, claim, AttemptOutcome.RETRY, reply, now)


def unknown(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """It may have arrived. It is tried once more; the second time in a row, a person is asked."""
    if not messages.quarantine_if_unknown_twice(transaction, claim):
        _put_off(transaction, claim, now)
    _end(transaction, claim, AttemptOutcome.UNKNOWN, reply, now)


def too_large(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """This letter is the trouble. One with files is written anew without, for the next try."""
    if _put_off(transaction, claim, now) and messages.begin_next_edition(transaction, claim):
        transaction.run(letters.FORGET, this=claim.id)
    _end(transaction, claim, AttemptOutcome.RETRY, reply, now)


def rejected(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """There is no such mailbox: the address is bad, and another way must be found.

    To be said of a message that was deferred meanwhile, once it is known that nothing else is
    to blame.
    """
    if _give_up(transaction, claim):
        addresses.mark_bad(transaction, claim, reply, now)
    _end(transaction, claim, AttemptOutcome.GAVE_UP, reply, now)


def mailbox_full(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The mailbox takes nothing for now: it is left alone for days; otherwise as `rejected`."""
    if _give_up(transaction, claim):
        addresses.set_aside(transaction, claim, reply, now)
    _end(transaction, claim, AttemptOutcome.GAVE_UP, reply, now)


def render_failed(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The letter could not be made. It goes out once the template or the data is mended.

    Giving it up would free its notices for a new message that has the same fault.
    """
    if begin(transaction, claim, now):
        deferred(transaction, claim, reply, now)


def hand_back(transaction: DriverTransaction, claims: Sequence[Claim]) -> None:
    """Let others take these. Nothing was tried, and so no try is counted or kept."""
    for claim in claims:
        if messages.hand_back(transaction, claim):
            transaction.run(_FORGET, this=claim.id, n=claim.n)


def _put_off(transaction: DriverTransaction, claim: Claim, now: datetime) -> bool:
    return messages.put_off(transaction, claim, until=now + message_pause(claim.n))


def _give_up(transaction: DriverTransaction, claim: Claim) -> bool:
    if not messages.give_up(transaction, claim):
        return False
    transaction.run(_RELEASE_NOTICES, this=claim.id)
    transaction.run(_RELEASE_DIGESTS, this=claim.id)
    return True


def _end(
    transaction: DriverTransaction, claim: Claim, outcome: AttemptOutcome, reply: str, now: datetime
) -> None:
    values = {"ended": instant_text(now), "result": outcome.value, "answer": reply}
    transaction.run(_END, this=claim.id, n=claim.n, **values)


_THIS = (attempt.c.message_id == bindparam("this"), attempt.c.n == bindparam("n"))
_BEGIN = CompiledStatement(
    upsert(attempt)
    .from_select(
        ["message_id", "n", "started", "outcome", "reply"],
        select(
            message.c.id,
            message.c.attempts,
            bindparam("started", type_=String),
            literal_column(f"'{AttemptOutcome.SENDING}'"),
            literal_column("''"),
        ).where(*messages.IS_CLAIMED),
    )
    .on_conflict_do_update(  # a commit that we took for failed may have been one
        index_elements=["message_id", "n"], set_={"started": bindparam("started")}
    )
)
_END = CompiledStatement(
    update(attempt)
    .where(*_THIS)
    .values(outcome=bindparam("result"), ended=bindparam("ended"), reply=bindparam("answer"))
)
_FORGET = CompiledStatement(
    delete(attempt).where(*_THIS, attempt.c.outcome == AttemptOutcome.SENDING)
)
_RELEASE_NOTICES = CompiledStatement(notices.RELEASE)
_RELEASE_DIGESTS = CompiledStatement(digests.RELEASE)


# --- long after the try ---------------------------------------------------------------------------


def end_unknown(session: Session, message_ids: Sequence[int], now: datetime) -> None:
    """Tries of dead processes that were under way: what became of them nobody knows."""
    mine = (among(attempt.c.message_id, message_ids), attempt.c.outcome == AttemptOutcome.SENDING)
    ending = update(attempt).where(*mine).values(outcome=AttemptOutcome.UNKNOWN, ended=now)
    session.execute(ending)


def add_to_reply(session: Session, message_id: int, text: str) -> None:
    """What was said about a message after it had been accepted, each text once."""
    mine = (attempt.c.message_id == message_id, attempt.c.outcome == AttemptOutcome.SENT)
    session.execute(
        update(attempt)
        .where(*mine, ~attempt.c.reply.contains(text, autoescape=True))
        .values(reply=attempt.c.reply + f"；{text}")
    )


def may_have_arrived() -> ColumnElement[bool]:
    """That a `message` had a try with an unknown outcome."""
    unclear = attempt.c.outcome == AttemptOutcome.UNKNOWN
    return exists().where(attempt.c.message_id == message.c.id, unclear)


def is_new_report(session: Session, key: str, now: datetime) -> bool:
    """Whether a report is seen for the first time, which is noted: some boxes bring them again."""
    noted = insert_or_ignore(handled_report).values(hash=key, seen_at=now)
    return bool(session.execute(noted.returning(handled_report.c.hash)).all())


def forget_reports(session: Session, before: datetime) -> None:
    """Those that nobody would believe any more."""
    session.execute(delete(handled_report).where(handled_report.c.seen_at < before))
