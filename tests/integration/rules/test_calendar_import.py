"""Calendars that arrive: read and checked, stored, and what they do to tasks already spoken of."""

from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from icalendar import Calendar
from sqlalchemy import func, select

from dj_cadence.domain.dates.working_days import CalendarStatus
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.errors import Refused
from dj_cadence.loading.calendars.file import read_calendar
from dj_cadence.loading.rules.catalogue import load_catalogue, shipped_schedules
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.rules.calendar_import import CalendarImport, prepare, store, unheard_of
from dj_cadence.services.rules.calendars import calendars, effect
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import slot, task
from tests.world.engine import (
    B1,
    B2,
    CALENDAR,
    PARTY_DAY,
    SETTINGS,
    START,
    E,
    S,
    acts,
    apply,
    at,
    catalogue,
    found_district,
    morning,
    notices,
    the_task,
)

HEADER = "日期,类型,名称\n"
SPRING = """\
2027-01-01..2027-01-03,放假,元旦
2027-01-30,上班,春节
2027-02-05..2027-02-11,放假,春节
2027-02-28,上班,
2027-04-03..2027-04-05,放假,清明节
2027-05-01..2027-05-05,放假,劳动节
2027-06-09,放假,端午节
2027-09-15,放假,中秋节
2027-10-01..2027-10-07,放假,国庆节
"""
STORED = """\
year: 2027
status: official
source: 导入自 放假.csv
holidays:
  - {name: 元旦, days_off: 2027-01-01..2027-01-03}
  - {name: 春节, days_off: 2027-02-05..2027-02-11, make_up_days: [2027-01-30, 2027-02-28]}
  - {name: 清明节, days_off: 2027-04-03..2027-04-05}
  - {name: 劳动节, days_off: 2027-05-01..2027-05-05}
  - {name: 端午节, days_off: 2027-06-09}
  - {name: 中秋节, days_off: 2027-09-15}
  - {name: 国庆节, days_off: 2027-10-01..2027-10-07}
"""
LAST_FRIDAY_OFF = SPRING.replace("2027-02-28,上班,", "2027-02-26,放假,春节")
TERMS = "学年,学期,城市,学段,开始,结束,来源,暂定\n"
AUTUMN = "2026-2027,1,青岛,小学,2026-09-01,2027-01-29,青岛市校历,\n"


@pytest.fixture
def schedules(tmp_path: Path) -> Path:
    """The site's own folder of rules, empty."""
    folder = tmp_path / "site" / "schedules"
    folder.mkdir(parents=True)
    return folder


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def arrives(schedules: Path, text: str, name: str = "放假.csv") -> CalendarImport:
    return prepare(schedules, written(schedules.parent, name, text))


def stored(schedules: Path, text: str, name: str = "放假.csv") -> list[str]:
    arrival = arrives(schedules, text, name)
    assert [p for p in arrival.problems if not p.warning] == []
    return store(schedules, arrival)


def said(arrival: CalendarImport) -> list[str]:
    return [str(problem) for problem in arrival.problems]


# --- reading -----------------------------------------------------------------------------------


def test_a_table_of_days_is_stored_as_a_year(schedules: Path) -> None:
    assert stored(schedules, HEADER + SPRING) == ["schedules/calendars/holidays-2027.yaml"]

    (file,) = (schedules / "calendars").iterdir()
    assert file.read_text(encoding="utf-8") == STORED
    table = load_catalogue([shipped_schedules(), schedules]).catalogue.calendar.years[2027]
    assert (table.status, len(table.days_off), len(table.make_up_days)) == (
        CalendarStatus.OFFICIAL,
        27,
        2,
    )


