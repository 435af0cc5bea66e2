"""Which task a record belongs to that names none."""

from datetime import date

import pytest

from dj_cadence.domain.tasks.matching import Window, choose, nearest
from dj_cadence.domain.tasks.task import State, Task

NO_TASK = Task(*[None] * len(Task._fields))  # type: ignore[arg-type]


def window(
    task_id: int, opens: str, due: str, grace: str, about: int = 0, *, owed: bool = True
) -> Window:
    first, last, grace_end = (date.fromisoformat(day) for day in (opens, due, grace))
    state = State.OPEN if owed else State.DONE
    task = NO_TASK._replace(id=task_id, subject_id=about, opens=first, due=last, state=state)
    return Window(task, "", grace_end)


APRIL = window(4, "2026-04-01", "2026-04-30", "2026-05-11")
MAY = window(5, "2026-05-01", "2026-05-29", "2026-06-05")
JUNE = window(6, "2026-06-01", "2026-06-30", "2026-07-07")
MONTHS = (MAY, APRIL, JUNE)


@pytest.mark.parametrize(
    ("day", "task_id"),
    [
        ("2026-04-01", 4),
        ("2026-04-30", 4),
        ("2026-05-06", 5),  # in April's time of recording too, but a window goes before
        ("2026-05-30", 5),  # after the last working day of May, before June
        ("2026-07-07", 6),
    ],
)
def test_the_window_decides_and_then_the_time_of_recording(day: str, task_id: int) -> None:
    assert [one.task.id for one in choose(MONTHS, date.fromisoformat(day))] == [task_id]


@pytest.mark.parametrize("day", ["2026-03-31", "2026-07-08"])
def test_a_day_in_no_window_finds_nothing(day: str) -> None:
    assert choose(MONTHS, date.fromisoformat(day)) == []


def test_a_window_that_leaves_its_year_takes_the_day() -> None:
    of_2026 = window(1, "2026-10-01", "2027-03-31", "2027-04-08")
    of_2027 = window(2, "2027-10-01", "2028-03-31", "2028-04-10")

    assert [w.task.id for w in choose((of_2027, of_2026), date(2027, 2, 10))] == [1]
    assert [w.task.id for w in nearest((of_2027, of_2026), date(2027, 6, 1))] == [1, 2]


def test_what_is_owed_goes_before_what_is_settled_and_the_earlier_due_before_the_later() -> None:
    february = window(2, "2026-02-01", "2026-03-20", "2026-03-27")  # postponed
    march = window(3, "2026-03-01", "2026-03-31", "2026-04-08")
    settled = window(2, "2026-02-01", "2026-03-20", "2026-03-27", owed=False)

    assert choose((march, february), date(2026, 3, 10)) == [february]
    assert choose((march, settled), date(2026, 3, 10)) == [march]
    assert choose((settled,), date(2026, 3, 10)) == [settled]


def test_two_cases_at_a_time_are_for_a_person_to_tell_apart() -> None:
    one = window(1, "2026-03-02", "2026-05-01", "2026-05-01", about=-7)
    other = window(2, "2026-03-09", "2026-05-08", "2026-05-08", about=-8)

    assert choose((other, one), date(2026, 3, 10)) == [one, other]
    assert choose((other, one), date(2026, 3, 3)) == [one]
