"""Any file that somebody hands in as a table: what it is by its content, then its sheets."""

import re
from pathlib import Path

from dj_cadence.bounded_file import UnreadableError, read_bytes
from dj_cadence.loading.evidence_file import OLE, has_ole_entry
from dj_cadence.loading.tables.archive import Archive
from dj_cadence.loading.tables.sheet import Sheet, UnreadableTableError
from dj_cadence.loading.tables.text_table import decoded, read_text_table, separator_of
from dj_cadence.loading.tables.workbook import MAIN, read_workbook

_TEXTS = (".csv", ".txt", ".tsv")
TABLE_SUFFIXES = (".xlsx", ".xlsm", *_TEXTS)
_ADVISED = (".xls", ".et", ".ods", ".numbers", ".xlsb", ".xlt", ".ett", ".htm", ".html")
"""Other files that hold tables: what to do with them is said."""
_MOST_BYTES = 50_000_000
_SAVE_AS = "请用 WPS 或 Excel 打开，选“另存为”，类型选“Excel 工作簿（*.xlsx）”，再导入新的文件。"
_NO_TABLE = "文件打不开，请用表格软件打开后另存为 xlsx 再试。"
_LOCKED = (
    "工作簿加了打开密码，读不了。请用 WPS 或 Excel 输入密码打开，取消打开密码"
    "（WPS：文件—文档加密—密码加密，清空后应用；Excel：文件—信息—保护工作簿—用密码进行加密，"
    "清空后确定），保存后再导入。"
)
_HTML = re.compile(
    rb"<(?:!doctype html|html|table|head|body|meta)[\s>]|^mime-version:", re.IGNORECASE
)
_XML_SHEET = b"urn:schemas-microsoft-com:office:spreadsheet"


def is_table_file(path: Path) -> bool:
    """Whether the file is one to be read as a table, by its name."""
    return path.suffix.lower() in (*TABLE_SUFFIXES, *_ADVISED)


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of a workbook, or the one of a text file.

    Raises UnreadableTableError, in Chinese, for anything that is no table, is damaged, or is
    larger than any table needs.
    """
    if not is_table_file(path):
        raise UnreadableTableError("不认识的文件类型，请用 .xlsx 或 .csv。")
    try:
        content = read_bytes(path, _MOST_BYTES)
    except FileNotFoundError as error:
        raise UnreadableTableError("没有这个文件，请检查文件名。") from error
    except UnreadableError as error:
        raise UnreadableTableError(f"{error}。") from error
    if not content.strip():
        raise UnreadableTableError("文件是空的。")
    if content.startswith(b"PK"):
        archive = Archive(content)
        if MAIN in archive.names():
            return read_workbook(path.name, archive)
        raise UnreadableTableError(_other_archive(archive))
    if advice := _advice(content):
        raise UnreadableTableError(advice)
    # One that is called a workbook must have columns.
    if path.suffix.lower() not in _TEXTS and not _has_columns(content):
        raise UnreadableTableError(_NO_TABLE)
    return [read_text_table(path.name, content)]


def _other_archive(archive: Archive) -> str:
    names = archive.names()
    if "xl/workbook.bin" in names:
        return f"这是二进制工作簿（xlsb）。{_SAVE_AS}"
    if any(name.startswith("Index/") or name == "Index.zip" for name in names):
        return "这是 Numbers 表格。请在 Numbers 里选“文件—导出到—Excel”，再导入导出的 xlsx。"
    if "mimetype" in names and b"spreadsheet" in archive.read("mimetype", 100):
        return f"这是 ODS 表格。{_SAVE_AS}"
    if "[Content_Types].xml" in names or "mimetype" in names:
        return "这不是表格，请把内容放进 xlsx 表格再导入。"
    return "这是压缩包。请先解压，再导入里面的表格。"


def _advice(content: bytes) -> str:
    """What to do with a file that is neither a workbook nor plain text; else empty."""
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(OLE):
        if has_ole_entry(content, "EncryptedPackage"):
            return _LOCKED
        locked = "有打开密码的，另存时一并取消密码。"
        return f"这是旧式表格（xls 或 et）。{_SAVE_AS}{locked}"
    if _XML_SHEET in head:
        return f"这是 XML 格式的表格。{_SAVE_AS}"
    if _HTML.search(head.replace(b"\0", b"")):
        return f"这其实是网页，不是表格文件，虽然表格软件打得开。{_SAVE_AS}"
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")):
        return "这不是表格，请把内容放进 xlsx 表格再导入。"
    return ""


def _has_columns(content: bytes) -> bool:
    try:
        return bool(separator_of(decoded(content)))
    except UnreadableTableError:
        return False
