"""What may be kept is told by its content, and its name is made safe."""

from hashlib import sha256
from pathlib import Path

import pytest

from dj_cadence.errors import Refused
from dj_cadence.loading.evidence_file import ALLOWED, LARGEST, paper, read_paper
from tests.world.files.papers import (
    CSV,
    GBK,
    JPEG,
    PDF,
    PROGRAM,
    RTF,
    TEXT,
    WEBP,
    archive,
    docx,
    iso_picture,
    ole,
    png,
    pptx,
    xlsx,
)

OFFICE = "application/vnd.openxmlformats-officedocument"


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (PDF, "附件.pdf", "application/pdf"),
        (JPEG, "附件.jpg", "image/jpeg"),
        (png(), "附件.png", "image/png"),
        (docx(), "附件.docx", f"{OFFICE}.wordprocessingml.document"),
        (xlsx(), "附件.xlsx", f"{OFFICE}.spreadsheetml.sheet"),
        (pptx(), "附件.pptx", f"{OFFICE}.presentationml.presentation"),
        (ole("WordDocument", "1Table"), "附件.doc", "application/msword"),
        (ole("Workbook"), "附件.xls", "application/vnd.ms-excel"),
        (ole("PowerPoint Document"), "附件.ppt", "application/vnd.ms-powerpoint"),
        (TEXT, "附件.txt", "text/plain"),
        (GBK, "附件.txt", "text/plain; charset=gb18030"),
        ("到会：㐂 Ａ\r\n".encode("gb18030"), "附件.txt", "text/plain; charset=gb18030"),
        ("\ufeff会议".encode("utf-16-le"), "附件.txt", "text/plain; charset=utf-16"),
        ("会议".encode("utf-16"), "附件.txt", "text/plain; charset=utf-16"),
        ("王\U00031350".encode(), "附件.txt", "text/plain"),
        (RTF, "附件.rtf", "application/rtf"),
        (WEBP, "附件.webp", "image/webp"),
        (iso_picture(b"heic"), "附件.heic", "image/heic"),
        (iso_picture(b"hevx"), "附件.heic", "image/heic"),
        (iso_picture(b"mif1"), "附件.heif", "image/heif"),
        (iso_picture(b"avif"), "附件.avif", "image/avif"),
        (archive("OFD.xml", "Doc_0/Document.xml"), "附件.ofd", "application/ofd"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_content_says_what_it_is_whatever_the_name(
    content: bytes, name: str, media_type: str
) -> None:
    found = paper("附件.exe", content)

    assert (found.name, found.media_type) == (name, media_type)
    assert found.sha256 == sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("given", "stream", "kept", "media_type"),
    [
        ("记录.wps", "WordDocument", "记录.wps", "application/kswps"),
        ("签到.ET", "Workbook", "签到.et", "application/kset"),
        ("课件.dps", "PowerPoint Document", "课件.dps", "application/ksdps"),
        ("记录.doc", "WordDocument", "记录.doc", "application/msword"),
        ("签到.et", "WordDocument", "签到.doc", "application/msword"),
    ],
)
def test_files_of_wps_keep_their_endings(
    given: str, stream: str, kept: str, media_type: str
) -> None:
    found = paper(given, ole(stream, "WpsCustomData"))

    assert (found.name, found.media_type) == (kept, media_type)


def test_a_table_in_plain_text_is_a_table_by_its_name() -> None:
    assert (paper("签到.CSV", CSV).name, paper("签到.CSV", CSV).media_type) == (
        "签到.csv",
        "text/csv",
    )


@pytest.mark.parametrize(
    "content",
    [
        PROGRAM,
        b"\x81\xff\xfe\x80",
        "\ufffe会议\uffff".encode(),
        iso_picture(b"isom"),
        b"RIFF\0\0\0\0AVI LIST",
        RTF.replace(b"}", b"{\\object\\objemb{\\*\\objdata 0105}}}"),
        archive("OFD.xml", "word/vbaProject.bin"),
        archive(*(f"{n}.xml" for n in range(5_001)), "OFD.xml"),
        b"a\x00b",
        archive("a.txt"),
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        archive("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
        docx()[:200],
        ole("WordDocument", "_VBA_PROJECT"),
        ole("Installer"),
        b"GIF89a" + b"\x00" * 20,
    ],
    ids=[
        "a program",
        "no encoding",
        "no characters",
        "a video",
        "another video",
        "a document that carries a program",
        "an ofd with macros",
        "an archive of very many parts",
        "a zero byte",
        "an archive",
        "macros",
        "two in one",
        "cut off",
        "old macros",
        "an installer",
        "a gif",
    ],
)
def test_everything_else_is_refused_and_the_kinds_are_named(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        paper("会议记录.pdf", content)

    assert str(refused.value) == f"“会议记录.pdf”不是可以附的文件种类。{ALLOWED}。"


def test_an_empty_and_a_too_large_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"“空\.txt”是空文件"):
        paper("空.txt", b"")
    with pytest.raises(Refused, match=r"“大\.txt”太大，每个文件最多 20 MB。请压缩后再附；"):
        paper("大.txt", b"a" * (LARGEST + 1))
    with (tmp_path / "大.bin").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(Refused, match="太大"):
        read_paper(tmp_path / "大.bin")
    with pytest.raises(Refused, match="文件打不开"):
        read_paper(tmp_path / "没有.pdf")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\文档\\会议记录.docx", "会议记录.pdf"),
        ("会议\u202efdp.exe", "会议fdp.pdf"),
        ('a"b\r\nX: y.pdf', "abX y.pdf"),
        ("...", "附件.pdf"),
        ("", "附件.pdf"),
        ("长" * 300 + ".pdf", "长" * 80 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(given: str, kept: str) -> None:
    assert paper(given, PDF).name == kept
