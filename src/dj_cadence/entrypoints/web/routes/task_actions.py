"""What a person does to a task from a page: their own acts, and a superior's grants."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor, Way
from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to, whole_number
from dj_cadence.entrypoints.web.security import ExplainedError
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, may_act, readable
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import record
from dj_cadence.services.tasks.evidence import Aside, add, attach, set_aside, take_back
from dj_cadence.services.tasks.listing import TaskRow, last_election, tasks
from dj_cadence.services.tasks.superior_decisions import accept, postpone, return_, waive
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
class Refusal:
    """What was typed into the form of one act on one task, and why it stands there again."""

    act: str
    task: int
    values: Mapping[str, str]
    files: tuple[str, ...]
    """Names only: a browser never fills a file's field in again."""
    text: str = ""
    """What is wrong; empty where somebody came back to change it."""
    field: str = ""
    """The field that `text` is about; empty where it is about the whole."""

    def is_of(self, act: str, task_id: int) -> bool:
        return (self.act, self.task) == (act, task_id)


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


def answer(
    ctx: RequestContext,
    allowed: Callable[[Session], Allowed],
    base: str,
    show: Callable[..., Response],
) -> Response:
    """Carry out the action in the address on the task in the form, or ask first.

    `base` is the page on which the form stands; `show` makes it again where the action is refused
    or to be changed, as it was filled in. What came with the form is named in the same transaction
    as the action, and gone where that is refused. Raises HTTPException 404 for an action that
    does not exist, and ExplainedError for a task that is not among those `allowed`.
    """
    if CHANGE in ctx.form:
        return show(refused=_refusal(ctx))
    try:
        return _ask(ctx, allowed, base) or _carry_out(ctx, allowed, base)
    except Refused as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return show(refused=_refusal(ctx, error), status=status)


def _refusal(ctx: RequestContext, error: Refused | None = None) -> Refusal:
    """The form of this request, not carried out because of `error`."""
    return Refusal(
        act=ctx.path("act"),
        task=whole_number(ctx.form.get("task", "")),
        values=ctx.form,
        files=tuple(file.filename or "" for file in ctx.files),
        text=str(error or ""),
        field=error.field if error else "",
    )


def _ask(ctx: RequestContext, allowed: Callable[[Session], Allowed], base: str) -> Response | None:
    with ctx.read() as session:
        _, task = _chosen(ctx, session, allowed(session))
        question = _question(ctx, session, task)
    if not question:
        return None
    return ctx.page("confirm.html", base=base, act=ctx.path("act"), task=task, asked=question)


def _carry_out(ctx: RequestContext, allowed: Callable[[Session], Allowed], base: str) -> Response:
    with set_aside(ctx.settings, ctx.papers) as aside, ctx.write() as session:
        may = allowed(session)
        act, task = _chosen(ctx, session, may)
        word = act(TaskAction(ctx, session, may, task, aside)) or ctx.path("act")
    return go_to(f"{base}?said={word}")


@dataclass(frozen=True, slots=True)
class TaskAction:
    """One action on one task, inside its transaction."""

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
    def subject(self) -> tuple[Session, Catalogue, int, Actor]:
        """What every use case is given first."""
        return self.session, self.ctx.catalogue, self.task.id, self.actor

    @property
    def reason(self) -> str:
        return self.ctx.form.get("reason", "")


_Act = Callable[[TaskAction], str | None]
"""Carries an action out; returns the word of `SAID` for it where that is not its own name."""


def _chosen(ctx: RequestContext, session: Session, may: Allowed) -> tuple[_Act, TaskRow]:
    name, number = ctx.path("act"), whole_number(ctx.form.get("task", ""))
    act = _GRANTS.get(name) or _ACTS.get(name)
    if act is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    allowed = may.below if name in _GRANTS else may.own
    kind = concerned(session, number)[0] if name == "reopen" else None
    if kind and kind.is_grant:  # taken back by whom grants
        allowed = may.below
    task = allowed.get(number)
    if task is None:
        raise ExplainedError(labels.NOT_YOURS)
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


