"""Cells by their kind, as rosters, records and calendars read them: a value, or a fault."""

from pathlib import Path

import pytest

from dj_cadence.loading.calendars.file import read_calendar
from dj_cadence.loading.records_file import read_records
from dj_cadence.loading.roster_file import read_roster
from tests.world.files.raw_workbook import number, row, sheet, text, workbook

HEADER = row(1, "组织代码", "组织名称", "类别", "上级组织代码", "上次换届日期", "正式党员数")
FORMATS = (
    "0000",
    "00-000",
    '"D"000',
    "yyyy-mm-dd",
    'yyyy"年"m"月"d"日"',
    "[$-804]yyyy/m/d;@",
    'yyyy"年"m"月"',
    "h:mm",
    "#,##0",
    '0"人"',
    "0_ ;[Red]\\-0\\ ",
)
STYLE = {code: n for n, code in enumerate(FORMATS, 1)}
REBUILT = '<calcPr fullCalcOnLoad="1"/>'


def one_row(
    tmp_path: Path, cells: str, *, properties: str = "", texts: str = ""
) -> tuple[dict[str, str], list[str]]:
    """The cells of row 2 as a roster reads them, and what is wrong."""
    code = "" if 'r="A2"' in cells else text("A2", "B1")
    body = f'<row r="2">{code}{text("B2", "青禾党支部")}{text("C2", "党支部")}{cells}</row>'
    path = workbook(
        tmp_path / "花名册.xlsx",
        {"组织": sheet(HEADER, body)},
        formats=FORMATS,
        properties=properties,
        texts=texts,
    )
    sheets, problems = read_roster([path])
    return dict(sheets.orgs[0].cells), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("cell", "key", "expected"),
    [
        (number("A2", "12", STYLE["0000"]), "code", "0012"),
        (number("A2", "7", STYLE["0000"]), "code", "0007"),
        (number("A2", "12345", STYLE["0000"]), "code", "12345"),
        (number("A2", "3071", STYLE["00-000"]), "code", "03-071"),
        (number("A2", "45", STYLE['"D"000']), "code", "D045"),
        (number("A2", "370202000123"), "code", "370202000123"),
        (number("A2", "1.0"), "code", "1"),
        (number("A2", "2E2"), "code", "200"),
        (text("A2", "'0031"), "code", "0031"),
        (text("A2", '="S1"'), "code", "S1"),
        (text("A2", "B_x0031_"), "code", "B1"),
        ('<c r="A2" t="str"><f>B9</f><v>F9</v></c>', "code", "F9"),
        (number("F2", "1234", STYLE["#,##0"]), "full_members", "1234"),
        (number("F2", "23", STYLE['0"人"']), "full_members", "23"),
        (number("F2", "8", STYLE["0_ ;[Red]\\-0\\ "]), "full_members", "8"),
        (number("E2", "45056", STYLE["yyyy-mm-dd"]), "last_election", "2023-05-10"),
        (number("E2", "45056", STYLE['yyyy"年"m"月"d"日"']), "last_election", "2023-05-10"),
        (number("E2", "45056", STYLE["[$-804]yyyy/m/d;@"]), "last_election", "2023-05-10"),
        (number("E2", "45056"), "last_election", "2023-05-10"),
        (number("E2", "20230510"), "last_election", "20230510"),
        (number("E2", "45056.75", STYLE["yyyy-mm-dd"]), "last_election", "2023-05-10 18:00:00"),
        ('<c r="E2" t="d"><v>2024-02-29T00:00:00</v></c>', "last_election", "2024-02-29"),
        ('<c r="D2" t="str"><f>""</f><v></v></c>', "supervisor", ""),
        (text("D2", " \u200b\u3000"), "supervisor", ""),
    ],
)
def test_a_cell_has_the_value_that_the_sheet_shows(
    tmp_path: Path, cell: str, key: str, expected: str
) -> None:
    cells, problems = one_row(tmp_path, cell)

    assert (cells[key], problems) == (expected, [])


def test_serial_numbers_of_workbooks_that_count_from_1904_become_dates(tmp_path: Path) -> None:
    since = '<workbookPr date1904="1"/>'
    dated = number("E2", "43594", STYLE["yyyy-mm-dd"])
    plain = number("E2", "43594")

    assert one_row(tmp_path, dated, properties=since)[0]["last_election"] == "2023-05-10"
    assert one_row(tmp_path, plain, properties=since)[0]["last_election"] == "2023-05-10"


def test_texts_that_the_workbook_keeps_once(tmp_path: Path) -> None:
    texts = (
        "<sst><si><t>甲</t></si><si><r><t>S</t></r><r><t>7</t></r><rPh><t>x</t></rPh></si></sst>"
    )

    cells, problems = one_row(tmp_path, '<c r="D2" t="s"><v>1</v></c>', texts=texts)

    assert (cells["supervisor"], problems) == ("S7", [])


