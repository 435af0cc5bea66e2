"""On whose behalf a command acts, and whether they may do what it asks; the operator may all."""

from collections.abc import Iterable
from datetime import date

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.errors import Refused
from dj_cadence.store.access.reach import reached_among
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs, people
from dj_cadence.store.tasks import tasks as stored_tasks

OPERATOR = Visitor(key="操作员", name="操作员", administrator=True)
"""Who acted, where a command was not told."""


def named_person(session: Session, key_or_address: str) -> Visitor:
    """The person named by --as; the operator where none is. Raises Refused for an unknown one."""
    return Visitor(*people.find_person(session, key_or_address)) if key_or_address else OPERATOR


def check_acts_for(session: Session, person: Visitor, org_ids: Iterable[int], today: date) -> None:
    """Raises Refused unless the person acts for all these organizations."""
    lacking = "没有在这个组织任职，也不是它上级的书记或党务工作者"
    _check(session, person, org_ids, today, Right.ACT, f"{lacking}，不能这样办理。")


def check_acts_on(session: Session, person: Visitor, tasks: Iterable[int], today: date) -> None:
    """The same for the organizations of these tasks."""
    org_ids = (stored_tasks.locked(session, task_id).org_id for task_id in tasks)
    check_acts_for(session, person, org_ids, today)


def check_decides_on(session: Session, person: Visitor, task_id: int, today: date) -> None:
    """Raises Refused unless the person is a superior of the task's organization."""
    org_id = stored_tasks.locked(session, task_id).org_id
    _check(session, person, [org_id], today, Right.GRANT, "不是这个组织的上级，不能这样办理。")


def check_announces_for(session: Session, person: Visitor, org_code: str, today: date) -> None:
    """Raises Refused unless the person leads the organization or one above it.

    Of an unknown organization the announcement itself tells, with all else that is wrong.
    """
    if org := orgs.lookup(session, org_code):
        lacking = f"不是{org.name}的书记或党务工作者，不能代其部署。"
        _check(session, person, [org.id], today, Right.ANNOUNCE, lacking)


def check_silences(session: Session, person: Visitor, org_code: str, today: date) -> None:
    """Raises Refused unless the person is a superior: nobody silences their own organization.

    The whole site, an empty code, is the operator's alone.
    """
    if person.administrator:
        return
    if not org_code:
        raise Refused("全站的暂缓提醒期只能由操作员设定和结束，请不要写 --as。")
    org = orgs.find_org(session, org_code)
    lacking = f"不是{org.name}上级的书记或党务工作者，不能代其设定。"
    _check(session, person, [org.id], today, Right.GRANT, lacking)


def _check(
    session: Session, person: Visitor, org_ids: Iterable[int], today: date, right: Right, text: str
) -> None:
    here = set(org_ids)
    if here - reached_among(session, person, right, here, today):
        raise Refused(f"{person.name}{text}")
