"""Files as they arrive: encodings, separators, other formats, and what would fill the memory."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from dj_cadence.errors import Refused
from dj_cadence.loading.records_file import read_records
from dj_cadence.loading.roster_file import read_roster
from tests.world.files.raw_workbook import row, sheet, text, workbook

LINES = (
    ("组织代码", "组织名称", "类别", "标签"),
    ("S", "示例教育工委", "上级机关", "甲;乙"),
    ("B1", "青禾，党支部", "党支部", ""),
)


def cells_of(path: Path) -> tuple[list[list[str]], list[str]]:
    sheets, problems = read_roster([path])
    return [list(row.cells.values()) for row in sheets.orgs], [str(p) for p in problems]


def joined(separator: str, end: str = "\r\n") -> str:
    return "".join(separator.join(line) + end for line in LINES)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- encodings and separators ------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("name", ["组织.csv", "组织.txt", "组织.xls"])
def test_a_text_table_is_read_in_every_encoding(tmp_path: Path, encoding: str, name: str) -> None:
    path = written(tmp_path / name, joined(",").encode(encoding))

    assert cells_of(path) == ([list(line) for line in LINES[1:]], [])


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_with_a_byte_order_mark_is_read(tmp_path: Path, mark: bytes) -> None:
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    path = written(tmp_path / "a.csv", mark + joined("\t").encode(encoding))

    assert cells_of(path) == ([list(line) for line in LINES[1:]], [])


@pytest.mark.parametrize(
    ("separator", "name"), [(",", "a.csv"), ("\t", "a.txt"), ("\t", "a.csv"), ("\t", "a.tsv")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_separator_is_recognised(tmp_path: Path, separator: str, name: str, end: str) -> None:
    path = written(tmp_path / name, joined(separator, end).encode())

    assert cells_of(path) == ([list(line) for line in LINES[1:]], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("组织代码;组织名称;类别\nB1;青禾;党支部\n", ["B1", "青禾", "党支部"]),
        ("组织代码，组织名称，类别\nB1，青禾，党支部\n", ["B1", "青禾", "党支部"]),
        ("sep=;\n组织代码;组织名称;类别\nB1;a,b;党支部\n", ["B1", "a,b", "党支部"]),
        ('组织代码;组织名称;类别\n"B1";"青;禾";党支部\n', ["B1", "青;禾", "党支部"]),
        (
            "花名册，2026年，示例区\n组织代码,组织名称,类别\nB1,青禾,党支部\n",
            ["B1", "青禾", "党支部"],
        ),
        ('组织代码,组织名称,类别\n="0012",青禾,党支部\n', ["0012", "青禾", "党支部"]),
        ("组织代码,组织名称,类别\n'0012,青禾,党支部\n", ["0012", "青禾", "党支部"]),
        ('组织代码\t组织名称\t类别\n"=""S1"""\t青禾\t党支部\n', ["S1", "青禾", "党支部"]),
    ],
)
def test_quoting_is_read_as_programs_write_it(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert cells_of(written(tmp_path / "a.csv", text.encode())) == ([expected], [])


def test_the_line_of_a_fault_counts_the_line_that_names_the_separator(tmp_path: Path) -> None:
    text = "sep=;\n组织代码;组织名称;类别\nB1;青禾;#N/A\n"

    assert cells_of(written(tmp_path / "a.csv", text.encode()))[1][0].startswith("a.csv:3:3: ")


@pytest.mark.parametrize(
    "value", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#SPILL!", "=B2", "=VLOOKUP(A1;B;2)"]
)
def test_errors_and_formulas_in_texts_are_faults(tmp_path: Path, value: str) -> None:
    text = f"组织代码,组织名称,类别,上级组织代码\nB1,青禾,党支部,{value}\n"

    (problem,) = cells_of(written(tmp_path / "a.csv", text.encode()))[1]
    assert problem.startswith(
        f"a.csv:2:4: 这一格是公式{'' if value[0] == '=' else '错误'}“{value}”，"
    )


@pytest.mark.parametrize(
    ("written_day", "expected"),
    [
        ("2026/3/5", "2026-03-05"),
        ("2026-03-05 00:00:00", "2026-03-05"),
        ("2026年3月5日", "2026-03-05"),
        ("2026.3.5", "2026-03-05"),
        ("２０２６年３月５日", "2026-03-05"),
        ("2026 年 3 月 5 日（星期四）", "2026-03-05"),
        ("2026/3/5 14:30", "2026-03-05"),
        ("二〇二六年三月五日", "2026-03-05"),
        ("2026-03-05T08:00:00", "2026-03-05"),
        ("20260305", "2026-03-05"),
        ("46086", None),
        ("3/5/2026", None),
        ("26.3.5", None),
        ("2026年3月", None),
        ("3月5日", None),
        ("2026-02-30", None),
        ("2026年3月5日（星期五）", None),
        ("2026/3-5", None),
    ],
)
def test_dates_of_records(tmp_path: Path, written_day: str, expected: str | None) -> None:
    path = written(tmp_path / "a.csv", f"任务编号,日期\n4,{written_day}\n".encode())
    found = read_records(path)

    assert [str(row.on) for row in found.rows] == ([expected] if expected else [])
    assert [str(problem) for problem in found.problems] == (
        [] if expected else ["a.csv:2:2: 日期应写成 2026-03-05 这样。"]
    )


# --- other formats -----------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SAVE_AS = "请用 WPS 或 Excel 打开，选“另存为”，类型选“Excel 工作簿（*.xlsx）”，再导入新的文件。"
LOCKED = (
    "工作簿加了打开密码，读不了。请用 WPS 或 Excel 输入密码打开，取消打开密码"
    "（WPS：文件—文档加密—密码加密，清空后应用；Excel：文件—信息—保护工作簿—用密码进行加密，"
    "清空后确定），保存后再导入。"
)


def ole(stream: str) -> bytes:
    return OLE + stream.encode("utf-16-le").ljust(128, b"\0") + bytes(512)


def archive(*names: str, mimetype: str = "") -> Callable[[Path], bytes]:
    def content(folder: Path) -> bytes:
        path = folder / "made.zip"
        with ZipFile(path, "w") as made:
            for name in names:
                made.writestr(name, mimetype)
        return path.read_bytes()

    return content


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.xlsx", ole("EncryptedPackage"), LOCKED),
        ("a.et", ole("EncryptedPackage"), LOCKED),
        (
            "a.xls",
            ole("Workbook"),
            f"这是旧式表格（xls 或 et）。{SAVE_AS}有打开密码的，另存时一并取消密码。",
        ),
        (
            "a.et",
            ole("Workbook"),
            f"这是旧式表格（xls 或 et）。{SAVE_AS}有打开密码的，另存时一并取消密码。",
        ),
        (
            "a.xlsx",
            ole("Book"),
            f"这是旧式表格（xls 或 et）。{SAVE_AS}有打开密码的，另存时一并取消密码。",
        ),
        (
            "a.xls",
            "<html><table><tr><td>组织代码</td></tr></table></html>".encode(),
            f"这其实是网页，不是表格文件，虽然表格软件打得开。{SAVE_AS}",
        ),
        (
            "a.xls",
            "\ufeff\n<table border=1><tr><td>1".encode(),
            f"这其实是网页，不是表格文件，虽然表格软件打得开。{SAVE_AS}",
        ),
        (
            "a.xls",
            b"MIME-Version: 1.0\nContent-Type: multipart/related",
            f"这其实是网页，不是表格文件，虽然表格软件打得开。{SAVE_AS}",
        ),
        (
            "a.xls",
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            f"这是 XML 格式的表格。{SAVE_AS}",
        ),
        (
            "a.ods",
            archive("mimetype", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
            f"这是 ODS 表格。{SAVE_AS}",
        ),
        (
            "a.numbers",
            archive("Index/Document.iwa"),
            "这是 Numbers 表格。请在 Numbers 里选“文件—导出到—Excel”，再导入导出的 xlsx。",
        ),
        ("a.xlsb", archive("xl/workbook.bin"), f"这是二进制工作簿（xlsb）。{SAVE_AS}"),
        (
            "a.xlsx",
            archive("[Content_Types].xml", "word/document.xml"),
            "这不是表格，请把内容放进 xlsx 表格再导入。",
        ),
        ("a.xlsx", archive("花名册.xlsx"), "这是压缩包。请先解压，再导入里面的表格。"),
        ("a.csv", b"%PDF-1.7\n", "这不是表格，请把内容放进 xlsx 表格再导入。"),
        ("a.csv", b"  \r\n", "文件是空的。"),
        ("a.xlsx", b"", "文件是空的。"),
        ("a.csv", b"a,b\x00\x01\x02c", "看不懂文件的编码，请另存为 UTF-8 的 CSV 或 xlsx。"),
        (
            "a.csv",
            "组织代码,组织名称,类别\nB1,青禾".encode() + b"\xe5\x85",
            "第2行有坏掉的字。请用表格软件打开原来的文件，另存为 xlsx 再导入。",
        ),
        (
            "a.csv",
            '组织代码,组织名称,类别\nB1,"青禾,党支部\nB2,乙,党支部\n'.encode(),
            '从第2行起，英文引号 " 没有成对，分不清各列。请改好引号，或另存为 xlsx 再导入。',
        ),
    ],
)
def test_a_file_of_another_format_is_refused_with_advice(
    tmp_path: Path, name: str, content: bytes | Callable[[Path], bytes], expected: str
) -> None:
    path = written(tmp_path / name, content if isinstance(content, bytes) else content(tmp_path))

    assert cells_of(path) == ([], [f"{name}: {expected}"])