def _done(action: TaskAction) -> str | None:
    ctx, session, task = action.ctx, action.session, action.task
    on = ctx.today if TODAY in ctx.form else ctx.date_field("on")
    amount = whole_number(ctx.form.get("amount", "1"))
    if not amount:
        raise Refused(f"请填写这次的{task.unit}数，例如 2。", field="amount")
    if "seen" in ctx.form:
        record.check_unchanged(session, task.id, ctx.form["seen"], task.unit)
    note, also = ctx.form.get("note", ""), _also(action)
    record_id = record.done(*action.subject, on=on, note=note, amount=amount, also=also)
    attach(session, task.id, record_id, action.aside, action.actor)
    if task.done + amount < task.target:
        return "counted"
    if task.rule and task.rule.confirm:
        return "submitted"
    return "election" if labels.is_election(task) else None


def _also(action: TaskAction) -> list[int]:
    """The other tasks that are ticked, each one that the person may record with this."""
    ticked = [name.removeprefix(ALSO) for name in action.ctx.form if name.startswith(ALSO)]
    ids = [whole_number(number) for number in ticked]
    if action.may.also is not None:
        offered = {row.id for row in action.may.also.get(action.task.id, ())}
        if not offered.issuperset(ids):
            raise ExplainedError(labels.NOT_YOURS)
        return ids
    if any(labels.is_election(row) for row in _may_act_on(action, ids)):
        raise Refused("换届请在换届那一项上登记：它的日期要再核对一次。")
    return ids


def _may_act_on(action: TaskAction, ids: Collection[int]) -> list[TaskRow]:
    """These tasks. Raises ExplainedError where one may not be read, or belongs to others."""
    session, person, today = action.session, action.may.person, action.ctx.today
    found = tasks(session, action.ctx.catalogue, today=today, ids=ids)
    rows = readable(session, person, found, today)
    may = (may_act(session, person, org_id, today) for org_id in {row.org_id for row in rows})
    if len(rows) < len(ids) or not all(may):
        raise ExplainedError(labels.NOT_YOURS)
    return rows


def _planned(action: TaskAction) -> str | None:
    ctx, on = action.ctx, action.ctx.date_field("on")
    at, place = ctx.form.get("at", ""), ctx.form.get("place", "")
    record.set_planned(*action.subject, on=on, at=at, place=place)
    if not ctx.catalogue.calendar.is_working_day(on):
        return "rest"
    return "past" if on < ctx.today else None


def _reopen(action: TaskAction) -> None:
    """What was recorded together is taken back together, by whom may act on all of it."""
    kind, changed = concerned(action.session, action.task.id)
    if not kind or not kind.is_grant:
        _may_act_on(action, set(changed) - action.may.own.keys())
    undo(*action.subject, reason=action.reason)


def _evidence(action: TaskAction) -> None:
    add(action.session, action.task.id, action.aside, action.actor)


def _take_back(action: TaskAction) -> None:
    number = whole_number(action.ctx.form.get("paper", ""))
    take_back(action.session, action.task.id, number, action.actor)


def _postpone(action: TaskAction) -> None:
    until, confirmed = action.ctx.date_field("until"), "confirmed" in action.ctx.form
    postpone(*action.subject, until=until, reason=action.reason, confirmed=confirmed)


_ACTS: dict[str, _Act] = {
    "done": _done,
    "missed": lambda action: record.missed(*action.subject, reason=action.reason),
    "planned": _planned,
    "reopen": _reopen,
    "evidence": _evidence,
    "take_back": _take_back,
}
"""On one's own tasks."""
_GRANTS: dict[str, _Act] = {
    "postpone": _postpone,
    "waive": lambda action: waive(*action.subject, reason=action.reason),
    "accept": lambda action: accept(*action.subject),
    "return": lambda action: return_(*action.subject, reason=action.reason),
}
"""What a superior grants."""
NAMES = frozenset({*_ACTS, *_GRANTS})
"""What the addresses of forms about tasks end with."""
