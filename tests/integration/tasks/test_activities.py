"""One activity for several tasks, hours, and records from a workbook, on both databases."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import select

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.rules.duty import Every
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.loading.records_file import read_records
from dj_cadence.services.tasks import record as records
from dj_cadence.services.tasks.record_import import import_records
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import record, record_task
from tests.world.engine import (
    LECTURE,
    PARTY_DAY,
    a_duty,
    advance_to,
    apply,
    at,
    catalogue,
    everything,
    tasks,
    the_task,
)

TODAY = date(2026, 4, 20)
JOINED = replace(PARTY_DAY, counts_for=("lecture",))
HOURS = a_duty("hours", "集中学习", Every(Unit.MONTH, times=8, counted_in="学时"))
RULES = catalogue(JOINED, LECTURE, HOURS)
WHO = Actor("李书记", at(TODAY, 17), TODAY)


@pytest.fixture
def branches(district: Database) -> Database:
    apply(district, RULES)
    advance_to(district, RULES, TODAY)
    return district


def numbers(database: Database, *wanted: tuple[str, str, str]) -> list[int]:
    return [the_task(database, *one).id for one in wanted]


def done(database: Database, ids: list[int], on: date = date(2026, 4, 10), amount: int = 1) -> None:
    with database.write() as session:
        records.done(session, RULES, ids[0], WHO, on=on, also=ids[1:], amount=amount)


def states(database: Database, ids: list[int]) -> list[str]:
    found = {row.id: row.state for row in tasks(database)}
    return [found[one] for one in ids]


def test_a_party_day_with_a_lecture_settles_both_with_one_record(branches: Database) -> None:
    ids = numbers(branches, ("party_day", "B1", "2026-04"), ("lecture", "B1", "2026-Q2"))

    done(branches, ids)

    assert states(branches, ids) == ["done", "done"]
    with branches.read() as session:
        (one,) = session.execute(select(record)).all()
        counted = session.scalars(select(record_task.c.task_id).order_by(record_task.c.task_id))
        assert (one.day, list(counted)) == (date(2026, 4, 10), sorted(ids))


def test_a_joint_lecture_settles_it_for_two_branches(branches: Database) -> None:
    ids = numbers(branches, ("lecture", "B1", "2026-Q2"), ("lecture", "B2", "2026-Q2"))

    done(branches, ids)

    assert states(branches, ids) == ["done", "done"]


@pytest.mark.parametrize(
    "other",
    [("party_day", "B1", "2026-03"), ("hours", "B1", "2026-04"), ("party_day", "B2", "2026-03")],
)
def test_tasks_that_do_not_count_together_are_refused_whole(
    branches: Database, other: tuple[str, str, str]
) -> None:
    ids = numbers(branches, ("party_day", "B1", "2026-04"), other)
    before = everything(branches)

    with pytest.raises(Refused, match="不能用一次活动一并登记"):
        done(branches, ids)

    assert everything(branches) == before


def test_hours_add_up_until_the_target_is_reached(branches: Database) -> None:
    ids = numbers(branches, ("hours", "B1", "2026-04"))

    done(branches, ids, date(2026, 4, 10), amount=5)
    assert states(branches, ids) == ["open"]
    done(branches, ids, date(2026, 4, 17), amount=3)

    assert states(branches, ids) == ["done"]


def workbook(path: Path, *rows: tuple[object, ...]) -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate([("任务编号", "日期", "数量", "说明"), *rows]):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value)  # type: ignore[arg-type]
            else:
                sheet.write(number, column, value)
    book.close()
    return path


def test_a_workbook_records_many_tasks_at_once(branches: Database, tmp_path: Path) -> None:
    ids = numbers(branches, ("party_day", "B1", "2026-03"), ("hours", "B2", "2026-03"))
    file = workbook(
        tmp_path / "三月.xlsx",
        (ids[0], date(2026, 3, 5), "", "参观"),
        (ids[1], "2026-03-06", 8, ""),
    )

    with branches.write() as session:
        assert import_records(session, RULES, read_records(file), WHO) == 2

    assert states(branches, ids) == ["done", "done"]


def test_a_workbook_with_faults_records_nothing_and_names_each(
    branches: Database, tmp_path: Path
) -> None:
    ids = numbers(branches, ("party_day", "B1", "2026-03"))
    file = workbook(
        tmp_path / "三月.xlsx",
        (ids[0], date(2026, 3, 5), 1, ""),
        ("甲", "三月六日", 0, ""),
        (ids[0], date(2026, 3, 6), 1, ""),
    )
    before = everything(branches)

    with pytest.raises(Refused) as refused, branches.write() as session:
        import_records(session, RULES, read_records(file), WHO)

    assert str(refused.value).splitlines() == [
        "三月.xlsx Sheet1!A3：任务编号应为数字。",
        "三月.xlsx Sheet1!B3：日期应写成 2026-03-05 这样。",
        "三月.xlsx Sheet1!C3：数量应为大于零的整数。",
        "三月.xlsx Sheet1!4：这项任务已经是“已完成”，日期2026年3月5日（周四），没有重复登记。",
        "共 4 处错误，没有登记任何一行。",
    ]
    assert everything(branches) == before


def test_a_file_that_is_no_such_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("no workbook")
    with pytest.raises(Refused, match=r"a\.xlsx：文件打不开，请用表格软件打开后另存为 xlsx 再试。"):
        read_records(tmp_path / "a.xlsx")

    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
    book.add_worksheet().write(0, 0, "编号")
    book.close()
    with pytest.raises(Refused, match=r"b\.xlsx：没有认出表头，要有“任务编号、日期”两列。"):
        read_records(tmp_path / "b.xlsx")
