from datetime import date

from dj_cadence.domain.wording import day_text, short_day


def test_dates_as_a_person_reads_them() -> None:
    assert day_text(date(2026, 3, 5)) == "2026年3月5日（周四）"
    assert short_day(date(2026, 3, 8), date(2026, 1, 1)) == "3月8日（周日）"
    assert short_day(date(2027, 3, 5), date(2026, 1, 1)) == "2027年3月5日（周五）"
