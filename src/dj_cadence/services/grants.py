"""What only a superior may say: more time, let off, accepted, sent back."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.dates import add_years
from dj_cadence.domain.duty import Term
from dj_cadence.domain.task import State
from dj_cadence.domain.wording import day_text
from dj_cadence.errors import Refused
from dj_cadence.services.records import checked_text
from dj_cadence.store import acts
from dj_cadence.store.types import AnyRow


def postpone(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    *,
    until: date,
    reason: str,
    by: str,
    now: datetime,
    today: date,
    confirmed: bool = False,
) -> None:
    """Give a task until `until`; its plan keeps that date.

    Raises Refused without a reason, for a day that is not later, and for a term extended
    by more than a year unless that is `confirmed`: the rules allow a year at most.
    """
    row = _owed_task(session, task_id)
    reason = _need_reason(reason, "延期")
    if until <= row.due:
        raise Refused(f"延期要晚于现在的截止日{day_text(row.due)}。")
    duty = catalogue.duties.get(row.duty)
    is_term = duty is not None and isinstance(duty.recurrence, Term)
    if is_term and until > add_years(row.due, 1) and not confirmed:
        raise Refused(
            "换届延期一般不超过一年；确有批复的，请勾选“已有批复”（命令行加 --confirm）再登记。"
        )
    values: dict[str, object] = {
        "postponed_to": until,
        "due": until,
        "due_revision": row.due_revision + 1,
        "dated_on": today,
        "next_on": today,
    }
    acts.change(session, row, "postpone", by=by, now=now, reason=reason, values=values)


def waive(session: Session, task_id: int, *, reason: str, by: str, now: datetime) -> None:
    """Let a task off. Raises Refused without a reason."""
    row = _owed_task(session, task_id)
    reason = _need_reason(reason, "豁免")
    values = {"state": State.WAIVED.value, "settled_at": now, "next_on": None}
    acts.change(session, row, "waive", by=by, now=now, reason=reason, values=values)


def accept(session: Session, task_id: int, *, by: str, now: datetime) -> None:
    """Confirm what was handed up: it is done. Raises Refused where nothing was."""
    row = _submitted_task(session, task_id)
    values = {"state": State.DONE.value, "settled_at": now}
    acts.change(session, row, "accept", by=by, now=now, values=values)


def return_(
    session: Session, task_id: int, *, reason: str, by: str, now: datetime, today: date
) -> None:
    """Send back what was handed up, with the reason; its records count no more."""
    row = _submitted_task(session, task_id)
    reason = _need_reason(reason, "退回")
    acts.void_records(session, task_id, now)
    values: dict[str, object] = {
        "state": State.RETURNED.value,
        "amount": 0,
        "completed_on": None,
        "next_on": today,
    }
    acts.change(session, row, "return", by=by, now=now, reason=reason, values=values)


def _submitted_task(session: Session, task_id: int) -> AnyRow:
    row = acts.locked_task(session, task_id)
    if row.state != State.SUBMITTED:
        raise Refused(f"这项任务是“{State(row.state).label}”，没有等待确认的报送。")
    return row


def _owed_task(session: Session, task_id: int) -> AnyRow:
    row = acts.locked_task(session, task_id)
    if State(row.state).is_settled:
        raise Refused(f"这项任务已经是“{State(row.state).label}”，没有改动。")
    return row


def _need_reason(reason: str, what: str) -> str:
    reason = checked_text(reason, "原因")
    if not reason:
        raise Refused(f"请写明{what}的原因。")
    return reason
