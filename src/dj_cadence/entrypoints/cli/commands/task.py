"""tasks, missed, planned, reopen, explain: what is owed and what people say of it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import typer

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State
from dj_cadence.entrypoints.cli.actors import check_actor_of, check_superior
from dj_cadence.entrypoints.cli.arguments import (
    AsJson,
    By,
    From,
    Misuse,
    On,
    Reason,
    TaskId,
    Until,
    parse_date,
    parse_state,
)
from dj_cadence.entrypoints.cli.context import Opened, act, opened
from dj_cadence.entrypoints.cli.output import say, say_json, table
from dj_cadence.errors import Refused
from dj_cadence.problems import suggestion
from dj_cadence.services.explain import explain as explanation
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import record, superior_decisions
from dj_cadence.services.tasks.last_word import LastWord, last_words
from dj_cadence.services.undo import last_deed, rests_with, undo
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import task_list
from dj_cadence.store.tasks.acts import last_on
from dj_cadence.store.tasks.tasks import locked


def tasks(
    ctx: typer.Context,
    org: Annotated[str, typer.Option("--org", metavar="组织", help="只看这个组织")] = "",
    *,
    subtree: Annotated[bool, typer.Option("--subtree", help="连同下级组织")] = False,
    state: Annotated[
        State | None,
        typer.Option("--state", parser=parse_state, metavar="状态", help="如 open、overdue、done"),
    ] = None,
    duty: Annotated[str, typer.Option("--duty", metavar="规则", help="只看这条规则")] = "",
    since: From = None,
    until: Until = None,
    binding: Annotated[
        bool, typer.Option("--binding", help="只看上级要求的：周报计的就是这些")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """列出任务；--from 和 --until 比较截止日，两头都算。"""
    if subtree and not org:
        raise Misuse("--subtree 要和 --org 一起用。")
    with opened(ctx) as site:
        catalogue = site.catalogue()
        with site.site.database.read() as session:
            if org:
                org = orgs.find_org(session, org).code
            if duty and duty not in catalogue.duties:
                raise Refused(f"没有规则 {duty}{suggestion(duty, catalogue.duties)}")
            rows = task_list.tasks(
                session,
                catalogue,
                today=site.today,
                org_code=org,
                subtree=subtree,
                states=None if state is None else [state],
                duty=duty,
                due_from=since,
                due_until=until,
                binding=binding,
            )
            last = last_words(session, rows)
    if as_json:
        for row in rows:
            say_json(row.as_json())
        return
    table(
        ("编号", "组织", "任务", "周期", "计划", "截止", "状态"),
        (
            (
                row.id,
                row.org_name,
                row.title,
                chinese_label(row.period),
                row.planned,
                row.due,
                _standing(row, last),
            )
            for row in rows
        ),
    )
    say(f"共 {len(rows)} 项。")


def _standing(row: task_list.TaskRow, last: Mapping[int, LastWord]) -> str:
    """Its state, with how late it is and why it was sent back."""
    late = f"{row.overdue_days}天" if row.overdue_days else ""
    sent_back = last[row.id].sent_back if row.id in last else ""
    return f"{row.state.label}{late}{f'（退回原因：{sent_back}）' if sent_back else ''}"


def missed(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """登记未按期开展，并写明原因；不再提醒。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_actor_of(session, by, [task], site.today)
        record.missed(session, site.catalogue(), task, actor, reason=reason)

    act(ctx, by, do)
    say(f"任务 {task} 已登记为未按期开展。")


def planned(
    ctx: typer.Context,
    task: TaskId,
    on: Annotated[date, typer.Option("--on", parser=parse_date, metavar="日期", help="计划日期")],
    at: Annotated[str, typer.Option("--at", metavar="时间", help="几点，如 14:30")] = "",
    place: Annotated[str, typer.Option("--place", metavar="地点", help="地点")] = "",
    by: By = "",
) -> None:
    """在周期内自行确定哪天办。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_actor_of(session, by, [task], site.today)
        record.set_planned(
            session,
            site.catalogue(),
            task,
            actor,
            on=on,
            at=at,
            place=place,
        )

    act(ctx, by, do)
    say(f"任务 {task} 定在 {on}。")


def reopen(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """撤回这项任务上一次的登记或决定，连同它一并改动的。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        known = last_on(session, task)
        if known and known.kind.is_grant:
            check_superior(session, by, task, site.today)
        else:
            others = rests_with(session, known) if known else []
            check_actor_of(session, by, (task, *others), site.today)
        kind = last_deed(session, task).kind
        undo(session, site.catalogue(), task, actor, reason=reason)
        say(f"任务 {task} 的{kind.undo_label}已撤回，现在是“{_state(session, task)}”。")

    act(ctx, by, do)


def _state(session: Session, task: int) -> str:
    return State(locked(session, task).state).label


def explain(ctx: typer.Context, task: TaskId) -> None:
    """说明一项任务从哪里来、日期怎么定的、提醒过谁。"""
    with opened(ctx) as site:
        catalogue = site.catalogue()
        with site.site.database.read() as session:
            for line in explanation(
                session, catalogue, task, today=site.today, zone=site.site.settings.time_zone
            ):
                say(line)


def postpone(
    ctx: typer.Context,
    task: TaskId,
    until: Annotated[
        date, typer.Option("--until", parser=parse_date, metavar="日期", help="延到哪天")
    ],
    reason: Reason = "",
    by: By = "",
    *,
    confirm: Annotated[bool, typer.Option("--confirm", help="换届延期超过一年时确认")] = False,
) -> None:
    """上级同意延期。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_superior(session, by, task, site.today)
        superior_decisions.postpone(
            session,
            site.catalogue(),
            task,
            actor,
            until=until,
            reason=reason,
            confirmed=confirm,
        )

    act(ctx, by, do)
    say(f"任务 {task} 的截止日改为 {until}。")


def waive(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """经上级同意，这一次不再办理。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_superior(session, by, task, site.today)
        superior_decisions.waive(session, site.catalogue(), task, actor, reason=reason)

    act(ctx, by, do)
    say(f"任务 {task} 已登记为经上级同意不再办理。")


def submit(
    ctx: typer.Context,
    task: TaskId,
    on: On = None,
    note: Annotated[str, typer.Option("--note", metavar="说明", help="说明")] = "",
    by: By = "",
) -> None:
    """登记完成并报送上级确认；用于规则要求确认的任务。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_actor_of(session, by, [task], site.today)
        duty = site.catalogue().duties.get(locked(session, task).duty)
        if duty is None or not duty.confirm:
            raise Refused("这项任务不需要上级确认，用 done 登记即可。")
        day = on or site.today
        record.done(session, site.catalogue(), task, actor, on=day, note=note)

    act(ctx, by, do)
    say(f"任务 {task} 已报送，待上级确认。")


def accept(ctx: typer.Context, task: TaskId, by: By = "") -> None:
    """上级确认已报送的任务。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_superior(session, by, task, site.today)
        superior_decisions.accept(session, site.catalogue(), task, actor)

    act(ctx, by, do)
    say(f"任务 {task} 已确认完成。")


def return_(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """上级退回已报送的任务，写明原因。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_superior(session, by, task, site.today)
        superior_decisions.return_(session, site.catalogue(), task, actor, reason=reason)

    act(ctx, by, do)
    say(f"任务 {task} 已退回。")
