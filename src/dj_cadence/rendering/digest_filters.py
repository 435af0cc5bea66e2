"""What the templates of digests call for: numbers and lines in words."""

from collections.abc import Iterable, Sequence
from datetime import date

from dj_cadence.chinese import short_day
from dj_cadence.domain import labels
from dj_cadence.domain.digest.digest import DigestChild, DigestDuty, DigestLine, DigestView, folded

_IN_MAIL = 15
"""So many tasks are told one by one in a mail; the rest is in the workbook."""
_GROUPS_IN_MAIL = 40
CHILDREN_IN_MAIL = 100
"""So many organizations directly below are told of in a mail, those with most overdue first."""
MISSING_SHOWN = 50
"""So many sentences say what is missing."""


def in_short(counted: DigestView | DigestChild | DigestDuty) -> str:
    """逾期3项（新增1，较上期+1），本周到期5项，已完成2项; what is nothing is left out."""
    numbers, change = counted.numbers, getattr(counted, "change", None)
    more = [f"新增{numbers.newly_overdue}"] if numbers.newly_overdue else []
    more += [f"较上期{sign(change)}"] if change is not None else []
    parts = [
        (f"逾期{numbers.overdue}项" if numbers.overdue else "没有逾期")
        + (f"（{'，'.join(more)}）" if more else "")
    ]
    rest = {
        "本周到期": numbers.due,
        labels.TASKS["done"]: numbers.settled,
        labels.TASKS["missed"]: numbers.missed,
        labels.TASKS["submitted"]: numbers.submitted,
    }
    return "，".join(parts + [f"{what}{count}项" for what, count in rest.items() if count])


def sign(change: int) -> str:
    """+2, −1, or 持平."""
    return f"{change:+d}".replace("-", "−") if change else "持平"


def how_many(lines: Iterable[DigestLine]) -> int:
    """How many tasks the lines stand for."""
    return sum(line.count for line in lines)


def few(lines: Iterable[DigestLine]) -> tuple[DigestLine, ...]:
    """As many as one reads in a mail, folded if need be; none where that would not do."""
    shown = folded(lines, _IN_MAIL)
    return shown if len(shown) <= _GROUPS_IN_MAIL else ()


def most_overdue(children: Sequence[DigestChild]) -> tuple[DigestChild, ...]:
    """As many as a mail tells of, in their own order."""
    if len(children) <= CHILDREN_IN_MAIL:
        return tuple(children)
    ranked = sorted(range(len(children)), key=lambda n: -children[n].numbers.overdue)
    return tuple(children[n] for n in sorted(ranked[:CHILDREN_IN_MAIL]))


def when(line: DigestLine, seen_on: date) -> str:
    """2月27日（周五）到期，逾期3天."""
    first = "最早的" if line.count > 1 else ""
    late = f"，逾期{line.overdue_days}天" if line.overdue_days else ""
    return f"{first}{short_day(line.due, seen_on)}到期{late}"


def line_text(line: DigestLine, seen_on: date) -> str:
    """One line in plain text."""
    period = f"（{line.period}）" if line.period else ""
    count = f"{line.count}项" if line.count > 1 else ""
    reason = f"。原因：{line.reason}" if line.reason else ""
    return f"{line.org_name}：{line.title}{period}{count}，{when(line, seen_on)}{reason}"


FILTERS = {
    made.__name__: made for made in (in_short, sign, how_many, few, when, line_text, most_overdue)
}
