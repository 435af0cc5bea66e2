"""Rosters as people hand them in."""

from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from dj_cadence.loading.roster_file import read_roster
from dj_cadence.problems import Problem

ORGS = "组织代码,组织名称,类别,上级组织代码\nS,示例教育工委,上级机关,\nB1,青禾党支部,党支部,S\n"
APPOINTMENTS = "组织代码,职务,姓名,邮箱\nB1,书记,书记甲,a@example.org\n"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_every_encoding_that_occurs(tmp_path: Path, encoding: str) -> None:
    paths = [
        write(tmp_path / "任职.csv", APPOINTMENTS, encoding),
        write(tmp_path / "组织.csv", ORGS, encoding),
    ]
    sheets, problems = read_roster(paths)
    assert problems == []
    assert [dict(row.cells) for row in sheets.orgs] == [
        {"code": "S", "name": "示例教育工委", "kind": "上级机关", "supervisor": ""},
        {"code": "B1", "name": "青禾党支部", "kind": "党支部", "supervisor": "S"},
    ]
    assert sheets.orgs[1].place("supervisor") == "组织.csv:3:4"
    assert [dict(row.cells) for row in sheets.appointments] == [
        {"org": "B1", "office": "书记", "name": "书记甲", "email": "a@example.org"}
    ]


def test_a_workbook_with_titles_numbers_dates_and_a_sheet_of_notes(tmp_path: Path) -> None:
    path = tmp_path / "花名册.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write(0, 0, "请按表填写")
        sheet = book.add_worksheet("组织")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write(0, 0, "示例区党组织花名册")
        sheet.write_row(
            2, 0, ["组织代码*", "组织名称（name）", "kind", "上次换届日期", "正式党员数", "寄宿"]
        )
        sheet.write_row(4, 0, [101, " 青禾党支部 ", "党支部"])
        sheet.write_datetime(4, 3, datetime(2023, 5, 10), day)  # noqa: DTZ001 - Excel knows no zone
        sheet.write_row(4, 4, [12, True])
    sheets, problems = read_roster([path])
    assert problems == []
    (row,) = sheets.orgs
    assert dict(row.cells) == {
        "code": "101",
        "name": "青禾党支部",
        "kind": "党支部",
        "last_election": date(2023, 5, 10).isoformat(),
        "full_members": "12",
        "boarding": "是",
    }
    assert row.place("full_members") == "花名册.xlsx 组织!E5"


def test_a_sheet_that_is_a_table_of_something_else_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "花名册.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("组织")
        sheet.write_row(0, 0, ["组织代码", "组织名称", "类别"])
        sheet.write_row(1, 0, ["B1", "青禾党支部", "党支部"])
        appointments = book.add_worksheet("任职")
        appointments.write_row(0, 0, ["单位", "岗位", "负责人"])
        appointments.write_row(1, 0, ["B1", "书记", "书记甲"])
        book.add_worksheet("Sheet3")
    sheets, problems = read_roster([path])
    assert len(sheets.orgs) == 1
    assert problems == [
        Problem(
            "花名册.xlsx 任职",
            "没有认出表头：组织表要有“组织代码、组织名称、类别”三列，"
            "任职表要有“组织代码、职务、姓名”三列。",
        )
    ]


def test_a_file_of_prose_alone_is_a_fault(tmp_path: Path) -> None:
    problems = read_roster([write(tmp_path / "说明.csv", "请按表填写\n")])[1]
    assert [(p.place, p.message[:6]) for p in problems] == [("说明.csv", "没有认出表头")]


def test_english_headers_are_read(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "a.csv", "code,name,kind\nB1,青禾党支部,branch\n"),
        write(tmp_path / "b.csv", "org,office,name\nB1,书记,书记甲\n"),
    ]
    sheets, problems = read_roster(paths)
    assert (problems, len(sheets.orgs), len(sheets.appointments)) == ([], 1, 1)


def test_headers_that_are_wrong(tmp_path: Path) -> None:
    path = write(tmp_path / "组织.csv", "组织代码,组织名称,组织名称,绿化面积\nB1,甲,乙,S\n")
    assert read_roster([path])[1] == [
        Problem("组织.csv:1:3", "表头“组织名称”出现了两次，请删去一列。"),
        Problem("组织.csv:1:4", "不认识的表头“绿化面积”，这一列不导入。", warning=True),
        Problem("组织.csv:1", "缺少“类别”一列，请补上。"),
    ]


def test_a_line_break_inside_a_cell_does_not_shift_the_lines(tmp_path: Path) -> None:
    text = '组织代码,组织名称,类别\nB1,"青禾\n党支部",党支部\nB2,乙,党支部\n'
    sheets, _ = read_roster([write(tmp_path / "组织.csv", text)])
    assert [row.place("kind") for row in sheets.orgs] == ["组织.csv:2:3", "组织.csv:4:3"]


def test_files_that_cannot_be_read_do_not_stop_the_others(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "坏.xlsx", "no workbook"),
        tmp_path / "无.xlsx",
        tmp_path / "无.csv",
        write(tmp_path / "花名册.docx", ""),
        write(tmp_path / "别的.csv", "日期,天气\n今天,晴\n"),
        write(tmp_path / "组织.csv", ORGS),
    ]
    (tmp_path / "乱码.csv").write_bytes(b"\xff\xff\xff")
    sheets, problems = read_roster([*paths, tmp_path / "乱码.csv"])
    assert len(sheets.orgs) == 2
    assert [(p.place, p.message[:8], p.warning) for p in problems] == [
        ("坏.xlsx", "文件打不开，请用", False),
        ("无.xlsx", "没有这个文件，请", False),
        ("无.csv", "没有这个文件，请", False),
        ("花名册.docx", "不认识的文件类型", False),
        ("别的.csv", "没有认出表头：组", False),
        ("乱码.csv", "看不懂文件的编码", False),
    ]


def test_more_rows_than_one_import_takes_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "组织.csv", "组织代码,组织名称,类别\n" + "B1,青禾,党支部\n" * 20_001)

    sheets, problems = read_roster([path])

    assert (len(sheets.orgs), [str(p) for p in problems]) == (
        0,
        ["组织.csv: 一次最多导入 20000 行，请分成几个文件，分次导入。"],
    )