def test_a_workbook_with_a_title_and_real_dates_says_the_same(schedules: Path) -> None:
    path = schedules.parent / "放假.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/m/d"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["2027年放假安排"])
        sheet.write_row(2, 0, ["名称", "日期", "类型", "备注"])
        sheet.write_row(3, 0, ["元旦", datetime(2027, 1, 1), "放假"])  # noqa: DTZ001 - a cell
        sheet.write_row(4, 0, ["元旦", "2027年1月2日", "放假"])
        sheet.write_row(6, 0, ["", "2027/1/9", "调休上班"])

    found = read_calendar(path).holidays

    assert found
    (holiday,) = found.holidays
    assert (holiday.days_off, holiday.make_up_days) == (
        ("2027-01-01..2027-01-02",),
        ("2027-01-09",),
    )
    assert found.source == "导入自 放假.xlsx"


def test_a_yaml_file_as_documented_is_stored_in_the_one_form(schedules: Path) -> None:
    text = STORED.replace(
        "2027-02-05..2027-02-11, make_up_days: [2027-01-30, ",
        "[2027-02-05, 2027-02-06..2027-02-11], make_up_days: [2027-01-30, ",
    )
    stored(schedules, "# from the bureau\n" + text, "来自教育局.yaml")

    assert (schedules / "calendars/holidays-2027.yaml").read_text(encoding="utf-8") == STORED


def test_every_fault_of_a_table_of_days_is_told(schedules: Path) -> None:
    rows = (
        "2027-01-01,放假,元旦\n2027-01-01,放假,元旦\n2027-01-06,上班,元旦\n2028-01-01,放假,元旦\n"
        "1月3日,放假,元旦\n2027-01-02,休息,元旦\n2027-01-03,放假,\n2027-02-09..2027-02-05,放假,春节\n"
    )
    arrival = arrives(schedules, HEADER + rows)

    assert said(arrival) == [
        "放假.csv:6:1: 看不懂日期“1月3日”，应如 2026-10-01 或 2026-10-01..2026-10-07",
        "放假.csv:7:2: 类型“休息”不可用，应为 放假、上班 之一",
        "放假.csv:8:3: 缺少名称，如 春节",
        "放假.csv:9:1: “2027-02-09..2027-02-05”应从早到晚，且不超过一个月",
        "放假.csv:3:1: 2027-01-01 在 放假.csv:2:1 已写过，请只留一处",
        "放假.csv:4:1: 2027-01-06 不是周末，不会是调休上班日",
        "放假.csv:5:1: 2028-01-01 不在 2027 年，一个文件只写一年",
    ]
    assert arrival.changes_nothing


ACROSS = """\
2018-12-29,上班,
2018-12-30..2019-01-01,放假,元旦
2019-02-02,上班,春节
2019-02-03,上班,春节
2019-02-04..2019-02-10,放假,春节
2019-04-05,放假,清明节
2019-05-01..2019-05-04,放假,劳动节
2019-06-07,放假,端午节
2019-09-13,放假,中秋节
2019-10-01..2019-10-07,放假,国庆节
"""


def test_a_notice_that_begins_in_december_is_one_year(schedules: Path) -> None:
    assert stored(schedules, HEADER + ACROSS) == ["schedules/calendars/holidays-2019.yaml"]

    calendar = load_catalogue([shipped_schedules(), schedules]).catalogue.calendar
    days = [date(2018, 12, n) for n in (28, 29, 30, 31)]
    assert [calendar.is_working_day(day) for day in days] == [True, True, False, False]
    assert arrives(schedules, HEADER + ACROSS).changes_nothing


@pytest.mark.parametrize(
    ("rows", "year"),
    [
        ("2021-12-31..2022-01-02,放假,元旦\n", 2022),
        ("2022-12-30,放假,元旦\n2022-12-31,放假,元旦\n2023-01-01,放假,元旦\n", 2023),
        ("2023-12-23,上班,元旦\n2023-12-30..2024-01-01,放假,元旦\n", 2024),
        ("2029-12-29..2030-01-01,放假,元旦\n2030-06-05,放假,端午节\n", 2030),
        ("2031-10-01..2031-10-03,放假,国庆节\n2030-12-31,放假,元旦\n", 2031),
    ],
)
def test_the_year_of_a_notice_that_begins_in_december(
    schedules: Path, rows: str, year: int
) -> None:
    given = arrives(schedules, HEADER + rows).given

    assert given.holidays
    assert given.holidays.year == year


