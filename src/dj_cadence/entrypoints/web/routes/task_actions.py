"""What a person does to a task from a page: their own acts, and a superior's grants."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.way import Way
from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to, whole_number
from dj_cadence.entrypoints.web.security import Forbidden
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, may_act
from dj_cadence.services.access.sight import readable
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import record, superior_decisions
from dj_cadence.services.tasks.elections import last_election
from dj_cadence.services.tasks.evidence import Aside, add, attach, set_aside, take_back
from dj_cadence.services.tasks.listing import TaskRow, tasks
from dj_cadence.services.undo import concerned, undo

SAID = {
    "done": "已登记完成。",
    "counted": "已登记。这项任务还没有做满，见下面的进度。",
    "election": "换届已登记，新一届从这一天算起。",
    "submitted": "已报送，待上级确认。",
    "evidence": "附件已补充。",
    "take_back": "附件已收回。",
    "missed": "已登记未按期开展。",
    "planned": "日期已定。",
    "rest": "所选日期不是工作日，已按您的安排保存。",
    "past": "所选日期已经过去，已按您的安排保存。",
    "reopen": "已撤回，连同一并改动的任务都恢复到原来的样子。",
    "postpone": "期限已改。",
    "waive": "已同意不再办理，不再提醒。",
    "accept": "已确认，任务办结。",
    "return": "已退回，原因会留在记录里。",
}
"""What a page says after an act, by the word in its address."""

ALSO = "also-"
"""What the name of a tick for another task begins with; its number follows."""
SURE = "sure"
"""The field by which a form says that its question was answered."""
TODAY = "today"
"""The button that says it was done today, whatever the field of the day says."""
CHANGE = "change"
"""The button with which one goes back from a question to the form."""
Tasks = Mapping[int, TaskRow]


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who acts, and on what."""

    person: Visitor
    own: Tasks
    """The tasks that they owe."""
    below: Tasks = field(default_factory=dict)
    """Those about which they may grant."""
    also: Mapping[int, Sequence[TaskRow]] | None = None
    """What may be recorded with each of their own; None: wherever they may act."""


def answer(ctx: RequestContext, allowed: Callable[[Session], Allowed], base: str) -> Response:
    """Carry out the act in the address on the task in the form, or ask first; `base` shows it.

    What came with the form is named in the same transaction as the act, and gone where that is
    refused. Raises Refused for what cannot be done, HTTPException 404 for an act that does
    not exist, and Forbidden for a task that is not among those `allowed`.
    """
    with ctx.read() as session:
        may = allowed(session)
        _, task = _chosen(ctx, session, may)
        question = _question(ctx, session, task)
    if question:
        act = ctx.path("act")
        return ctx.page("confirm.html", base=base, act=act, task=task, asked=question)
    with set_aside(ctx.settings, ctx.papers) as aside, ctx.write() as session:
        may = allowed(session)
        carry_out, task = _chosen(ctx, session, may)
        said = carry_out(Acting(ctx, session, may, task, aside))
    return go_to(f"{base}?said={said}")


@dataclass(frozen=True, slots=True)
class Acting:
    """One act on one task, inside its transaction."""

    ctx: RequestContext
    session: Session
    may: Allowed
    task: TaskRow
    aside: Aside

    @property
    def actor(self) -> Actor:
        via = Way.LINK if self.ctx.path("token") else Way.PAGE
        return Actor(self.may.person.key, self.ctx.now, self.ctx.today, via)

    @property
    def reason(self) -> str:
        return self.ctx.form.get("reason", "")


def _chosen(
    ctx: RequestContext, session: Session, may: Allowed
) -> tuple[Callable[[Acting], str], TaskRow]:
    name, number = ctx.path("act"), whole_number(ctx.form.get("task", ""))
    act = _GRANTS.get(name) or _ACTS.get(name)
    if act is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    allowed = may.below if name in _GRANTS else may.own
    if name == "reopen" and concerned(session, number)[0]:  # a grant is taken back by whom grants
        allowed = may.below
    task = allowed.get(number)
    if task is None:
        raise Forbidden(labels.NOT_YOURS)
    return act, task


def _question(ctx: RequestContext, session: Session, task: TaskRow) -> dict[str, object]:
    """What is asked before something is written that one tap does not take back."""
    name = ctx.path("act")
    if SURE in ctx.form or task.state.is_settled:
        return {}
    if name == "done" and labels.is_election(task):
        on = ctx.date_field("on")
        record.check_done(session, ctx.catalogue, task.id, on=on, today=ctx.today)
        return {"on": on, "last": last_election(session, task.id), "fields": _kept(ctx)}
    if not ctx.form.get("reason"):
        return {}
    if name == "waive" or (name == "postpone" and labels.is_election(task)):
        until = ctx.date_field("until") if name == "postpone" else None
        return {"on": until, "last": None, "fields": _kept(ctx)}
    return {}


def _kept(ctx: RequestContext) -> dict[str, str]:
    """What the form said, to be sent again."""
    return {name: value for name, value in ctx.form.items() if name != "csrf" and value}


# --- one's own tasks --------------------------------------------------------------------------