def test_a_workbook_by_another_name_is_read(tmp_path: Path) -> None:
    rows = sheet(row(1, "组织代码", "组织名称", "类别"), row(2, "B1", "青禾", "党支部"))

    assert cells_of(workbook(tmp_path / "a.xls", {"组织": rows})) == (
        [["B1", "青禾", "党支部"]],
        [],
    )


def test_no_plain_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.numbers").mkdir()

    assert cells_of(tmp_path / "a.csv")[1] == ["a.csv: 这不是普通文件，请移走。"]
    assert cells_of(tmp_path / "b.numbers")[1] == ["b.numbers: 这是一个文件夹，请改名或移走。"]


# --- bounds ------------------------------------------------------------------------------------

TOO_LARGE = "表格太大。请删去多余的行、列和工作表（清除格式），或分成几个文件导入。"
BROKEN = "文件已损坏，或不是表格软件存的。请用 WPS 或 Excel 打开，另存为新的 xlsx 再导入。"
HEADER = row(1, "组织代码", "组织名称", "类别")
FIRST = row(2, "B1", "青禾", "党支部")


@pytest.mark.parametrize(
    "far",
    [
        f'<row r="1048576">{text("XFD1048576", " ")}</row>',
        f'<row r="1048576">{text("XFD1048576", "x")}</row>',
        '<row r="900000"><c r="A900000" s="3"/></row>',
        f'<row r="2">{text("XFD2", "备注")}</row>',
    ],
)
def test_cells_far_away_cost_nothing(tmp_path: Path, far: str) -> None:
    path = workbook(tmp_path / "a.xlsx", {"组织": sheet(HEADER, FIRST, far)})

    assert [cells[0] for cells in cells_of(path)[0]] == ["B1"]


