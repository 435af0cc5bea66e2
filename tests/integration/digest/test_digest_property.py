"""Random trees, states and dates: the digest's numbers are those of a plain recount."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from dj_cadence.domain.digest.digest import Numbers
from dj_cadence.domain.organizations.organization import WHOLE_TREE
from dj_cadence.domain.rules.override import OverrideKey
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State, first_overdue_day
from dj_cadence.services.access.permissions import ADMINISTRATOR
from dj_cadence.services.digest.views import Digests, digest_view
from dj_cadence.services.pages.overview import organizations
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import cohort, metadata, org, plan_snapshot, profile, slot, task
from dj_cadence.store.site import site as sites
from dj_cadence.store.tasks import task_list
from dj_cadence.store.tasks.overrides import lay_over
from tests.world.builder import add
from tests.world.engine import CALENDAR, EVERYTHING, SETTINGS, at

MONDAY = date(2026, 7, 13)
WEEK = timedelta(days=7)
EARLIEST = datetime(2026, 6, 25, tzinfo=UTC)
STATES = ("planned", "open", "returned", "unrecorded", "overdue", "submitted", "done", "missed")


@dataclass(frozen=True)
class Owed:
    """One task; `org` is the index of its organization in preorder."""

    org: int
    duty: str
    state: str
    due: date
    settled_at: datetime


@st.composite
def trees(draw: st.DrawFn) -> list[int]:
    """The index of each organization's superior, in preorder; -1 for the first."""
    parents, path = [-1], [0]
    for n in range(1, draw(st.integers(2, 14))):
        depth = draw(st.integers(0, len(path) - 1))
        path = [*path[: depth + 1], n]
        parents.append(path[-2])
    return parents


def owed(organizations: int) -> st.SearchStrategy[list[Owed]]:
    days = st.dates(MONDAY - 5 * WEEK, MONDAY + 2 * WEEK)
    instants = st.integers(0, 20 * 24).map(lambda hours: EARLIEST + timedelta(hours=hours))
    one = st.builds(
        Owed,
        st.integers(0, organizations - 1),
        st.sampled_from(["party_day", "groups", "lecture", "notice"]),
        st.sampled_from(STATES),
        days,
        instants,
    )
    return st.lists(one, max_size=40)


@settings(
    deadline=None,
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data(), trees(), st.dates(MONDAY, MONDAY + timedelta(days=6)))
def test_the_numbers_are_those_of_a_recount(
    database: Database, data: st.DataObject, parents: list[int], today: date
) -> None:
    tasks = data.draw(owed(len(parents)))
    _store(database, parents, tasks)

    with database.read() as session:
        whole = Digests(session, EVERYTHING, SETTINGS, "2026-W29", today=today, span=WHOLE_TREE)
        for n in sorted(set(parents) - {-1}):
            view = whole.view(n + 1)
            alone = digest_view(session, EVERYTHING, SETTINGS, n + 1, "2026-W29", today=today)
            below = _inside(parents, n) - {n}

            assert view == alone
            assert view.numbers == _count(tasks, below)
            assert [child.numbers for child in view.children] == [
                _count(tasks, _inside(parents, child))
                for child, above in enumerate(parents)
                if above == n
            ]
            told = (*view.newly_overdue, *view.still_overdue, *view.missed, *view.decisions)
            assert {line.org_name for line in told} <= {f"组织{one}" for one in below}
            assert {line.org_name for line in view.own} <= {f"组织{n}"}
            assert len(view.newly_overdue) == view.numbers.newly_overdue
            assert len(view.still_overdue) == view.numbers.overdue - view.numbers.newly_overdue
            assert len(view.missed) == view.numbers.missed


@settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data(), trees(), st.booleans())
def test_page_command_and_digest_count_alike(
    database: Database, data: st.DataObject, parents: list[int], is_adopted: bool
) -> None:
    tasks = data.draw(owed(len(parents)))
    _store(database, parents, tasks)
    with database.write() as session:
        if is_adopted:  # by the first organization, whose whole tree is bound by it then
            adopt = {OverrideKey.ADOPTED: "true"}
            lay_over(session, 1, "groups", "", adopt, Actor("x", at(MONDAY), MONDAY), reason="")

    with database.read() as session:
        whole = Digests(session, EVERYTHING, SETTINGS, "2026-W29", today=MONDAY, span=WHOLE_TREE)
        lines = {
            line.code: line for line in organizations(session, ADMINISTRATOR, EVERYTHING, MONDAY)
        }
        for n in sorted(set(parents) - {-1}):
            numbers = whole.view(n + 1).numbers
            below = [lines[f"o{one}"] for one in _inside(parents, n) - {n}]
            listed = [
                row
                for row in task_list.tasks(
                    session, EVERYTHING, today=MONDAY, org_code=f"o{n}", subtree=True, binding=True
                )
                if row.org != f"o{n}"
            ]
            late = [row for row in listed if row.state is State.OVERDUE]
            due = [
                row
                for row in listed
                if row.state in (State.OPEN, State.RETURNED) and MONDAY <= row.due < MONDAY + WEEK
            ]
            assert sum(line.overdue for line in below) == numbers.overdue == len(late)
            assert sum(line.due_this_week for line in below) == numbers.due == len(due)
        late_at_all = sum(one.state == "overdue" for one in tasks)
        assert sum(line.overdue + line.own_late for line in lines.values()) == late_at_all


def _inside(parents: Sequence[int], top: int) -> set[int]:
    found = {top}
    for n, above in enumerate(parents):
        if above in found:
            found.add(n)
    return found


def _count(tasks: Sequence[Owed], organizations: set[int]) -> Numbers:
    """One task after the other, with no help from the product's own queries."""
    counted = [_weigh(one) for one in tasks if one.org in organizations]
    return Numbers(*(sum(column) for column in zip(Numbers(), *counted, strict=True)))


def _weigh(one: Owed) -> Numbers:
    duty = EVERYTHING.duties[one.duty]
    if not duty.binds:
        return Numbers()
    late = one.state == "overdue"
    first_late = first_overdue_day(one.due, duty.recording_grace, CALENDAR)
    news = at(MONDAY - WEEK, 0, 0) <= one.settled_at < at(MONDAY, 0, 0)
    return Numbers(
        overdue=late,
        newly_overdue=late and first_late > MONDAY - WEEK,
        due=one.state in ("open", "returned") and MONDAY <= one.due < MONDAY + WEEK,
        settled=one.state == "done" and news,
        missed=one.state == "missed" and news,
        submitted=one.state == "submitted",
    )


def _store(database: Database, parents: Sequence[int], tasks: Sequence[Owed]) -> None:
    ends = [max(_inside(parents, n)) + 1 for n in range(len(parents))]
    with database.write() as session:
        for table in reversed(metadata.sorted_tables):
            session.execute(delete(table))
        sites.create(session, "5eed", date(2026, 1, 1))
        add(session, profile)
        add(session, plan_snapshot)
        add(session, cohort, duty="any")
        add(session, org, *(_org(n, parents[n], ends[n]) for n in range(len(parents))))
        for n, one in enumerate(tasks, 1):
            add(session, slot, id=n, period=f"p{n}", label="2026-06", opens=one.due, due=one.due)
            add(session, task, _task(n, one))


def _org(n: int, above: int, end: int) -> dict[str, object]:
    return {
        "id": n + 1,
        "code": f"o{n}",
        "name": f"组织{n}",
        "kind": "party_committee",
        "supervisor_id": above + 1 or None,
        "approver_id": above + 1 or None,
        "subtree_end": end,
    }


def _task(n: int, one: Owed) -> dict[str, object]:
    settled = one.state in ("done", "missed")
    return {
        "id": n,
        "org_id": one.org + 1,
        "duty": one.duty,
        "period": f"p{n}",
        "slot_id": n,
        "state": one.state,
        "opens": one.due,
        "due": one.due,
        "changed_at": at(MONDAY),
        "settled_at": one.settled_at if settled else None,
    }
