"""Dates, closed lists, and what the system refuses, as a person reads them."""

import errno
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Self

_WEEKDAYS = "一二三四五六日"
_REASONS = {
    errno.ENOENT: "没有这个文件夹或文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EISDIR: "这是一个文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "磁盘是只读的",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "文件超过了允许的大小",
    errno.EIO: "磁盘读写出错",
    errno.ELOOP: "链接绕成了圈",
    errno.ENAMETOOLONG: "名称太长",
    errno.EADDRINUSE: "已被占用",
    errno.EADDRNOTAVAIL: "这台机器没有这个地址",
}


class LabelledEnum(StrEnum):
    """Words of a closed list, each with the Chinese `label` under which people know it."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


def day_text(day: date) -> str:
    """2026年3月5日（周四）."""
    return f"{day.year}年{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def moment_text(instant: datetime, zone: tzinfo) -> str:
    """2026年3月5日（周四）08:31, as the clock on the wall says."""
    local = instant.astimezone(zone)
    return f"{day_text(local.date())}{local:%H:%M}"


def official_day(day: date) -> str:
    """2026年3月2日, as official letters are dated."""
    return f"{day.year}年{day.month}月{day.day}日"


def short_day(day: date, today: date) -> str:
    """3月5日（周四）; the year is named only where it is not that of `today`."""
    text = day_text(day)
    return text.partition("年")[2] if day.year == today.year else text


def shortest_day(day: date, today: date) -> str:
    """5日 within the month of `today`, else 4月5日, or 2027年4月5日 in another year."""
    if (day.year, day.month) == (today.year, today.month):
        return f"{day.day}日"
    text = official_day(day)
    return text.partition("年")[2] if day.year == today.year else text


def os_reason(number: int | None) -> str:
    """Why the system refused, by the `errno` of an OSError."""
    return _REASONS.get(number or 0, f"系统错误 {number}" if number else "系统没有说明原因")