@pytest.mark.parametrize("place", ["XFE1", "A1048577", "A0", "AAAA1", "1A", "A99999999999", "甲1"])
def test_cells_that_no_sheet_has_are_refused(tmp_path: Path, place: str) -> None:
    path = workbook(tmp_path / "a.xlsx", {"组织": sheet(HEADER, f"<row>{text(place, 'x')}</row>")})

    assert cells_of(path) == ([], [f"a.xlsx: {BROKEN}"])


def styled_rows() -> str:
    return '<row s="1" customFormat="1"><c s="1"/></row>' * 800_000


def bomb() -> str:
    return f"<row>{text('D1', ' ' * 31_000_000)}</row>"


@pytest.mark.parametrize("rows", [styled_rows, bomb])
def test_a_sheet_that_goes_on_for_ever_is_refused(tmp_path: Path, rows: Callable[[], str]) -> None:
    path = workbook(tmp_path / "a.xlsx", {"组织": sheet(HEADER, FIRST, rows())})

    assert path.stat().st_size < 9_000_000
    assert cells_of(path) == ([], [f"a.xlsx: {TOO_LARGE}"])


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<a>" * 100, BROKEN),
        (f'<row spans="{"x" * 3_000_000}"/>', BROKEN),
        ("".join(f"<a{n}/>" for n in range(20_000)), BROKEN),
        ("<row><c r='A1'><v>1</c></row>", BROKEN),
        ('<row><c r="A1" t="s"><v>7</v></c></row>', BROKEN),
        ("<row><c r='A1'><v>&lol;</v></c></row>", BROKEN),
    ],
)
def test_xml_that_no_spreadsheet_writes_is_refused(
    tmp_path: Path, inside: str, expected: str
) -> None:
    assert cells_of(workbook(tmp_path / "a.xlsx", {"组织": sheet(HEADER, inside)})) == (
        [],
        [f"a.xlsx: {expected}"],
    )


