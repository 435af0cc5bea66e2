"""What the bytes of a file are, told by its beginning and its parts; nothing is unpacked or run."""

import re
import struct
import zipfile
from io import BytesIO

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
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
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
_ZIP, _RTF = b"PK\x03\x04", b"{\\rtf"
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


def media_type(content: bytes, ending: str) -> str:
    """What the content is; empty for all that is not kept.

    `ending` (with its dot, in lower case) only tells csv from txt, and WPS from Office.
    """
    kind = _of_beginning(content)
    if kind is None:
        kind = _of_text(content, ending)
    return _OF_WPS.get((ending, kind), kind)


def suffix_of(media_type: str) -> str:
    """The ending under which a kind is saved."""
    return SUFFIXES[media_type.partition(";")[0]]


def _of_beginning(content: bytes) -> str | None:
    """By the first bytes: empty for a kind that is not kept, None where they say nothing."""
    for magic, kind in _MAGIC.items():
        if content.startswith(magic):
            return kind
    judged = {_ZIP: _of_zip, OLE: _of_ole, _RTF: _of_rtf, b"RIFF": _of_riff}
    if judge := next((judge for magic, judge in judged.items() if content.startswith(magic)), None):
        return judge(content)
    return _BRANDS.get(content[8:12], "") if content[4:8] == b"ftyp" else None


def _of_riff(content: bytes) -> str:
    return "image/webp" if content[8:12] == b"WEBP" else ""


def _of_rtf(content: bytes) -> str:
    """Text with its looks; one that carries objects of other programs is none."""
    return "application/rtf" if b"\\objdata" not in content else ""


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