AS_TEXT = "请把这一列设为文本格式，再重新填写这一格。"
ERROR = "没有值。请改好公式，或直接填写内容；确实没有内容的，把这一格清空。"
NO_RESULT = "文件里没有算好的结果。请用 WPS 或 Excel 打开，保存后再导入，或直接填写内容。"
ROUNDED = "表格软件会丢掉末尾几位。请把这一列设为文本格式，再重新填写这一格。"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="D2" t="e"><v>#N/A</v></c>', f"D2: 这一格是公式错误“#N/A”，{ERROR}"),
        ('<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', f"D2: 这一格是公式错误“#DIV/0!”，{ERROR}"),
        (text("D2", "#REF!"), f"D2: 这一格是公式错误“#REF!”，{ERROR}"),
        (text("F2", "#VALUE!"), f"F2: 这一格是公式错误“#VALUE!”，{ERROR}"),
        (text("E2", "########"), f"E2: 这一格是公式错误“########”，{ERROR}"),
        (text("E2", "Err:508"), f"E2: 这一格是公式错误“Err:508”，{ERROR}"),
        (number("E2", "-3", STYLE["yyyy-mm-dd"]), f"E2: 这一格是公式错误“####”，{ERROR}"),
        ('<c r="D2"><f>A9&amp;"1"</f><v></v></c>', f'D2: 这一格是公式“=A9&"1"”，{NO_RESULT}'),
        (
            '<c r="D2"><f>VLOOKUP(A2,X!A:B,2,0)</f></c>',
            f"D2: 这一格是公式“=VLOOKUP(A2,X!A:B,2,0)”，{NO_RESULT}",
        ),
        ('<c r="F2"><f t="shared" si="0"/><v/></c>', f"F2: 这一格是公式“=”，{NO_RESULT}"),
        (text("D2", "=A1"), f"D2: 这一格是公式“=A1”，{NO_RESULT}"),
        (number("D2", "370202199001011234"), f"D2: 这一格是超过15位的数字“3.70202E+17”，{ROUNDED}"),
        (number("D2", "3.7E+17"), f"D2: 这一格是超过15位的数字“3.7E+17”，{ROUNDED}"),
        (
            number("D2", "46086", STYLE["yyyy-mm-dd"]),
            f"D2: 这一格被表格软件当成了日期（2026-03-05）。{AS_TEXT}",
        ),
        (
            number("E2", "0.75", STYLE["h:mm"]),
            "E2: 这一格“0.75”只有时间，没有日期。请写成 2026-03-05 这样的日期。",
        ),
    ],
)
def test_a_cell_without_a_value_is_a_fault_and_never_empty(
    tmp_path: Path, cell: str, expected: str
) -> None:
    assert one_row(tmp_path, cell)[1] == [f"花名册.xlsx 组织!{expected}"]


def test_a_result_of_nought_that_nobody_has_worked_out_is_none(tmp_path: Path) -> None:
    cell = '<c r="D2"><f>A9</f><v>0</v></c>'

    assert one_row(tmp_path, cell)[1] == []
    assert one_row(tmp_path, cell, properties=REBUILT)[1] == [
        f"花名册.xlsx 组织!D2: 这一格是公式“=A9”，{NO_RESULT}"
    ]


def test_a_month_is_no_day(tmp_path: Path) -> None:
    cells, _ = one_row(tmp_path, number("E2", "45047", STYLE['yyyy"年"m"月"']))

    assert cells["last_election"] == "2023年5月"


def test_records_name_the_cell_that_has_no_value(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "三月.xlsx",
        {
            "办理": sheet(
                row(1, "任务编号*", "完成日期", "次数", "备注"),
                row(2, number("A2", "4"), number("B2", "46086", 1), number("C2", "2"), "参观"),
                row(3, number("A3", "5"), '<c r="B3" t="e"><v>#N/A</v></c>'),
                row(4, number("A4", "6"), text("B4", "2026-03-05 00:00:00")),
                row(5, '<c r="A5"><f>A4+1</f></c>', "2026/3/5"),
                row(6, number("A6", "8"), number("B6", "46086"), number("C6", "46086", 1)),
            )
        },
        formats=("yyyy/m/d",),
    )
    found = read_records(path)

    assert [(r.task_id, str(r.on), r.amount) for r in found.rows] == [
        (4, "2026-03-05", 2),
        (6, "2026-03-05", 1),
    ]
    assert [str(p)[:28] for p in found.problems] == [
        "三月.xlsx 办理!B3: 这一格是公式错误“#N/A",
        "三月.xlsx 办理!A5: 这一格是公式“=A4+1”",
        "三月.xlsx 办理!C6: 这一格被表格软件当成了日期",
    ]


def test_calendars_name_the_cell_that_has_no_value(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "放假.xlsx",
        {
            "2027": sheet(
                row(1, "日期", "类型", "节日"),
                row(2, number("A2", "46388", 1), "放假", "元旦"),
                row(3, '<c r="A3"><f>A2+1</f></c>', "放假", "元旦"),
                row(4, number("A4", "46390"), "放假", '<c r="C4" t="e"><v>#NAME?</v></c>'),
            )
        },
        formats=("yyyy/m/d",),
    )
    assert [str(problem).split("”")[0] for problem in read_calendar(path).problems] == [
        "放假.xlsx 2027!A3: 这一格是公式“=A2+1",
        "放假.xlsx 2027!C4: 这一格是公式错误“#NAME?",
    ]
