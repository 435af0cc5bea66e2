"""What each act makes of a task."""

from datetime import UTC, date, datetime

import pytest

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.tasks import transitions
from dj_cadence.domain.tasks.act import UNDOABLE, ActKind
from dj_cadence.domain.tasks.task import State, Task
from dj_cadence.domain.tasks.transitions import TaskChange
from dj_cadence.store.schema import SETTLED_TASK, UNSETTLED_TASK, task

TODAY, NOW = date(2026, 3, 10), datetime(2026, 3, 10, 1, tzinfo=UTC)
OPENS, DUE, LATER = date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 10)
TASK = Task(
    id=1,
    org_id=1,
    duty="party_day",
    subject_id=0,
    start_event_id=0,
    period="2026-03",
    step="",
    slot_id=1,
    state=State.OPEN,
    opens=OPENS,
    planned=None,
    planned_time="",
    place="",
    due=DUE,
    asked_on=None,
    postponed_to=None,
    due_revision=2,
    redated_on=None,
    planned_by_person=False,
    target=2,
    amount=0,
    plan_snapshot_id=1,
    reminded_until=FIRST_DAY,
    next_on=DUE,
    has_acts=False,
    completed_on=None,
    settled_at=None,
    sequence=0,
    changed_at=NOW,
)
OVER = {"settled_at": NOW, "next_on": None}
ANEW = {"due_revision": 3, "redated_on": TODAY, "next_on": TODAY}


@pytest.mark.parametrize(
    ("made", "kind", "columns"),
    [
        (transitions.record(TASK, 1, TODAY, NOW, confirm=False), ActKind.DONE, {"amount": 1}),
        (
            transitions.record(TASK, 2, TODAY, NOW, confirm=False),
            ActKind.DONE,
            {"amount": 2, "state": State.DONE, "completed_on": TODAY, **OVER},
        ),
        (
            transitions.record(TASK, 2, TODAY, NOW, confirm=True),
            ActKind.DONE,
            {"amount": 2, "state": State.SUBMITTED, "completed_on": TODAY, "next_on": None},
        ),
        (transitions.record_surplus(3), ActKind.SURPLUS, {"amount": 3}),
        (
            transitions.complete(TASK, TODAY, NOW),
            ActKind.DONE,
            {"amount": 2, "state": State.DONE, "completed_on": TODAY, **OVER},
        ),
        (transitions.miss(TASK, TODAY, NOW), ActKind.MISSED, {"state": State.MISSED, **OVER}),
        (
            transitions.miss(TASK._replace(step="report"), TODAY, NOW),
            ActKind.MISSED,
            {"state": State.MISSED, **OVER, "planned": TODAY, "planned_by_person": True},
        ),
        (
            transitions.fix_day(TASK, DUE, "14:30", "二楼", TODAY),
            ActKind.PLANNED,
            {
                "planned": DUE,
                "planned_time": "14:30",
                "place": "二楼",
                "planned_by_person": True,
                **ANEW,
            },
        ),
        (
            transitions.postpone(TASK, OPENS, LATER, DUE, TODAY),
            ActKind.POSTPONE,
            {"opens": OPENS, "due": LATER, "postponed_to": LATER, **ANEW},
        ),
        (
            transitions.postpone(TASK, OPENS, DUE, DUE, TODAY),
            ActKind.POSTPONE,
            {"opens": OPENS, "due": DUE, "postponed_to": None, **ANEW},
        ),
        (transitions.waive(NOW), ActKind.WAIVE, {"state": State.WAIVED, **OVER}),
        (transitions.accept(NOW), ActKind.ACCEPT, {"state": State.DONE, "settled_at": NOW}),
        (
            transitions.send_back(TODAY),
            ActKind.RETURN,
            {"state": State.RETURNED, "amount": 0, "completed_on": None, "next_on": TODAY},
        ),
        (
            transitions.hand_over(TASK, TODAY, org_id=2, subject_id=1),
            ActKind.HANDOVER,
            {"org_id": 2, "subject_id": 1, "next_on": TODAY},
        ),
        (
            transitions.hand_over(TASK._replace(state=State.DONE), TODAY, org_id=2),
            ActKind.HANDOVER,
            {"org_id": 2},
        ),
    ],
)
def test_an_act_changes_these_columns(
    made: TaskChange, kind: ActKind, columns: dict[str, object]
) -> None:
    assert made == TaskChange(kind, columns, is_own=True)


@pytest.mark.parametrize(
    ("made", "kind", "columns"),
    [
        (
            transitions.move(TASK, OPENS, LATER, TODAY),
            ActKind.MOVE,
            {"opens": OPENS, "due": LATER, "postponed_to": LATER, **ANEW},
        ),
        (transitions.withdraw(NOW), ActKind.WITHDRAW, {"state": State.WITHDRAWN, **OVER}),
        (
            transitions.release(TASK, TODAY),
            ActKind.RELEASE,
            {**ANEW, "redated_on": date(2026, 3, 11)},
        ),
    ],
)
def test_what_follows_from_another_task_may_be_taken_back_by_the_plan(
    made: TaskChange, kind: ActKind, columns: dict[str, object]
) -> None:
    assert made == TaskChange(kind, columns, is_own=False)


def test_each_act_has_its_words() -> None:
    assert all(kind.label for kind in ActKind)
    assert all(kind.undo_label for kind in UNDOABLE)
    assert {kind for kind in UNDOABLE if kind.is_grant} == {
        ActKind.POSTPONE,
        ActKind.WAIVE,
        ActKind.ACCEPT,
        ActKind.RETURN,
    }


def test_a_task_has_the_columns_of_the_table() -> None:
    assert list(Task._fields) == task.columns.keys()


@pytest.mark.parametrize(
    ("index", "condition", "text"),
    [
        (
            "ix_task_state",
            UNSETTLED_TASK,
            "state IN ('open', 'overdue', 'returned', 'submitted', 'unrecorded')",
        ),
        ("ix_task_settled_at", SETTLED_TASK, "settled_at IS NOT NULL"),
    ],
)
def test_a_partial_index_holds_the_set_of_states(index: str, condition: str, text: str) -> None:
    (found,) = [one for one in task.indexes if one.name == index]
    assert condition == text
    assert {str(found.dialect_options[name]["where"]) for name in ("sqlite", "postgresql")} == {
        text
    }
