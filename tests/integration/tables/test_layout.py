"""Tables as offices lay them out: headers, merges, what is hidden, what stands around them."""

from pathlib import Path

import pytest

from dj_cadence.domain.roster.columns import APPOINTMENT_COLUMNS, ORG_COLUMNS
from dj_cadence.domain.table_column import column_of
from dj_cadence.loading.records_file import COLUMNS as RECORD_COLUMNS
from dj_cadence.loading.records_file import read_records
from dj_cadence.loading.roster_file import read_roster
from tests.world.files.raw_workbook import number, row, sheet, text, workbook

HEADER = row(1, "组织代码", "组织名称", "类别", "上级组织代码")


def read(
    tmp_path: Path, *rows: str, after: str = "", before: str = ""
) -> tuple[list[list[str]], list[str]]:
    """The rows of organizations as lists of their cells in the file's order, and what is wrong."""
    path = workbook(tmp_path / "r.xlsx", {"组织": sheet(*rows, after=after, before=before)})
    sheets, problems = read_roster([path])
    return [list(row.cells.values()) for row in sheets.orgs], [str(p) for p in problems]


def merges(*places: str) -> str:
    listed = "".join(f'<mergeCell ref="{one}"/>' for one in places)
    return f"<mergeCells>{listed}</mergeCells>"


# --- headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("组织\n代码", "code"),
        ("组织 代码", "code"),
        ("组 织 编 码", "code"),
        ("★党组织代码（必填）", "code"),
        ("党支部编号：", "code"),
        ("＊组织代码＊", "code"),
        ("Code", "code"),
        ("党组织全称[规范名称]", "name"),
        ("【必填】类别", "kind"),
        ("上级党组织 编码", "supervisor"),
        ("正式党员（人）", "full_members"),
        ("最近一次换届时间", "last_election"),
        ("本届选举日期(年月日)", "last_election"),
        ("是否设立支委会", "has_committee"),
        ("任期（年）", "term_years"),
        ("备案号", None),
    ],
)
def test_headers_of_organizations_are_recognised(header: str, key: str | None) -> None:
    found = column_of([header], ORG_COLUMNS)

    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("电子邮箱", "email"),
        ("E-mail", "email"),
        ("Ｅｍａｉｌ", "email"),
        ("邮箱地址（收提醒）", "email"),
        ("工作 邮箱", "email"),
        ("手机号码", "phone"),
        ("联系电话", "phone"),
        ("移动\r\n电话", "phone"),
        ("联系方式（手机）", "phone"),
        ("所在党组织代码", "org"),
        ("党内 职务", "office"),
        ("党员姓名*", "name"),
        ("教工号", "person"),
        ("任职时间", "since"),
        ("免职日期", "until"),
        ("任职性质（正式/代理）", "nature"),
        ("政治面貌", None),
    ],
)
def test_headers_of_appointments_are_recognised(header: str, key: str | None) -> None:
    found = column_of([header], APPOINTMENT_COLUMNS)

    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("任务号", "task"),
        ("任务 ID", "task"),
        ("办理时间", "on"),
        ("学时（小时）", "amount"),
        ("情况说明", "note"),
        ("负责人", None),
    ],
)
def test_headers_of_records_are_recognised(header: str, key: str | None) -> None:
    found = column_of([header], RECORD_COLUMNS)

    assert (found.key if found else None) == key


def test_no_two_columns_of_a_table_share_a_header() -> None:
    for columns in (ORG_COLUMNS, APPOINTMENT_COLUMNS, RECORD_COLUMNS):
        names = [name for column in columns for name in column.names()]
        assert len(names) == len(set(names))


def test_group_headings_over_the_columns_are_passed_over(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "r.xlsx",
        {
            "组织": sheet(
                row(1, "青禾区党组织基本情况"),
                row(2, "基本信息", "", "", "党员数", "", "换届时间"),
                row(3, "组织代码", "组织名称", "类别", "正式", "预备"),
                row(
                    4,
                    "B1",
                    "青禾党支部",
                    "党支部",
                    number("D4", "9"),
                    number("E4", "2"),
                    "2024-05-06",
                ),
                after=merges("A1:F1", "A2:C2", "D2:E2", "F2:F3"),
            )
        },
    )
    sheets, problems = read_roster([path])

    assert problems == []
    assert dict(sheets.orgs[0].cells) == {
        "code": "B1",
        "name": "青禾党支部",
        "kind": "党支部",
        "full_members": "9",
        "probationary_members": "2",
        "last_election": "2024-05-06",
    }


