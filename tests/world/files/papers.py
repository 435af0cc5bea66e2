"""Small files of every kind that may be kept, and of some that may not."""

import struct
import zipfile
import zlib
from io import BytesIO

import xlsxwriter
from docx import Document

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
TEXT = "会议记录：到会十二人。\n".encode()
CSV = "\ufeff姓名,到会\n李老师,是\n".encode()
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200
GBK = "会议记录".encode("gb18030")
RTF = b"{\\rtf1\\ansi\\ansicpg936 \\'bb\\'e1\\'d2\\'e9}"
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"


def iso_picture(brand: bytes) -> bytes:
    """The first box of a picture in the container of a telephone."""
    return b"\0\0\0\x1cftyp" + brand + b"\0\0\0\0mif1heicmiaf"


def png() -> bytes:
    """One black point."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checked

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def docx() -> bytes:
    content = BytesIO()
    document = Document()
    document.add_paragraph("会议记录")
    document.save(content)
    return content.getvalue()


def xlsx() -> bytes:
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "签到表")
    return content.getvalue()


def archive(*parts: str) -> bytes:
    """A zip file with these parts."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for part in parts:
            made.writestr(part, "x")
    return content.getvalue()


def pptx() -> bytes:
    return archive("[Content_Types].xml", "ppt/presentation.xml")


def ole(*names: str) -> bytes:
    """A compound file: a header, then a directory that names a root and these streams."""
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504
    entries = [name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *names)]
    return header + b"".join(entries).ljust(512, b"\0")
