"""Columns that nobody knows but that look like an address, a telephone or a date."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dj_cadence.domain.dates.written_date import parse_date
from dj_cadence.domain.table_column import Content
from dj_cadence.loading.tables.cell import Cell, Kind

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(
    r"(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}|(?:0[0-9]{2,3}[- ]?)[0-9]{7,8}"
)


@dataclass(frozen=True)
class Likeness:
    """What a column looks like, and which known columns it might have been."""

    label: str
    header: re.Pattern[str]
    cell: Callable[[Cell], bool]
    keys: tuple[str, ...] = ()
    content: Content | None = None

    def fits(self, key: str, content: Content) -> bool:
        return key in self.keys or content is self.content


_LIKENESSES = (
    Likeness(
        "邮箱或其他联系地址",
        re.compile(r"邮|mail|微信|钉钉|飞书|qq|地址", re.IGNORECASE),
        lambda cell: bool(_EMAIL.fullmatch(cell.text)),
        keys=("email", "addresses"),
    ),
    Likeness(
        "电话",
        re.compile(r"电话|手机|座机|联系方式|传真|phone|tel|mobile", re.IGNORECASE),
        lambda cell: bool(_PHONE.fullmatch(cell.text)),
        keys=("phone",),
    ),
    Likeness(
        "日期",
        re.compile(r"日期|时间|年月|生日|date", re.IGNORECASE),
        lambda cell: (
            cell.kind is Kind.DATE or (not cell.text.isdecimal() and bool(parse_date(cell.text)))
        ),
        content=Content.DATE,
    ),
)


def likeness(header: str, cells: Sequence[Cell]) -> Likeness | None:
    """What a column looks like by its header, or by at least half of its first cells."""
    for candidate in _LIKENESSES:
        alike = sum(map(candidate.cell, cells))
        if candidate.header.search(header) or (alike and alike * 2 >= len(cells)):
            return candidate
    return None