def test_a_day_that_stands_twice_in_yaml_is_told_with_its_place(schedules: Path) -> None:
    text = STORED.replace("2027-05-01..2027-05-05", "2027-04-05..2027-05-05")

    assert said(arrives(schedules, text, "x.yaml")) == [
        "x.yaml:8:5: 2027-04-05 在 x.yaml:7:5 已写过，请只留一处"
    ]


def test_a_table_without_the_usual_holidays_is_taken_with_a_warning(schedules: Path) -> None:
    arrival = arrives(schedules, HEADER + SPRING.replace("端午节", "校庆"))

    assert said(arrival) == [
        "放假.csv: 提示：没有写端午，这些日子会按平常的工作日和周末计算，请核对"
    ]
    assert not arrival.changes_nothing


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "x.csv",
            "天气,心情\n1,2\n",
            "x.csv: 没有可导入的行：放假安排要有“日期、类型、名称”三列，",
        ),
        ("x.csv", HEADER + "2027-01-09,上班,元旦\n", "x.csv: 没有一天放假，请核对"),
        ("x.yaml", "", "x.yaml:1:1: 文件是空的"),
        ("x.yaml", "semesters: []\n", "x.yaml: 一个学期也没有写"),
        ("x.yaml", "year: [\n", "x.yaml:2:1: 引号或括号没有配对"),
    ],
)
def test_a_file_that_says_nothing_is_a_fault(
    schedules: Path, name: str, text: str, expected: str
) -> None:
    (fault,) = said(arrives(schedules, text, name))

    assert fault.startswith(expected)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("没有.xlsx", None, "没有.xlsx：没有这个文件，请检查文件名。"),
        ("没有.yaml", None, "没有.yaml：没有这个文件，请检查文件名。"),
        ("x.xlsx", b"text", "x.xlsx：文件打不开，请用表格软件打开后另存为 xlsx 再试。"),
        ("x.csv", b"\xff\xff", "x.csv：看不懂文件的编码，请另存为 UTF-8 的 CSV 或 xlsx。"),
        ("x.pdf", b"", "x.pdf：不认识的文件类型，请用 .yaml、.xlsx 或 .csv。"),
    ],
)
def test_what_is_no_calendar_at_all_is_refused(
    schedules: Path, name: str, content: bytes | None, expected: str
) -> None:
    path = schedules.parent / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Refused) as refusal:
        prepare(schedules, path)
    assert str(refusal.value) == expected


# --- semesters ---------------------------------------------------------------------------------


def test_semesters_go_to_a_file_for_each_city_and_add_up(schedules: Path) -> None:
    spring = "2026-2027学年,二,青岛,小学,2027/2/22,2027/7/4,,是\n"
    anywhere = "2027-2028,1,,,2027-09-01,2028-01-14,省教育厅,\n"

    assert stored(schedules, TERMS + AUTUMN, "校历.csv") == [
        "schedules/calendars/semesters-青岛.yaml"
    ]
    assert stored(schedules, TERMS + spring + anywhere, "校历.csv") == [
        "schedules/calendars/semesters-各地.yaml",
        "schedules/calendars/semesters-青岛.yaml",
    ]

    assert (schedules / "calendars/semesters-青岛.yaml").read_text(encoding="utf-8") == (
        "semesters:\n"
        "  - {label: 2026-2027-S1, city: 青岛, stage: 小学, first: 2026-09-01, last: 2027-01-29,"
        " provisional: false, source: 青岛市校历}\n"
        "  - {label: 2026-2027-S2, city: 青岛, stage: 小学, first: 2027-02-22, last: 2027-07-04,"
        " provisional: true, source: 导入自 校历.csv}\n"
    )
    known = load_catalogue([shipped_schedules(), schedules])
    assert known.problems == ()
    assert [
        (s.label, s.last.isoformat(), s.provisional)
        for s in known.catalogue.calendar.semesters_for("青岛", "小学")
    ][-3:] == [
        ("2026-2027-S1", "2027-01-29", False),
        ("2026-2027-S2", "2027-07-04", True),
        ("2027-2028-S1", "2028-01-14", False),
    ]


