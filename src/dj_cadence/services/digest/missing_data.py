"""Data that is missing in a subtree: what nobody can be reminded for."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from dj_cadence.domain.dates.working_days import CalendarStatus, WorkCalendar
from dj_cadence.domain.organizations.tree_range import TreeRange
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.digest import subtree_counts

_NAMED = 20
"""So many organizations are named; of more, only how many there are at each child."""
_AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class _Kind:
    """One kind of gap, with the places where it is."""

    at_one: str
    """The sentence about one organization."""
    at_many: str
    rows: Sequence[AnyRow]

    @cached_property
    def _positions(self) -> list[int]:
        return [row.position for row in self.rows]

    def inside(self, above: AnyRow) -> Sequence[AnyRow]:
        first = bisect_right(self._positions, above.position)
        return self.rows[first : bisect_right(self._positions, above.subtree_end)]


@dataclass(frozen=True)
class Gaps:
    """Read once for a stretch of the tree."""

    _kinds: Sequence[_Kind]

    @classmethod
    def every(
        cls, session: Session, span: TreeRange, today: date, channels: Collection[str]
    ) -> "Gaps":
        """All that is missing."""
        return cls(
            (
                _Kind(
                    "{0.name}：没有上次换届日期，无法推算届满日，请补录",
                    "{1}：{0}个组织没有上次换届日期，请督促补录",
                    subtree_counts.undated(session, span),
                ),
                _Kind(
                    "{0.name}：书记空缺，请确定负责人",
                    "{1}：{0}个组织书记空缺，请督促确定负责人",
                    subtree_counts.vacant(session, span, today),
                ),
                _Kind(
                    "{0.name}：没有人有可用地址，收不到提醒，请补录",
                    "{1}：{0}个组织没有人有可用地址，请督促补录",
                    subtree_counts.unreachable(session, span, today, channels),
                ),
                *_unheard(session, span, today),
                _Kind(
                    "{0.name}：{0.office}空缺",
                    "{1}：{0}个职务空缺",
                    subtree_counts.bereft(session, span, today),
                ),
            )
        )

    @classmethod
    def news(cls, session: Session, span: TreeRange, today: date, since: datetime) -> "Gaps":
        """Only what has come up since the digest before, and cannot wait for the monthly look."""
        return cls(_unheard(session, span, today, since))

    def are_below(self, above: AnyRow) -> bool:
        """Whether anything is missing strictly below."""
        return any(kind.inside(above) for kind in self._kinds)

    def sentences(self, above: AnyRow, children: Sequence[AnyRow]) -> list[str]:
        """What is missing strictly below, kind by kind in the organizations' own order."""
        return [line for kind in self._kinds for line in _said(kind, above, children)]


def _unheard(
    session: Session, span: TreeRange, today: date, since: datetime | None = None
) -> tuple[_Kind, ...]:
    """Those to whom something was to be said that did not arrive."""
    return (
        _Kind(
            "{0.name}：无法联系，{0.number}项逾期没有报到，已直接报它的上一级，请补录可用地址",
            "{1}：{0}个组织无法联系，逾期已直接报它们的上一级，请督促补录",
            subtree_counts.passed_over(session, span, since and since.date()),
        ),
        _Kind(
            "{0.name}：{0.person}的地址（{0.channel}）被退回，收不到消息，请更正",
            "{1}：{0}个地址被退回，收不到消息，请督促更正",
            subtree_counts.refused(session, span, today, since),
        ),
    )


def _said(kind: _Kind, above: AnyRow, children: Sequence[AnyRow]) -> list[str]:
    rows = kind.inside(above)
    if not rows:
        return []
    if len(rows) <= _NAMED:
        return [kind.at_one.format(row) for row in rows]
    ends = [child.subtree_end for child in children]
    at = Counter(bisect_left(ends, row.position) for row in rows)
    return [kind.at_many.format(at[n], child.name) for n, child in enumerate(children) if at[n]]


def calendar_sentences(calendar: WorkCalendar, today: date) -> list[str]:
    """Of years near at hand whose holiday notice is not in."""
    years = sorted({today.year, (today + _AHEAD).year})
    return [
        f"{year}年放假安排尚未公布或未导入，这一年的日期都是暂定的"
        for year in years
        if calendar.status(year) is not CalendarStatus.OFFICIAL
    ]
