"""The ledger of sending: claims on messages. What becomes of a try is in `outcomes`.

A message goes ready → leased → sent. What a channel refuses for now waits as `retry`;
what it refuses for good ends as `gave_up` and frees its notices. The row of the attempt
is written before the letter goes out: one found `sending` after a death is in the dark.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.reminders.plan import ESCALATED
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.reminders.notices import needless
from dj_cadence.store.schema import digest, letter, message, notice, person, site, skeleton, task

BATCH = 250
WAITING = ("ready", "retry")
IS_ASKED_FOR = message.c.serial < 0
"""A person asked for it, or an administrator must know: it does not wait for the sending hours."""
_NO_LEASE: Mapping[str, Any] = {"lease_by": "", "lease_until": None}


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that one process alone may send until its lease runs out."""

    id: int
    n: int
    """The number of this try. Another claim would have counted it up, unless it was handed back."""
    owner: str
    """The process that claimed it."""
    serial: int
    kind: str
    day: date
    late: bool
    channel: str
    address: str
    content: bytes | None
    """The letter as it was first made; None before the first try."""
    skeleton: bytes | None
    """What it says, with marks in place of names; None before the first try."""
    person_id: int
    person_name: str
    edition: int = 0
    """Above 0: one that was too large is written anew."""

    @property
    def is_asked_for(self) -> bool:
        """Whether it goes out outside the sending hours too."""
        return self.serial < 0


# --- taking messages -------------------------------------------------------------------------


def channels_waiting(session: Session, now: datetime, *, asked_only: bool = False) -> list[str]:
    """The channels that something is due on; `asked_only` outside the sending hours."""
    found = select(message.c.channel).where(*_due(now, asked_only=asked_only))
    return sorted(session.scalars(found.distinct()))


def _due(now: datetime, *, asked_only: bool) -> tuple[ColumnElement[bool], ...]:
    due = (message.c.send_at <= now, message.c.state.in_(WAITING))
    return (*due, IS_ASKED_FOR) if asked_only else due


def is_elsewhere(domain: str) -> ColumnElement[bool]:
    """Whether a message goes to an address that is not of `domain`."""
    return ~message.c.address.endswith(f"@{domain}", autoescape=True)


def claim(
    session: Session,
    owner: str,
    channel: str,
    now: datetime,
    lease_until: datetime,
    *,
    at_most: int = BATCH,
    asked_only: bool = False,
    avoiding: str = "",
) -> list[Claim]:
    """Take up to `at_most` messages that are due on `channel`, the longest waiting first.

    Outside the sending hours (`asked_only`) those alone that do not wait for them, and none to
    addresses of the domain `avoiding`.

    None while sending is switched off: a restored backup has a queue too.
    """
    due = (
        select(message.c.id)
        .where(*_due(now, asked_only=asked_only))
        .where(message.c.channel == channel, exists().where(site.c.sending))
        .where(*([is_elsewhere(avoiding)] if avoiding else []))
        .order_by(message.c.send_at, message.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    session.execute(
        update(message)
        .where(among(message.c.id, ids))
        .values(
            state="leased",
            lease_by=owner,
            lease_until=lease_until,
            attempts=message.c.attempts + 1,
        )
    )
    return _claims(session, ids)


def _claims(session: Session, ids: Sequence[int]) -> list[Claim]:
    shared = ("id", "serial", "kind", "day", "late", "channel", "address", "person_id", "edition")
    rows = session.execute(
        select(
            *(message.c[name] for name in shared),
            message.c.attempts.label("n"),
            message.c.lease_by.label("owner"),
            letter.c.content,
            skeleton.c.content.label("skeleton"),
            person.c.name.label("person_name"),
        )
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(letter, letter.c.message_id == message.c.id)
        .outerjoin(skeleton, skeleton.c.id == letter.c.skeleton_id)
        .where(among(message.c.id, ids))
        .order_by(message.c.send_at, message.c.id)
    )
    return [Claim(**row) for row in rows.mappings().all()]


def trim(session: Session, claims: Sequence[Claim]) -> None:
    """Take out of messages not yet written what need not be said any more.

    Notices of tasks settled meanwhile are `settled_before`, those to superiors about what is
    overdue no more `moved`.
    """
    ids = [claim.id for claim in claims if claim.content is None]
    for outcome, notices in _need_not_be_said(session, ids).items():
        closing = update(notice).where(notice.c.outcome == "").values(outcome=outcome)
        session.execute(closing.where(among(notice.c.id, notices)))


def _need_not_be_said(session: Session, message_ids: Sequence[int]) -> dict[str, list[int]]:
    """Open notices by the outcome that they are to have."""
    outcome = case(*((condition, outcome) for outcome, condition in needless()))
    query = (
        select(notice.c.id, outcome)
        .join(task, task.c.id == notice.c.task_id)
        .where(among(notice.c.message_id, message_ids), notice.c.outcome == "")
        .where(outcome.is_not(None))
    )
    found: dict[str, list[int]] = {}
    for notice_id, becomes in session.execute(query).all():
        found.setdefault(becomes, []).append(notice_id)
    return found


def settle(session: Session, claims: Sequence[Claim]) -> None:
    """Close messages in which nothing is left to say, each only while the claim holds."""
    held = and_(message.c.state == "leased", message.c.lease_by.in_({c.owner for c in claims}))
    mine = and_(among(message.c.id, [claim.id for claim in claims]), held)
    settled = {"state": "settled", "send_at": None, **_NO_LEASE}
    session.execute(update(message).where(mine).values(settled))


# --- what belongs to a message --------------------------------------------------------------------


def close_said(session: Session, claims: Sequence[Claim] | None = None) -> int:
    """Write down with its notices that a message was sent; returns how many notices.

    After every batch for its `claims`, and before anything is bundled for all: a process may
    have died in between. The message itself knew it all the time.
    """
    said = exists().where(message.c.id == notice.c.message_id, message.c.state == "sent")
    mine: ColumnElement[bool] = notice.c.message_id.is_not(None)
    if claims is not None:
        mine = among(notice.c.message_id, [claim.id for claim in claims])
    closing = update(notice).where(notice.c.outcome == "", mine, said).values(outcome="sent")
    return session.connection().execute(closing).rowcount


def fold(session: Session, message_ids: Collection[int]) -> None:
    """Of several open notices of one task in a message, let the newest speak for all.

    What goes up and what does not are each folded by themselves: the one may pass while the
    message waits, and would take the other with it.
    """
    newest_first = (notice.c.due_on.desc(), notice.c.id.desc())
    alike = (notice.c.message_id, notice.c.task_id, notice.c.reminder_step == ESCALATED)
    age = func.row_number().over(partition_by=alike, order_by=newest_first)
    mine = and_(among(notice.c.message_id, message_ids), notice.c.outcome == "")
    each = select(notice.c.id, age.label("age")).where(mine).subquery("each")
    older = select(each.c.id).where(each.c.age > 1)
    session.execute(update(notice).where(notice.c.id.in_(older)).values(outcome="folded"))


def release(session: Session, message_ids: Sequence[int]) -> None:
    """Make the open notices and the digests of these messages free for another bundle."""
    session.execute(
        update(notice)
        .where(among(notice.c.message_id, message_ids), notice.c.outcome == "")
        .values(message_id=None)
    )
    session.execute(
        update(digest).where(among(digest.c.message_id, message_ids)).values(message_id=None)
    )