def test_a_city_is_the_same_with_and_without_its_last_character(schedules: Path) -> None:
    stored(schedules, TERMS + AUTUMN.replace(",青岛,", ",青岛市,"), "校历.csv")

    calendar = load_catalogue([shipped_schedules(), schedules]).catalogue.calendar
    assert [s.city for s in calendar.semesters_for("青岛", "小学") if s.stage] == ["青岛"]


def test_every_fault_of_a_table_of_semesters_is_told(schedules: Path) -> None:
    rows = (
        "2026-2027,2,青岛,小学,2027-01-20,2027-07-04,,\n"
        "2026-2027,1,青岛,小学,2026-09-01,2027-01-10,,\n"
        "2027-2028,1,青岛,小学,2026-09-01,2027-01-10,,\n"
        "26-27,3,青岛,小学,9月1日,2027-01-10,,也许\n"
    )
    assert said(arrives(schedules, TERMS + AUTUMN + rows, "校历.csv")) == [
        "校历.csv:6:8: 暂定“也许”应填“是”或“否”",
        "校历.csv:6:1: 学期“26-27-3”应写成 2025-2026-S1 或 2025-2026-S2",
        "校历.csv:6:5: 应为日期，如 2026-03-05，现在是“9月1日”",
        "校历.csv:4: 2026-2027-S1 在 校历.csv:2 已写过，请只留一处",
        "校历.csv:5: 学期 2027-2028-S1 应在 2027-08-01 至 2028-08-31 之间，请核对学年和日期",
        "校历.csv:3: 2026-2027-S2 应在 2026-2027-S1（2026-09-01 至 2027-01-29）结束以后开始",
        "校历.csv:5: 2027-2028-S1 应在 2026-2027-S2（2027-01-20 至 2027-07-04）结束以后开始",
    ]


def test_a_semester_that_meets_one_already_stored_is_a_fault(schedules: Path) -> None:
    stored(schedules, TERMS + AUTUMN, "校历.csv")

    arrival = arrives(schedules, TERMS + "2026-2027,2,青岛,,2027-01-20,2027-07-04,,\n", "新.csv")

    assert said(arrival) == [
        "新.csv:2: 2026-2027-S2 应在 2026-2027-S1（2026-09-01 至 2027-01-29）结束以后开始"
    ]


def test_a_city_that_nobody_has_is_pointed_out(district: Database, schedules: Path) -> None:
    given = arrives(schedules, TERMS + AUTUMN, "校历.csv").given

    with district.read() as session:
        (warning,) = unheard_of(session, given.semesters)
    assert str(warning) == (
        "校历.csv:2: 提示：花名册里没有青岛小学的组织，这个学期暂时不影响任何任务，请核对城市和学段"
    )


# --- storing -----------------------------------------------------------------------------------


def test_preparing_writes_nothing_and_storing_leaves_only_the_file(schedules: Path) -> None:
    arrival = arrives(schedules, HEADER + SPRING)
    assert list(schedules.iterdir()) == []

    store(schedules, arrival)
    store(schedules, arrives(schedules, HEADER + LAST_FRIDAY_OFF))

    assert [path.name for path in schedules.rglob("*")] == ["calendars", "holidays-2027.yaml"]


