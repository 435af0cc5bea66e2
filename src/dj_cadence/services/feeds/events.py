"""How tasks and weekly summaries read in a calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.domain.rules.citation import basis_text
from dj_cadence.domain.tasks.task import LATE, SETTLED, State
from dj_cadence.rendering.icalendar_text import FeedEvent
from dj_cadence.services.feeds.contents import FeedContents, WeekSummary, day_of, rule_name
from dj_cadence.settings import Settings
from dj_cadence.store.feeds.feeds import NEVER, Revision
from dj_cadence.store.tasks.task_list import TaskRow

_COLORS = {
    State.PLANNED: "steelblue",
    State.OPEN: "steelblue",
    State.UNRECORDED: "darkorange",
    State.OVERDUE: "firebrick",
    State.SUBMITTED: "slateblue",
    State.RETURNED: "darkorange",
    State.DONE: "seagreen",
}
_QUIET = "gray"
_NOT_HELD = SETTLED - {State.DONE}


@dataclass(frozen=True)
class FeedWriter:
    """Turns what a feed shows into events."""

    settings: Settings
    host: str
    """The site's own name in UIDs, for ever."""
    revisions: Mapping[str, Revision]

    def events(self, contents: FeedContents) -> list[FeedEvent]:
        """All of them; an empty calendar has one that says so."""
        named = contents.subject.startswith("person:")
        events = [self._task(task, named=named) for task in contents.tasks]
        events += [self._week(week) for week in contents.weeks]
        return events or [self._nothing(contents)]

    def _task(self, task: TaskRow, *, named: bool) -> FeedEvent:
        names = [rule_name(task), f"org:{task.org_id}"]
        if task.subject_id:
            names.append(f"org:{task.subject_id}")
        sequence, changed_at = self._changes(Revision(task.sequence, task.changed_at), *names)
        page = f"{self._page(task.org)}#task-{task.id}"
        start = self._start(task)
        return FeedEvent(
            uid=f"task-{task.id}@{self.host}",
            start=start,
            summary=_summary(task) + (f" · {task.org_name}" if named else ""),
            description=_description(task, page),
            address=page,
            sequence=sequence,
            changed_at=changed_at,
            place=task.place,
            color=_COLORS.get(task.state, _QUIET),
            cancelled=task.state is State.WITHDRAWN,
            busy=isinstance(start, datetime) and task.state not in _NOT_HELD,
            alarm=None if task.state.is_settled else self.settings.feed_alarms.offset(start),
        )

    def _start(self, task: TaskRow) -> date | datetime:
        if task.planned is None or not task.planned_time:
            return day_of(task)
        hour = time.fromisoformat(task.planned_time)
        return datetime.combine(task.planned, hour, self.settings.time_zone)

    def _week(self, week: WeekSummary) -> FeedEvent:
        sequence, changed_at = self._changes(NEVER, week.name)
        standing = [f"已办结 {week.settled}" if week.settled else ""]
        standing += [f"逾期 {week.overdue}" if week.overdue else ""]
        details = "，".join(filter(None, standing))
        page = self._page(week.above.code)
        return FeedEvent(
            uid=f"week-{week.above.id}-{week_label(week.monday)}@{self.host}",
            start=week.monday,
            summary=f"下级组织本周到期 {week.due} 项" + (f"（{details}）" if details else ""),
            description=f"{week.above.name}的下级组织。数字每周更新一次。\n逐个组织的情况：{page}",
            address=page,
            sequence=sequence,
            changed_at=changed_at,
            color=_QUIET,
        )

    def _nothing(self, contents: FeedContents) -> FeedEvent:
        """Some programs take an empty calendar for a broken one."""
        month = contents.month
        begun = Revision(
            month.year * 12 + month.month, datetime(month.year, month.month, 1, tzinfo=UTC)
        )
        sequence, changed_at = self._changes(begun)
        return FeedEvent(
            uid=f"nothing-{contents.subject.replace(':', '-')}@{self.host}",
            start=month,
            summary="暂无任务",
            description="这个日历订阅正常，目前没有任务。",
            address="",
            sequence=sequence,
            changed_at=changed_at,
        )

    def _page(self, org_code: str) -> str:
        return f"{self.settings.web_address}{organization_path(org_code)}"

    def _changes(self, own: Revision, *names: str) -> tuple[int, datetime]:
        """(SEQUENCE, LAST-MODIFIED) of an entry: both rise with each change of any part."""
        parts = [own, *(self.revisions.get(name, NEVER) for name in ("site", *names))]
        return sum(part.number for part in parts), max(part.changed_at for part in parts)


def _summary(task: TaskRow) -> str:
    state = State.OPEN if task.state is State.PLANNED else task.state
    provisional = "（暂定）" if task.provisional and not task.state.is_settled else ""
    # Beside the word that it is late no organization below is named.
    title = task.rule.title if task.rule and task.state in LATE else task.title
    return f"【{state.label}】{title} {chinese_label(task.period)}{provisional}"


def _description(task: TaskRow, page: str) -> str:
    when = f"计划：{day_text(task.planned)}" if task.planned else "计划：尚未定日期"
    provisional = task.provisional and not task.state.is_settled
    lines = [
        f"组织：{task.org_name}",
        when + (f" {task.planned_time}" if task.planned_time else ""),
        f"地点：{task.place}" if task.place else "",
        f"最迟：{day_text(task.due)}",
        f"主题：{task.theme}" if task.theme else "",
        f"进度：{task.done} / {task.target} {task.unit}" if task.target > 1 else "",
        f"完成：{day_text(task.completed_on)}" if task.completed_on else "",
        f"依据：{basis_text(task.rule, task.stage)}" if task.rule else "",
        "日期暂定：放假安排或校历尚未公布或未导入。" if provisional else "",
        f"登记与查看：{page}",
    ]
    return "\n".join(line for line in lines if line)
