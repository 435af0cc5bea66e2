import errno
from datetime import date

from dj_cadence.chinese import day_text, os_reason, short_day


def test_dates_as_a_person_reads_them() -> None:
    assert day_text(date(2026, 3, 5)) == "2026年3月5日（周四）"
    assert short_day(date(2026, 3, 8), date(2026, 1, 1)) == "3月8日（周日）"
    assert short_day(date(2027, 3, 5), date(2026, 1, 1)) == "2027年3月5日（周五）"


def test_why_the_system_refused() -> None:
    assert os_reason(errno.ENOENT) == "没有这个文件夹或文件"
    assert os_reason(errno.EADDRINUSE) == "已被占用"
    assert os_reason(errno.EIO) == "磁盘读写出错"
    assert os_reason(errno.EXDEV) == f"系统错误 {errno.EXDEV}"
    assert os_reason(None) == "系统没有说明原因"