def test_the_same_file_again_changes_nothing(schedules: Path) -> None:
    stored(schedules, HEADER + SPRING)
    stored(schedules, TERMS + AUTUMN, "校历.csv")

    assert arrives(schedules, HEADER + SPRING).changes_nothing
    assert arrives(schedules, TERMS + AUTUMN, "校历.csv").changes_nothing
    assert not arrives(schedules, HEADER + LAST_FRIDAY_OFF).changes_nothing


def test_a_year_that_the_site_wrote_in_another_file_is_a_fault(schedules: Path) -> None:
    (schedules / "calendars").mkdir()
    written(schedules / "calendars", "2027.yaml", STORED)

    (fault,) = said(arrives(schedules, HEADER + LAST_FRIDAY_OFF))
    assert fault == (
        "schedules/calendars/holidays-2027.yaml:1:1: "
        "2027 在 schedules/calendars/2027.yaml:1:1 已写过，请只留一处"
    )


def test_a_folder_that_cannot_be_written_is_refused(schedules: Path) -> None:
    arrival = arrives(schedules, HEADER + SPRING)
    written(schedules, "calendars", "a file in the way")

    with pytest.raises(Refused, match="写不进去"):
        store(schedules, arrival)


def test_what_is_known_is_listed_with_the_file_it_stands_in(schedules: Path) -> None:
    stored(schedules, HEADER + SPRING)

    years, semesters = calendars(schedules, date(2026, 12, 1))

    assert [(y.year, y.status.value, s.file[20:], s.shipped) for y, s in years] == [
        (2024, "official", "holidays-2024.yaml", True),
        (2025, "official", "holidays-2025.yaml", True),
        (2026, "official", "holidays-2026.yaml", True),
        (2027, "official", "holidays-2027.yaml", False),
        (2028, "missing", "", False),
    ]
    assert {(s.file, s.shipped) for _, s in semesters} == {
        ("schedules/calendars/semesters.yaml", True)
    }


# --- what it does to tasks -----------------------------------------------------------------------


def provisional_tasks(database: Database) -> int:
    query = select(func.count(task.c.id)).join_from(task, slot, slot.c.id == task.c.slot_id)
    with database.read() as session:
        owed = task.c.state.in_(sorted(OWED))
        return int(session.execute(query.where(slot.c.provisional, owed)).scalar_one())


@pytest.mark.parametrize(
    "text", [HEADER + SPRING, TERMS + "2025-2026,2,,,2026-03-02,2026-07-10,,\n"]
)
def test_the_dry_run_tells_what_applying_does(
    shipped_district: Database, schedules: Path, text: str
) -> None:
    arrival = arrives(schedules, text)
    before = provisional_tasks(shipped_district)
    tells, definite = effect(shipped_district, arrival.before, arrival.after, START)

    does = planner.apply(
        shipped_district,
        arrival.after.catalogue,
        arrival.after.content,
        planner.default_span(START, START),
        by="管理员",
        today=START,
        now=at(START),
    )

    assert (tells.counts, tells.samples) == (does.counts, does.samples)
    assert {change for _, change in does.counts} == {"move"}
    assert definite == before - provisional_tasks(shipped_district) > 0
    after, definite = effect(shipped_district, arrival.before, arrival.after, START)
    assert (after.counts, definite) == ({}, 0)


def test_the_dry_run_tells_nothing_of_other_edits(
    shipped_district: Database, schedules: Path
) -> None:
    (schedules / "duties").mkdir()
    off = "duties:\n  theme_party_day: {enabled: false}\n"
    written(schedules / "duties", "own.yaml", off)
    arrival = arrives(schedules, HEADER + SPRING)

    tells, _ = effect(shipped_district, arrival.before, arrival.after, START)

    assert {change for _, change in tells.counts} == {"move"}
    assert tells.counts["theme_party_day", "move"] > 0


