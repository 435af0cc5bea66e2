"""A paper about what was done: what it is, judged by its content and never by its name."""

import re
import zipfile
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from dj_cadence.domain.wording import os_reason
from dj_cadence.errors import Refused

LARGEST = 20 * 1024 * 1024
"""Bytes of one file."""
ALLOWED = (
    "可以附 PDF、JPEG 或 PNG 图片、Word、Excel、PowerPoint 文件（不含宏），UTF-8 的 txt 或 csv"
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_SUFFIXES = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "text/plain": ".txt",
    "text/csv": ".csv",
}
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation",
}
_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
}
_OLE_ENTRY = 128
"""Bytes of a directory entry; entries begin at multiples of it."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_LONGEST_STEM = 80


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that may be kept."""

    name: str
    """Safe to save under, its ending that of its content."""
    media_type: str
    sha256: str
    content: bytes = field(repr=False)


def read_paper(path: Path) -> Paper:
    """The file at `path`. Raises Refused where it cannot be read or is of no allowed kind."""
    try:
        if path.stat().st_size > LARGEST:
            raise _too_large(path.name)
        return paper(path.name, path.read_bytes())
    except OSError as error:
        raise Refused(f"{path}：文件打不开（{os_reason(error.errno)}）。") from error


def paper(name: str, content: bytes) -> Paper:
    """A file by the name it was given. Raises Refused for one that is not kept."""
    if len(content) > LARGEST:
        raise _too_large(name)
    media_type = _media_type(content, name)
    if not content or not media_type:
        what = "是空文件" if not content else "不是可以附的文件种类"
        raise Refused(f"“{_safe(name)}”{what}。{ALLOWED}。")
    stem, _, ending = _safe(name).rpartition(".")
    stem = (stem or ending).strip(". ")[:_LONGEST_STEM] or "附件"
    return Paper(stem + _SUFFIXES[media_type], media_type, sha256(content).hexdigest(), content)


def _too_large(name: str) -> Refused:
    return Refused(f"“{_safe(name)}”太大，每个文件最多 {LARGEST // 1024 // 1024} MB。")


def _safe(name: str) -> str:
    """The last part of a name, without what a file system or a reader could stumble over."""
    return _UNSAFE.sub("", re.split(r"[/\\]", name)[-1]).strip()


def _media_type(content: bytes, name: str) -> str:
    """What the content is; empty for all that is not kept. `name` tells only csv from txt."""
    for magic, found in _MAGIC.items():
        if content.startswith(magic):
            return found
    if content.startswith(_ZIP):
        return _of_zip(content)
    if content.startswith(_OLE):
        return _of_ole(content)
    return _of_text(content, name)


def _of_zip(content: bytes) -> str:
    """An Office file, told by its main part. Nothing is unpacked; one with macros is none."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError):
        return ""
    if "[Content_Types].xml" not in parts or any(p.endswith("vbaProject.bin") for p in parts):
        return ""
    found = [media_type for part, media_type in _PARTS.items() if part in parts]
    return found[0] if len(found) == 1 else ""


def _of_ole(content: bytes) -> str:
    """A Word or Excel file before 2007, told by its main stream."""
    if _has_entry(content, "_VBA_PROJECT"):
        return ""
    return next((found for name, found in _STREAMS.items() if _has_entry(content, name)), "")


def _has_entry(content: bytes, name: str) -> bool:
    """Whether the directory of an OLE file names a stream or storage."""
    wanted = name.encode("utf-16-le") + b"\0\0"
    at = content.find(wanted)
    while at >= 0:
        if at % _OLE_ENTRY == 0:
            return True
        at = content.find(wanted, at + 1)
    return False


def _of_text(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    if _CONTROL.search(text):
        return ""
    return "text/csv" if name.lower().endswith(".csv") else "text/plain"