def _done(one: Acting) -> str:
    ctx, session, task = one.ctx, one.session, one.task
    on = ctx.today if TODAY in ctx.form else ctx.date_field("on")
    note = ctx.form.get("note", "")
    amount = whole_number(ctx.form.get("amount", "1"))
    if not amount:
        raise Refused(f"请填写这次的{task.unit}数，例如 2。", field="amount")
    if "seen" in ctx.form:
        record.check_unchanged(session, task.id, ctx.form["seen"], task.unit)
    record_id = record.done(
        session,
        ctx.catalogue,
        task.id,
        one.actor,
        on=on,
        note=note,
        amount=amount,
        also=_also(one),
    )
    attach(session, task.id, record_id, one.aside, one.actor)
    if task.done + amount < task.target:
        return "counted"
    if task.rule and task.rule.confirm:
        return "submitted"
    return "election" if labels.is_election(task) else "done"


def _also(one: Acting) -> list[int]:
    """The other tasks that are ticked, each one that the person may record with this."""
    ticked = [name.removeprefix(ALSO) for name in one.ctx.form if name.startswith(ALSO)]
    ids = [whole_number(number) for number in ticked]
    if one.may.also is not None:
        offered = {row.id for row in one.may.also.get(one.task.id, ())}
        if not offered.issuperset(ids):
            raise Forbidden(labels.NOT_YOURS)
        return ids
    rows = _tasks(one, ids)
    _check_may_act(one, rows, len(ids))
    if any(labels.is_election(row) for row in rows):
        raise Refused("换届请在换届那一项上登记：它的日期要再核对一次。")
    return ids


def _tasks(one: Acting, ids: Sequence[int]) -> list[TaskRow]:
    """Those of these tasks that the person may read."""
    found = tasks(one.session, one.ctx.catalogue, today=one.ctx.today, ids=ids)
    return readable(one.session, one.may.person, found, one.ctx.today)


def _check_may_act(one: Acting, rows: Sequence[TaskRow], number: int) -> None:
    """Raises Forbidden where fewer than `number` may be read, or one belongs to others."""
    today, orgs = one.ctx.today, {row.org_id for row in rows}
    may = (may_act(one.session, one.may.person, org_id, today) for org_id in orgs)
    if len(rows) < number or not all(may):
        raise Forbidden(labels.NOT_YOURS)


def _evidence(one: Acting) -> str:
    add(one.session, one.task.id, one.aside, one.actor)
    return "evidence"


def _take_back(one: Acting) -> str:
    paper_id = whole_number(one.ctx.form.get("paper", ""))
    take_back(one.session, one.task.id, paper_id, one.actor)
    return "take_back"


def _missed(one: Acting) -> str:
    record.missed(one.session, one.ctx.catalogue, one.task.id, one.actor, reason=one.reason)
    return "missed"


def _planned(one: Acting) -> str:
    ctx = one.ctx
    on, at, place = ctx.date_field("on"), ctx.form.get("at", ""), ctx.form.get("place", "")
    record.set_planned(
        one.session, ctx.catalogue, one.task.id, one.actor, on=on, at=at, place=place
    )
    if not ctx.catalogue.calendar.is_working_day(on):
        return "rest"
    return "past" if on < ctx.today else "planned"


def _reopen(one: Acting) -> str:
    """What was recorded together is taken back together, by whom may act on all of it."""
    is_grant, changed = concerned(one.session, one.task.id)
    if not is_grant:
        beside = set(changed) - one.may.own.keys()
        _check_may_act(one, _tasks(one, sorted(beside)), len(beside))
    undo(one.session, one.ctx.catalogue, one.task.id, one.actor, reason=one.reason)
    return "reopen"


# --- what a superior grants -------------------------------------------------------------------


def _postpone(one: Acting) -> str:
    superior_decisions.postpone(
        one.session,
        one.ctx.catalogue,
        one.task.id,
        one.actor,
        until=one.ctx.date_field("until"),
        reason=one.reason,
        confirmed="confirmed" in one.ctx.form,
    )
    return "postpone"


def _waive(one: Acting) -> str:
    superior_decisions.waive(
        one.session, one.ctx.catalogue, one.task.id, one.actor, reason=one.reason
    )
    return "waive"


def _accept(one: Acting) -> str:
    superior_decisions.accept(one.session, one.ctx.catalogue, one.task.id, one.actor)
    return "accept"


def _return(one: Acting) -> str:
    superior_decisions.return_(
        one.session, one.ctx.catalogue, one.task.id, one.actor, reason=one.reason
    )
    return "return"


_ACTS: dict[str, Callable[[Acting], str]] = {
    "done": _done,
    "missed": _missed,
    "planned": _planned,
    "reopen": _reopen,
    "evidence": _evidence,
    "take_back": _take_back,
}
_GRANTS: dict[str, Callable[[Acting], str]] = {
    "postpone": _postpone,
    "waive": _waive,
    "accept": _accept,
    "return": _return,
}
NAMES = frozenset({*_ACTS, *_GRANTS})
"""What the addresses of forms about tasks end with."""