def test_group_headings_that_are_not_merged(tmp_path: Path) -> None:
    rows = (
        row(1, "组织代码", "组织名称", "类别", "上级"),
        row(2, "", "", "", "组织代码"),
        row(3, "B1", "青禾党支部", "党支部", "S"),
    )
    assert read(tmp_path, *rows) == ([["B1", "青禾党支部", "党支部", "S"]], [])


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        (
            "单位邮箱号",
            "",
            "像是邮箱或其他联系地址。要导入请把表头改成“邮箱”、“其他渠道”（不要重复），",
        ),
        ("微信号", "wangfang", "像是邮箱或其他联系地址。"),
        ("怎么找他", "wang@qinghe.cn", "像是邮箱或其他联系地址。"),
        ("家庭电话", "", "像是电话。要导入请把表头改成“手机”（不要重复），"),
        ("号码", "13905310000", "像是电话。"),
        ("入党时间", "", "像是日期。要导入请把表头改成“任职日期”、“离任日期”（不要重复），"),
        ("何时", "2019年7月1日", "像是日期。"),
        ("", "0531-86012345", "这一列没有表头，像是电话。"),
    ],
)
def test_a_column_nobody_knows_that_looks_like_an_address_or_a_date_is_a_fault(
    tmp_path: Path, header: str, value: str, expected: str
) -> None:
    path = tmp_path / "任职.csv"
    path.write_text(f"组织代码,职务,姓名,{header}\nB1,书记,书记甲,{value}\n", encoding="utf-8")

    (problem,) = read_roster([path])[1]

    assert (problem.place, problem.warning) == ("任职.csv:1:4", False)
    assert expected in problem.message
    assert problem.message.endswith("不导入请删去这一列。")


def test_a_column_nobody_knows_of_another_kind_is_only_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "任职.csv"
    path.write_text("序号,组织代码,职务,姓名,学历\n1,B1,书记,书记甲,本科\n", encoding="utf-8")

    assert [str(p) for p in read_roster([path])[1]] == [
        "任职.csv:1:5: 提示：不认识的表头“学历”，这一列不导入。"
    ]


def test_two_columns_that_mean_the_same_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "任职.csv"
    path.write_text(
        "组织代码,职务,姓名,手机,联系电话\nB1,书记,书记甲,,13905310000\n", encoding="utf-8"
    )

    assert [str(p) for p in read_roster([path])[1]] == [
        "任职.csv:1:5: 表头“手机”和“联系电话”都是“手机”，请只留一列。"
    ]


# --- below the table ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "合计,,,",
        "合 计,2,个,",
        "总计：2 个支部,,,",
        "小计（小学）,,,",
        "填表人：张三,,审核人：李四,",
        "制表日期：2026年3月5日,,,",
        "填报单位（盖章）：,,,",
        "中共青禾小学委员会（盖章）,,,",
        "注：本表一式两份。,,,",
        ",,,2026.3.5",
        "组织代码,组织名称,类别,上级组织代码",
    ],
)
def test_totals_and_signatures_below_are_left_out_and_said(tmp_path: Path, line: str) -> None:
    path = tmp_path / "组织.csv"
    path.write_text(
        f"组织代码,组织名称,类别,上级组织代码\nB1,甲支部,党支部,S\n{line}\n", encoding="utf-8"
    )
    sheets, problems = read_roster([path])

    first = next(cell for cell in line.split(",") if cell)
    assert [row.cells["code"] for row in sheets.orgs] == ["B1"]
    assert [str(p) for p in problems] == [
        f"组织.csv:3: 提示：“{first}”这一行像是合计、表尾或重复的表头，没有导入。"
    ]


def test_an_organization_whose_name_begins_like_a_total_stays(tmp_path: Path) -> None:
    path = tmp_path / "组织.csv"
    path.write_text("组织代码,组织名称,类别\n合1,合计划生育服务站支部,党支部\n", encoding="utf-8")

    assert [row.cells["code"] for row in read_roster([path])[0].orgs] == ["合1"]


# --- merged ------------------------------------------------------------------------------------


def test_a_merged_cell_is_the_value_of_all_its_cells(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path,
        HEADER,
        row(2, "B1", "甲支部", "党支部", "S"),
        row(3, "B2", "乙支部"),
        row(4, "B3", "丙支部", "", text("D4", "under the merge")),
        row(5, "B4", "丁支部", "党总支"),
        after=merges("D2:D4", "C2:C4"),
    )
    assert problems == []
    assert [(cells[0], cells[2], cells[3]) for cells in rows] == [
        ("B1", "党支部", "S"),
        ("B2", "党支部", "S"),
        ("B3", "党支部", "S"),
        ("B4", "党总支", ""),
    ]


