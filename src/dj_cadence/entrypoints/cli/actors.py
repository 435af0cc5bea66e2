"""Whether the person named by --as may do what a command asks; the operator may do all."""

from collections.abc import Callable, Iterable
from datetime import date

from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, may_act, may_grant
from dj_cadence.services.site import Session
from dj_cadence.store.roster import people
from dj_cadence.store.tasks.tasks import locked

_May = Callable[[Session, Visitor, int, date], bool]


def check_actor(session: Session, by: str, org_ids: Iterable[int], today: date) -> None:
    """Whoever is named acts for these organizations. Raises Refused."""
    _check(
        session, by, org_ids, today, may_act, "没有在这个组织任职，也不是它上级的书记或党务工作者"
    )


def check_actor_of(session: Session, by: str, tasks: Iterable[int], today: date) -> None:
    """Whoever is named acts for the organizations of these tasks. Raises Refused."""
    check_actor(session, by, (locked(session, one).org_id for one in tasks), today)


def check_superior(session: Session, by: str, task_id: int, today: date) -> None:
    """Whoever is named is a superior of the task's organization. Raises Refused."""
    org_id = locked(session, task_id).org_id
    _check(session, by, [org_id], today, may_grant, "不是这个组织的上级")


def _check(
    session: Session, by: str, org_ids: Iterable[int], today: date, may: _May, lacking: str
) -> None:
    if not by:
        return
    person = people.find_person(session, by)
    visitor = Visitor(person.id, person.key, person.name)
    if not all(may(session, visitor, org_id, today) for org_id in org_ids):
        raise Refused(f"{person.name}{lacking}，不能这样办理。")
