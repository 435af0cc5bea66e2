"""One try: written down before the letter goes out, and its outcome after it.

Every change of a message compares and sets: it is made only while the claim holds.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, delete, exists, func, literal_column, null, select, update

from dj_cadence.store.core.compiled import CompiledStatement, DriverTransaction
from dj_cadence.store.core.database import upsert
from dj_cadence.store.core.types import instant_text
from dj_cadence.store.delivery import addresses
from dj_cadence.store.delivery.claims import Claim
from dj_cadence.store.digest import digests
from dj_cadence.store.reminders import notices
from dj_cadence.store.schema import attempt, digest, letter, message

_PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=2))


def begin(ledger: DriverTransaction, claim: Claim, now: datetime) -> bool:
    """Write down that the letter is about to go out.

    False where another process has taken the message over: then it must not be sent.
    """
    return bool(ledger.run(_BEGIN, **_mine(claim), started=instant_text(now)))


def sent(ledger: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The channel has accepted it. That stands whoever holds the message by now.

    Its notices lie scattered over their table: `notices.close_sent` writes them a batch at a time.
    """
    ledger.run(_SENT, this=claim.id, ended=instant_text(now))
    _end(ledger, claim, "sent", reply, now)


def postponed(ledger: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The channel did not take it for now; it is tried again after a pause."""
    _put_off(ledger, claim, now)
    _end(ledger, claim, "retry", reply, now)


def in_the_dark(ledger: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """It may have arrived. It is tried once more; the second time in a row, a person is asked."""
    if ledger.run(_QUARANTINE, **_mine(claim)) == 0:
        _put_off(ledger, claim, now)
    _end(ledger, claim, "unknown", reply, now)


def too_large(ledger: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """This letter is the trouble. One with files is written anew without, for the next try."""
    if _put_off(ledger, claim, now) and ledger.run(_NEXT_EDITION, this=claim.id):
        ledger.run(_FORGET_LETTER, this=claim.id)
    _end(ledger, claim, "retry", reply, now)


def refused(ledger: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """There is no such mailbox: the address is bad, and another way must be found.

    To be said of a message that was put off meanwhile, once it is known that nothing else is
    to blame.
    """
    if _given_up(ledger, claim):
        ledger.run(_MARK_BAD, **_whose(claim), answer=reply, ended=instant_text(now))
    _end(ledger, claim, "gave_up", reply, now)


def aside(ledger: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The mailbox takes nothing for now: it is left alone for days; as `refused` otherwise."""
    if _given_up(ledger, claim):
        times, until, _ = ledger.row(_ASIDE_BEFORE, **_whose(claim)) or (0, None, None)
        pause = addresses.pause(times, until and datetime.fromisoformat(str(until)), now)
        ledger.run(
            _SET_ASIDE,
            **_whose(claim),
            answer=reply,
            ended=instant_text(now),
            again=instant_text(now + pause.time),
            times=pause.times,
        )
    _end(ledger, claim, "gave_up", reply, now)


def _given_up(ledger: DriverTransaction, claim: Claim) -> bool:
    if not ledger.run(_GIVE_UP, this=claim.id, n=claim.n):
        return False
    ledger.run(_FREE_NOTICES, this=claim.id)
    ledger.run(_FREE_DIGESTS, this=claim.id)
    return True


def _whose(claim: Claim) -> dict[str, Any]:
    return {"whose": claim.person_id, "way": claim.channel, "written": claim.address}


def unwritable(ledger: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The letter could not be made. It goes out once the template or the data is mended.

    Giving it up would free its notices for a new message that has the same fault.
    """
    if begin(ledger, claim, now):
        _put_off(ledger, claim, now)
        _end(ledger, claim, "retry", reply, now)


def hand_back(ledger: DriverTransaction, claims: Sequence[Claim]) -> None:
    """Let others take these. Nothing was tried, and so no try is counted or kept."""
    for claim in claims:
        if ledger.run(_HAND_BACK, **_mine(claim), before=claim.n - 1):
            ledger.run(_FORGET, this=claim.id, n=claim.n)


def wait(ledger: DriverTransaction, claim: Claim, until: datetime) -> None:
    """The channel may not be used before `until`; nothing was tried, and no try is counted."""
    ledger.run(_WAIT, **_mine(claim), before=claim.n - 1, again=instant_text(until))


def _put_off(ledger: DriverTransaction, claim: Claim, now: datetime) -> bool:
    again = now + _PAUSES[min(claim.n, len(_PAUSES)) - 1]
    return bool(ledger.run(_PUT_OFF, **_mine(claim), again=instant_text(again)))


def _end(ledger: DriverTransaction, claim: Claim, outcome: str, reply: str, now: datetime) -> None:
    ended = instant_text(now)
    ledger.run(_ENDED, this=claim.id, n=claim.n, ended=ended, result=outcome, answer=reply)


def _mine(claim: Claim) -> dict[str, Any]:
    return {"this": claim.id, "n": claim.n, "owner": claim.owner}


# --- the statements -------------------------------------------------------------------------------

_MINE = (
    message.c.id == bindparam("this"),
    message.c.state == "leased",
    message.c.lease_by == bindparam("owner"),
    message.c.attempts == bindparam("n"),
)
_NO_LEASE = {"lease_by": "", "lease_until": null()}
_PUT_OFF = CompiledStatement(
    update(message).where(*_MINE).values(state="retry", send_at=bindparam("again"), **_NO_LEASE)
)
_GIVE_UP = CompiledStatement(
    update(message)
    .where(
        message.c.id == bindparam("this"),
        message.c.state == "retry",
        message.c.attempts == bindparam("n"),
    )
    .values(state="gave_up", send_at=null(), **_NO_LEASE)
)
_NEXT_EDITION = CompiledStatement(
    update(message)
    .where(
        message.c.id == bindparam("this"),
        message.c.edition == 0,
        exists().where(digest.c.message_id == message.c.id),
    )
    .values(edition=1)
)
_FORGET_LETTER = CompiledStatement(delete(letter).where(letter.c.message_id == bindparam("this")))
_earlier = attempt.alias()
_LAST = (
    select(func.max(_earlier.c.n))
    .where(_earlier.c.message_id == bindparam("this"), _earlier.c.n < bindparam("n"))
    .scalar_subquery()
)  # a claim that came to nothing leaves a gap in the numbers
_BEFORE = exists().where(
    attempt.c.message_id == bindparam("this"),
    attempt.c.n == _LAST,
    attempt.c.outcome == "unknown",
)
_QUARANTINE = CompiledStatement(
    update(message).where(*_MINE, _BEFORE).values(state="quarantined", send_at=null(), **_NO_LEASE)
)
_HAND_BACK = CompiledStatement(
    update(message).where(*_MINE).values(state="retry", attempts=bindparam("before"), **_NO_LEASE)
)
_FORGET = CompiledStatement(
    delete(attempt).where(
        attempt.c.message_id == bindparam("this"),
        attempt.c.n == bindparam("n"),
        attempt.c.outcome == "sending",
    )
)
_WAIT = CompiledStatement(
    update(message)
    .where(*_MINE)
    .values(state="retry", attempts=bindparam("before"), send_at=bindparam("again"), **_NO_LEASE)
)
_BEGINNING = upsert(attempt).from_select(
    ["message_id", "n", "started", "outcome", "reply"],
    select(
        message.c.id,
        message.c.attempts,
        bindparam("started", type_=String),
        literal_column("'sending'"),
        literal_column("''"),
    ).where(*_MINE),
)
_BEGIN = CompiledStatement(
    _BEGINNING.on_conflict_do_update(  # a commit that we took for failed may have been one
        index_elements=["message_id", "n"], set_={"started": bindparam("started")}
    )
)
_SENT = CompiledStatement(
    update(message)
    .where(message.c.id == bindparam("this"))
    .values(state="sent", sent_at=bindparam("ended"), send_at=null(), **_NO_LEASE)
)
_FREE_NOTICES = CompiledStatement(notices.RELEASE)
_FREE_DIGESTS = CompiledStatement(digests.RELEASE)
_MARK_BAD = CompiledStatement(addresses.REFUSED)
_SET_ASIDE = CompiledStatement(addresses.SET_ASIDE)
_ASIDE_BEFORE = CompiledStatement(addresses.ASIDE_BEFORE)
_ENDED = CompiledStatement(
    update(attempt)
    .where(attempt.c.message_id == bindparam("this"), attempt.c.n == bindparam("n"))
    .values(outcome=bindparam("result"), ended=bindparam("ended"), reply=bindparam("answer"))
)
