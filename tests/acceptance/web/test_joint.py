"""One activity for several tasks, ticked on a form: a school's clerk and its branches."""

import re
from http import HTTPStatus

import pytest
from sqlalchemy import insert, select, update

from dj_cadence.store.schema import org, profile, record, record_task, slot, task
from tests.world.builder import add
from tests.world.web_district import ALICE, BOB, CLERK, District

SCHOOL = {"kind": "party_committee", "top_of_school": True}


@pytest.fixture
def school(any_district: District) -> District:
    """青禾 is a school; its branches owe the quarter's lecture as well: tasks 23 and 26."""
    with any_district.database.write() as session:
        add(session, profile, id=2, hash="school", facts=SCHOOL)
        session.execute(update(org).where(org.c.code == "S1").values(profile_id=2))
        for table, changed in ((slot, {"label": "2026-Q1"}), (task, {"duty": LECTURE})):
            for number in (3, 6, 7):
                row = session.execute(select(table).where(table.c.id == number)).one()
                period = f"slot-{number + 20}" if table is slot else "2026-Q1"
                copied = row._asdict() | changed | {"id": number + 20, "period": period}
                if table is task:
                    copied |= {"slot_id": number + 20, "state": "open"}
                session.execute(insert(table).values(**copied))
    return any_district


LECTURE = "party_lecture_branch"


def offered(page: str, task_id: int) -> list[tuple[str, str]]:
    """(task, what is said beside it) of each tick on a task's form."""
    found = re.findall(rf'name="also-(\d+)" value="1" form="done-{task_id}">\s*([^<]+?)\s*<', page)
    assert "checked" not in page
    return found


@pytest.mark.parametrize("person", [ALICE, CLERK])
def test_the_clerk_is_offered_the_same_duty_at_the_other_branches(
    school: District, person: int
) -> None:
    page = school.login(person).get("/orgs/S1-1").text

    assert dict(offered(page, 23))["26"].startswith("第二党支部&lt;")
    assert "27" not in dict(offered(page, 23))  # the school next door


def test_a_branch_is_offered_its_own_tasks_only(school: District) -> None:
    page = school.login(BOB).get("/orgs/S1-1").text

    assert dict(offered(page, 23)).keys() == {"2", "3"}
    assert dict(offered(page, 3)).keys() == {"23"}


def test_one_joint_lecture_settles_it_for_every_branch_that_is_ticked(school: District) -> None:
    alice = school.login(ALICE)
    fields = {"task": 23, "on": "2026-03-05", "also-26": "1"}

    answer = alice.send_form("/orgs/S1-1", "/orgs/S1-1/done", **fields)

    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert (school.state(23), school.state(26), school.state(27)) == ("done", "done", "open")
    with school.database.read() as session:
        assert len(session.execute(select(record)).all()) == 1
        counted = select(record_task.c.task_id).order_by(record_task.c.task_id)
        assert session.scalars(counted).all() == [23, 26]


@pytest.mark.parametrize(
    ("person", "also", "status"),
    [
        (BOB, "26", HTTPStatus.FORBIDDEN),  # the branch beside
        (ALICE, "27", HTTPStatus.FORBIDDEN),  # another school
        (ALICE, "999", HTTPStatus.FORBIDDEN),
        (ALICE, "x", HTTPStatus.FORBIDDEN),
        (ALICE, "4", HTTPStatus.UNPROCESSABLE_ENTITY),  # a month that has not begun
    ],
)
def test_a_tick_that_was_made_up_settles_nothing(
    school: District, person: int, also: str, status: HTTPStatus
) -> None:
    client = school.login(person)
    form = client.csrf("/orgs/S1-1")
    before = school.contents()
    fields = {"csrf": form, "task": 23, "on": "2026-03-05", f"also-{also}": "1"}

    assert client.post("/orgs/S1-1/done", data=fields).status_code == status
    assert school.contents() == before
