"""Data that is missing in a subtree: what nobody can be reminded for."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from dj_cadence.domain.dates.working_days import CalendarStatus, WorkCalendar
from dj_cadence.domain.digest.digest import SubtreeRows, child_of
from dj_cadence.domain.organizations.organization import Organization, TreeRange
from dj_cadence.store.core.database import Session
from dj_cadence.store.digest import missing_data as store

_NAMED = 20
"""So many organizations are named; of more, only how many there are at each child."""
_AHEAD = timedelta(days=60)


class MissingData:
    """Read once for a part of the tree."""

    def __init__(
        self,
        session: Session,
        span: TreeRange,
        today: date,
        channels: Collection[str],
        since: datetime | None = None,
    ) -> None:
        """With `since` only what did not arrive from then on: it cannot wait for a month's end."""
        monthly = since is None
        self._kinds = [
            (at_one, at_many, SubtreeRows(store.gaps(session, span, where)))
            for is_asked, at_one, at_many, where in (
                (
                    monthly,
                    "{0}：没有上次换届日期，无法推算届满日，请补录",
                    "{0}：{1}个组织没有上次换届日期，请督促补录",
                    store.without_election_date(),
                ),
                (
                    monthly,
                    "{0}：书记空缺，请确定负责人",
                    "{0}：{1}个组织书记空缺，请督促确定负责人",
                    store.without_secretary(today),
                ),
                (
                    monthly,
                    "{0}：没有人有可用地址，收不到提醒，请补录",
                    "{0}：{1}个组织没有人有可用地址，请督促补录",
                    store.without_address(today, channels),
                ),
                (
                    True,
                    "{0}：无法联系，{1}项逾期没有报到，已直接报它的上一级，请补录可用地址",
                    "{0}：{1}个组织无法联系，逾期已直接报它们的上一级，请督促补录",
                    store.unreachable_superiors(since and since.date()),
                ),
                (
                    True,
                    "{0}：{1}的地址（{2}）被退回，收不到消息，请更正",
                    "{0}：{1}个地址被退回，收不到消息，请督促更正",
                    store.bounced_addresses(today, since),
                ),
                (monthly, "{0}：{1}空缺", "{0}：{1}个职务空缺", store.vacant_offices(today)),
            )
            if is_asked
        ]

    def is_any_below(self, above: Organization) -> bool:
        """Whether anything is missing strictly below."""
        return any(gaps.below(above) for _, _, gaps in self._kinds)

    def sentences(self, above: Organization, children: Sequence[Organization]) -> list[str]:
        """What is missing strictly below, kind by kind in the organizations' own order."""
        lines: list[str] = []
        for at_one, at_many, gaps in self._kinds:
            below = gaps.below(above)
            if len(below) <= _NAMED:
                lines += [at_one.format(gap.org_name, *gap.details) for gap in below]
            else:
                numbers = Counter(child_of(gap, children).id for gap in below)
                counted = ((child.name, numbers[child.id]) for child in children)
                lines += [at_many.format(name, number) for name, number in counted if number]
        return lines


def calendar_sentences(calendar: WorkCalendar, today: date) -> list[str]:
    """Of years near at hand whose holiday notice is not in."""
    years = sorted({today.year, (today + _AHEAD).year})
    return [
        f"{year}年放假安排尚未公布或未导入，这一年的日期都是暂定的"
        for year in years
        if calendar.status(year) is not CalendarStatus.OFFICIAL
    ]