def test_a_tall_row_is_one_row(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path,
        HEADER,
        row(2, "B1", "甲支部", "党支部", "S"),
        row(3, "", "", "", ""),
        row(4, "B2", "乙支部", "党支部", "S"),
        after=merges("A2:A3", "B2:B3", "C2:C3", "D2:D3"),
    )
    assert ([cells[0] for cells in rows], problems) == (["B1", "B2"], [])


@pytest.mark.parametrize(
    ("merge", "place", "expected"),
    [
        ("A2:A3", "A3", "而“组织代码”每一行都要单独填写"),
        ("B2:B3", "B3", "而“组织名称”每一行都要单独填写"),
        ("C2:D2", "C2", "合并的单元格跨了几列，分不清内容属于哪一列"),
        ("A3:B3", "A3", "合并的单元格跨了几列，分不清内容属于哪一列"),
        ("C2:D3", "D3", "合并的单元格跨了几列，分不清内容属于哪一列"),
    ],
)
def test_a_merge_that_cannot_be_read_is_a_fault(
    tmp_path: Path, merge: str, place: str, expected: str
) -> None:
    rows = (row(2, "B1", "甲支部", "党支部", "S"), row(3, "B2", "乙支部", "党支部", "S"))
    _, problems = read(tmp_path, HEADER, *rows, after=merges(merge))

    assert [expected in problem for problem in problems if f"组织!{place}:" in problem] == [True]


def test_a_task_merged_over_two_records_is_a_fault(tmp_path: Path) -> None:
    rows = sheet(
        row(1, "任务编号", "日期"),
        row(2, number("A2", "5"), "2026-03-05"),
        row(3, "", "2026-03-06"),
        after=merges("A2:A3"),
    )
    found = read_records(workbook(tmp_path / "b.xlsx", {"办理": rows}))

    assert [problem.place for problem in found.problems] == ["b.xlsx 办理!A2", "b.xlsx 办理!A3"]


# --- hidden ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_not_read_and_named(tmp_path: Path, state: str) -> None:
    rows = row(2, "B1", "甲支部", "党支部", "S")
    path = workbook(
        tmp_path / "r.xlsx",
        {"组织": sheet(HEADER, rows), "去年": sheet(HEADER, row(2, "B9", "旧支部", "党支部", "S"))},
        states={"去年": state},
    )
    sheets, problems = read_roster([path])

    assert [one.cells["code"] for one in sheets.orgs] == ["B1"]
    assert [str(p) for p in problems] == [
        "r.xlsx 去年: 提示：这张工作表是隐藏的，没有导入；要导入请取消隐藏，不要的请删去。"
    ]


@pytest.mark.parametrize("how", ['hidden="1"', 'hidden="true"', 'ht="0" customHeight="1"'])
def test_hidden_rows_are_not_read_and_named(tmp_path: Path, how: str) -> None:
    rows, problems = read(
        tmp_path,
        HEADER,
        row(2, "B1", "甲支部", "党支部", "S"),
        row(3, "B2", "乙支部", "党支部", "S", more=how),
        row(4, more=how),
        row(6, "B3", "丙支部", "党支部", "S", more=how),
    )
    assert [cells[0] for cells in rows] == ["B1"]
    (problem,) = problems
    assert problem == (
        "r.xlsx 组织: 提示：有 2 行是隐藏的（第 3、6 行），没有导入；"
        "要导入请取消筛选或取消隐藏，不要的行请删去。"
    )


def test_a_hidden_column_counts_as_absent(tmp_path: Path) -> None:
    rows = (HEADER, row(2, "B1", "甲支部", "党支部", "S"))
    hidden = '<cols><col min="{0}" max="{0}" hidden="1"/></cols>'

    found, problems = read(tmp_path, *rows, before=hidden.format(4))
    assert found == [["B1", "甲支部", "党支部"]]
    assert problems == [
        "r.xlsx 组织!D1: 提示：“上级组织代码”一列是隐藏的，没有导入；要导入请取消隐藏。"
    ]
    assert read(tmp_path, *rows, before=hidden.format(2))[1] == [
        "r.xlsx 组织!B1: “组织名称”一列是隐藏的，请取消隐藏后再导入。"
    ]