def test_a_definition_of_entities_is_refused(tmp_path: Path) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    path = workbook(tmp_path / "a.xlsx", {"组织": entities + sheet(HEADER, FIRST)})

    assert cells_of(path) == ([], [f"a.xlsx: {BROKEN}"])


def test_more_merges_than_a_table_has_are_refused(tmp_path: Path) -> None:
    rows = "".join(row(n, "B", "青禾", "党支部") for n in range(2, 2002))
    merges = '<mergeCell ref="A2:XFD1048576"/>' * 200
    path = workbook(
        tmp_path / "a.xlsx",
        {"组织": sheet(HEADER, rows, after=f"<mergeCells>{merges}</mergeCells>")},
    )
    assert cells_of(path) == ([], ["a.xlsx: 合并的单元格太多，请取消合并后再导入。"])


def test_a_directory_of_many_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED) as made:
        for number in range(15_000):
            made.writestr(f"xl/worksheets/a-long-name-for-a-sheet-{number}.xml", "")

    assert cells_of(path) == ([], [f"a.xlsx: {TOO_LARGE}"])


def test_a_directory_that_lies_about_its_length_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"组织": sheet(HEADER, FIRST)})
    content = bytearray(path.read_bytes())
    struct.pack_into("<L", content, content.rfind(b"PK\x05\x06") + 12, 400)
    path.write_bytes(content)

    assert cells_of(path) == ([], [f"a.xlsx: {BROKEN}"])


def test_a_file_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)

    assert cells_of(path) == ([], ["a.csv: 文件太大，最多 50 MB。"])


def test_a_quote_that_is_never_closed_is_refused_early(tmp_path: Path) -> None:
    content = '组织代码,组织名称,类别\nB1,"青禾,党支部\n' + "B2,乙,党支部\n" * 500_000
    path = written(tmp_path / "a.csv", content.encode())

    assert [problem[:12] for problem in cells_of(path)[1]] == ["a.csv: 从第2行起"]


def test_more_records_than_one_import_takes_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ("任务编号,日期\n" + "#N/A,x\n" * 5_001).encode())

    with pytest.raises(
        Refused, match=r"^a\.csv：一次最多导入 5000 行，请分成几个文件，分次导入。$"
    ):
        read_records(path)