def in_february(database: Database, b2_day: str) -> Catalogue:
    """B1 meets on the 5th, B2 on `b2_day`; the mornings of 1 and 2 February have been."""
    rules = catalogue(PARTY_DAY, calendar=CALENDAR)
    started = date(2027, 2, 1)
    found_district(database, (E, S, B1, {**B2, "theme_day": b2_day}), (), starts_on=started)
    apply(database, rules, today=started, until=date(2027, 2, 28))
    for day in (started, date(2027, 2, 2)):
        morning(database, rules, day)
    return rules


def official(schedules: Path, rows: str) -> Catalogue:
    """The rules with a 2027 table that was imported."""
    stored(schedules, HEADER + rows)
    calendar = load_catalogue([shipped_schedules(), schedules]).catalogue.calendar
    return catalogue(PARTY_DAY, calendar=calendar, version="official")


def in_feed(
    database: Database, rules: Catalogue, row: object, today: date
) -> list[tuple[str, ...]]:
    """(UID, day, SEQUENCE) of each entry in the calendar of a task's organization."""
    now = datetime.combine(today, time(9), SETTINGS.time_zone)
    text = Feeds(database, SETTINGS, lambda _session: rules).body(f"org:{row.org_id}", now)  # type: ignore[attr-defined]
    return [
        (str(e["UID"]), e["DTSTART"].dt.isoformat(), str(e["SEQUENCE"]))
        for e in Calendar.from_ical(text).walk("VEVENT")
    ]


def test_a_day_that_moves_away_says_nothing_new(database: Database, schedules: Path) -> None:
    provisional = in_february(database, "")
    before = the_task(database, "party_day", "B1", "2027-02")
    entry = in_feed(database, provisional, before, date(2027, 2, 2))
    told = notices(database, before.id)
    assert (before.planned, before.due) == (date(2027, 2, 9), date(2027, 2, 26))
    assert [(reminder_step, day) for reminder_step, _, day, _ in told] == [
        ("list", date(2027, 2, 1)),
        ("nudge", date(2027, 2, 2)),
    ]

    rules = official(schedules, SPRING)
    apply(database, rules, today=date(2027, 2, 3), until=date(2027, 2, 28))
    for day in range(3, 29):
        morning(database, rules, date(2027, 2, day))

    after = the_task(database, "party_day", "B1", "2027-02")
    assert (after.id, after.planned, after.due) == (before.id, date(2027, 2, 12), date(2027, 2, 28))
    assert (after.due_revision, after.sequence) == (1, before.sequence + 1)
    assert acts(database, after.id) == [("move", "管理员", "规则、提醒方案或工作日历有变化")]
    assert [row[:3] for row in notices(database, after.id)] == [row[:3] for row in told]
    ((uid, day, sequence),) = entry
    assert (day, sequence) == ("2027-02-09", str(before.sequence))
    assert in_feed(database, rules, after, date(2027, 2, 3)) == [
        (uid, "2027-02-12", str(before.sequence + 1))
    ]


def test_a_day_that_comes_closer_is_spoken_of_in_time(database: Database, schedules: Path) -> None:
    in_february(database, "最后一个工作日")
    before = the_task(database, "party_day", "B2", "2027-02")
    assert (before.planned, before.due) == (date(2027, 2, 26), date(2027, 2, 26))

    rules = official(schedules, LAST_FRIDAY_OFF)
    apply(database, rules, today=date(2027, 2, 23), until=date(2027, 2, 28))
    morning(database, rules, date(2027, 2, 23))

    after = the_task(database, "party_day", "B2", "2027-02")
    assert (after.id, after.planned, after.due) == (before.id, date(2027, 2, 25), date(2027, 2, 25))
    assert (after.due_revision, after.sequence) == (1, before.sequence + 1)
    assert [row[:3] for row in notices(database, after.id)] == [
        ("list", 0, date(2027, 2, 1)),
        ("nudge", 1, date(2027, 2, 23)),  # its day was the 22nd: said at once
    ]
    away = the_task(database, "party_day", "B1", "2027-02")
    assert [row[0] for row in notices(database, away.id)] == ["list", "nudge"]
