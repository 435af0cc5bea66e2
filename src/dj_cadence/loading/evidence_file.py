"""A paper about what was done: what it is, judged by its content and never by its name.

Its beginning and its parts tell; nothing is unpacked or run.
"""

import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused

LARGEST = 20 * 1024 * 1024
"""Bytes of one file: a telephone's photo has up to 15 MB."""
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_LONGEST_STEM = 80

ALLOWED = (
    "可以附照片（JPEG、PNG、WEBP、HEIC）、PDF、OFD、Word、Excel、PowerPoint 和 WPS 文件（不含宏）、"
    "RTF、txt 和 csv"
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
SUFFIXES = {
    "application/pdf": ".pdf",
    "application/ofd": ".ofd",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/avif": ".avif",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/kswps": ".wps",
    "application/kset": ".et",
    "application/ksdps": ".dps",
    "application/rtf": ".rtf",
    "text/plain": ".txt",
    "text/csv": ".csv",
}
_BRANDS = {
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "image/heic"
    ),
    **dict.fromkeys((b"mif1", b"msf1", b"mif2"), "image/heif"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
}
"""By the brand that a picture of a telephone names itself first; videos name others."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""With this begin the files of Office before 2007, and encrypted ones."""
_PART = b"PK\x01\x02"
_MOST_PARTS = 5_000
"""Of an archive; a document of some hundred pictures has some hundred."""
_PARTS = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation",
}
_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_OF_WPS = {
    (".wps", "application/msword"): "application/kswps",
    (".et", "application/vnd.ms-excel"): "application/kset",
    (".dps", "application/vnd.ms-powerpoint"): "application/ksdps",
}
"""WPS writes the files of the older Office under endings of its own."""
_OLE_ENTRY = 128
"""Bytes of a directory entry; entries begin at multiples of it."""
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, and what is no character."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that may be kept."""

    name: str
    """Safe to save under, its ending that of its content."""
    media_type: str
    sha256: str
    content: bytes = field(repr=False)


def read_paper(path: Path) -> EvidenceFile:
    """The file at `path`. Raises Refused where it cannot be read or is of no allowed kind."""
    try:
        with path.open("rb") as file:
            return read_open(path.name, file)
    except OSError as error:
        raise Refused(f"{path}：文件打不开（{os_reason(error.errno)}）。") from error


def read_open(name: str, file: BinaryIO) -> EvidenceFile:
    """A file that is open already; not more of it than is kept is read. Raises Refused."""
    return paper(name, file.read(LARGEST + 1))


def paper(name: str, content: bytes) -> EvidenceFile:
    """A file by the name it was given. Raises Refused for one that is not kept."""
    if len(content) > LARGEST:
        raise Refused(
            f"“{_safe(name)}”太大，每个文件最多 {LARGEST // 1024 // 1024} MB。"
            "请压缩后再附；照片可以先在手机上缩小。"
        )
    kind = media_type(content, Path(_safe(name)).suffix.lower())
    if not content or not kind:
        what = "是空文件" if not content else "不是可以附的文件种类"
        raise Refused(f"“{_safe(name)}”{what}。{ALLOWED}。")
    stem, _, ending = _safe(name).rpartition(".")
    stem = (stem or ending).strip(". ")[:_LONGEST_STEM] or "附件"
    return EvidenceFile(
        stem + SUFFIXES[kind.partition(";")[0]], kind, sha256(content).hexdigest(), content
    )


def _safe(name: str) -> str:
    """The last part of a name, without what a file system or a reader could stumble over."""
    return _UNSAFE.sub("", re.split(r"[/\\]", name)[-1]).strip()


# --- what its bytes are ----------------------------------------------------------------------


def media_type(content: bytes, ending: str) -> str:
    """What the content is; empty for all that is not kept.

    `ending` (with its dot, in lower case) only tells csv from txt, and WPS from Office.
    """
    judge = next((_JUDGES[magic] for magic in _JUDGES if content.startswith(magic)), None)
    if judge:
        kind = judge(content)
    elif content[4:8] == b"ftyp":
        kind = _BRANDS.get(content[8:12], "")
    else:
        kind = _of_text(content, ending)
    return _OF_WPS.get((ending, kind), kind)


def _of_zip(content: bytes) -> str:
    """An Office file or an OFD, told by its main part; one with macros is none."""
    if content.count(_PART) > _MOST_PARTS:
        return ""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
        return ""
    if any(part.endswith("vbaProject.bin") for part in parts):
        return ""
    if "OFD.xml" in parts:
        return "application/ofd"
    if "[Content_Types].xml" not in parts:
        return ""
    kinds = [media_type for part, media_type in _PARTS.items() if part in parts]
    return kinds[0] if len(kinds) == 1 else ""


def _of_ole(content: bytes) -> str:
    """A file of Office before 2007, told by its main stream; one with macros is none."""
    if has_ole_entry(content, "_VBA_PROJECT"):
        return ""
    return next((kind for name, kind in _STREAMS.items() if has_ole_entry(content, name)), "")


def has_ole_entry(content: bytes, name: str) -> bool:
    """Whether the directory of an OLE file names a stream or storage."""
    wanted = name.encode("utf-16-le") + b"\0\0"
    at = content.find(wanted)
    while at >= 0 and at % _OLE_ENTRY:
        at = content.find(wanted, at + 1)
    return at >= 0


_JUDGES: dict[bytes, Callable[[bytes], str]] = {
    b"%PDF-": lambda _: "application/pdf",
    b"\xff\xd8\xff": lambda _: "image/jpeg",
    b"\x89PNG\r\n\x1a\n": lambda _: "image/png",
    b"PK\x03\x04": _of_zip,
    OLE: _of_ole,
    # Text with its looks; one that carries objects of other programs is none.
    b"{\\rtf": lambda content: "application/rtf" if b"\\objdata" not in content else "",
    b"RIFF": lambda content: "image/webp" if content[8:12] == b"WEBP" else "",
}
"""What decides, by the first bytes: empty for a kind that is not kept."""


def _of_text(content: bytes, ending: str) -> str:
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        if encoding == "utf-16" and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        kind = "text/csv" if ending == ".csv" else "text/plain"
        named = kind if encoding == "utf-8-sig" else f"{kind}; charset={encoding}"
        return "" if _NOT_TEXT.search(text) else named
    return ""
