"""No file, however broken, ends in a traceback or takes more than 500 MB or ten seconds.

In the normal run each test tries a few files; FUZZ_EXAMPLES=2000 makes it a long one.
"""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dj_cadence.errors import Refused
from dj_cadence.loading.calendars.file import read_calendar
from dj_cadence.loading.evidence_file import read_paper
from dj_cadence.loading.records_file import read_records
from dj_cadence.loading.roster_file import read_roster
from dj_cadence.loading.rules.catalogue import load_catalogue, shipped_schedules
from dj_cadence.services.roster.import_roster import import_roster
from dj_cadence.store.core.database import open_database
from tests.world.files.mutations import broken_archives, edited, edits, texts
from tests.world.files.raw_workbook import number, row, sheet, workbook
from tests.world.processes.confined import confined

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
fuzzed = settings(
    max_examples=EXAMPLES or 12,
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
NOW, TODAY = datetime(2026, 3, 2, 1, tzinfo=UTC), date(2026, 3, 2)

MERGES = '<mergeCells><mergeCell ref="D3:D4"/></mergeCells>'
HIDDEN = '<sheetFormatPr defaultRowHeight="15"/><cols><col min="7" max="9" hidden="1"/></cols>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def district(folder: Path) -> bytes:
    """A small roster of which each part of the format is used."""
    header = row(1, "组织代码", "组织名称", "类别", "上级组织代码", "上次换届日期", "正式党员数")
    orgs = sheet(
        header,
        row(2, "S", "示例教育工委", "上级机关"),
        row(3, "B1", "青禾党支部", "党支部", "S", number("E3", "45056", 1), number("F3", "9")),
        row(
            4, '<c r="A4"><f>A3&amp;1</f><v>B11</v></c>', "乙党支部", "党支部", "", "2023年5月10日"
        ),
        row(9, "合计"),
        before=HIDDEN,
        after=MERGES,
    )
    people = sheet(
        row(1, "组织代码", "职务", "姓名", "邮箱", "手机"),
        row(
            2,
            '<c r="A2" t="s"><v>0</v></c>',
            "书记、校长",
            "书记甲",
            "a@example.org",
            "13905310000",
        ),
        row(3, "B1", "副书记（主持工作）", "书记乙", "b@example.org"),
    )
    path = workbook(
        folder / "whole.xlsx",
        {"组织": orgs, "任职": people, "旧": orgs},
        states={"旧": "hidden"},
        formats=("yyyy-mm-dd", "0000"),
        texts="<sst><si><t>B1</t></si><si><r><t>x</t></r></si></sst>",
    )
    return path.read_bytes()


def written_by_a_library(folder: Path) -> bytes:
    path = folder / "library.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("办理")
        page.write_row(0, 0, ["任务编号", "日期", "数量", "说明"])
        page.write_row(1, 0, [5, "2026-03-05", 2, "参观"])
        page.write_formula(2, 0, "=A2+1")
        page.merge_range("A5:B6", "合并")
        page.set_row(7, None, None, {"hidden": True})
    return path.read_bytes()


def try_file(folder: Path, name: str, content: bytes, call: Callable[[Path], Any]) -> None:
    path = folder / name
    path.write_bytes(content)

    def attempt() -> str:
        try:
            call(path)
        except Refused as refusal:
            return str(refusal)
        return ""

    assert "Traceback" not in confined(attempt)


def import_into(database: Path) -> Callable[[Path], None]:
    """Reads a roster and goes through all of an import but the writing."""

    def call(path: Path) -> None:
        sheets, found = read_roster([path])
        opened = open_database(f"sqlite:///{database}")
        with opened.read() as session:
            when = {"now": NOW, "today": TODAY, "by": "x"}
            report = import_roster(session, sheets, faults=found, dry_run=True, **when)  # type: ignore[arg-type]
            [problem.quoted() for problem in report.problems]
            report.sentences()

    return call


@fuzzed
@given(data=st.data())
def test_no_workbook_ends_in_a_traceback(
    folder: Path, sqlite_template: Path, data: st.DataObject
) -> None:
    original = data.draw(st.sampled_from((district(folder), written_by_a_library(folder))))
    content = data.draw(broken_archives(original))

    try_file(folder, "a.xlsx", content, import_into(sqlite_template))
    try_file(folder, "a.xlsx", content, read_records)
    try_file(folder, "a.xlsx", content, read_calendar)


@fuzzed
@given(content=texts())
def test_no_text_table_ends_in_a_traceback(
    folder: Path, sqlite_template: Path, content: bytes
) -> None:
    try_file(folder, "a.csv", content, import_into(sqlite_template))
    try_file(folder, "a.csv", content, read_records)
    try_file(folder, "a.csv", content, read_calendar)


SHIPPED = sorted(shipped_schedules().rglob("*.yaml"))


@fuzzed
@given(source=st.sampled_from(SHIPPED), made=edits)
def test_no_rule_file_ends_in_a_traceback(
    folder: Path, source: Path, made: list[tuple[str, float, int, bytes]]
) -> None:
    place = folder / "schedules" / source.relative_to(shipped_schedules())
    place.parent.mkdir(parents=True, exist_ok=True)

    def call(_path: Path) -> None:
        [problem.quoted() for problem in load_catalogue([folder / "schedules"]).problems]

    try_file(place.parent, place.name, edited(source.read_bytes(), made), call)
    place.unlink()


CALENDARS = [path for path in SHIPPED if path.parent.name == "calendars"]


@fuzzed
@given(source=st.sampled_from(CALENDARS), made=edits)
def test_no_calendar_ends_in_a_traceback(
    folder: Path, source: Path, made: list[tuple[str, float, int, bytes]]
) -> None:
    def call(path: Path) -> None:
        [problem.quoted() for problem in read_calendar(path).problems]

    try_file(folder, "a.yaml", edited(source.read_bytes(), made), call)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le")
HEADS = (
    b"%PDF-1.7\n1 0 obj",
    b"\xff\xd8\xff\xe0 JFIF",
    b"\x89PNG\r\n\x1a\n IHDR",
    OLE.ljust(2048, b"\0"),
    b"{\\rtf1\\ansi hello}",
    b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "会议记录，三月五日".encode("gb18030"),
    "会议记录".encode("utf-16"),
)


@fuzzed
@given(
    data=st.data(), name=st.sampled_from(("a.pdf", "会议.docx", "a.txt", "a.csv", "照片.heic", "a"))
)
def test_no_evidence_file_ends_in_a_traceback(folder: Path, data: st.DataObject, name: str) -> None:
    if data.draw(st.booleans()):
        content = edited(data.draw(st.sampled_from(HEADS)), data.draw(edits))
    else:
        content = data.draw(broken_archives(district(folder)))

    try_file(folder, name, content, read_paper)
