"""Files that are broken in the ways in which files break, and in some that only malice finds."""

import re
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

from hypothesis import strategies as st

NASTY = (
    *("", "0", "-1", "1e309", "NaN", "99999999999999999999", "9" * 5000, "1_000", "²", "٣"),
    *(
        "#N/A",
        "=A1",
        '="',
        "'",
        '"',
        "\x00",
        "\ufeff",
        "\u202e",
        "𠮷",
        "é",
        "&lt;",
        "<",
        ">",
        "]]>",
    ),
    *("XFD1048576", "A0", "$A$1:$B$2", "A1:", "true", "hidden", "s", "e", "b", "d", "inlineStr"),
    *(
        "2026-02-30",
        "2026/3/5",
        "0001-01-01",
        "9999-12-31",
        "２０２６年３月５日",
        "二〇二六年十十月",
    ),
    *("B1", "S", "书记", "党支部", "a@b.cn", "13905310000", "合计", "填表人：", "x" * 40_000),
    *("[" * 200, "{" * 200, "&a *a", "- - - -", ": :", "!!python/object:os.system x", "..", "至"),
)
HEADERS = (
    *("组织代码", "组织名称", "类别", "上级组织代码", "上次换届日期", "正式党员数", "任期年数"),
    *("职务", "姓名", "邮箱", "手机", "其他渠道", "任职日期", "主题党日", "承接组织代码", "性质"),
    *("任务编号", "日期", "数量", "说明", "类型", "名称", "学年", "学期", "开始", "结束", "暂定"),
)
_WORDS = (*NASTY, *HEADERS, "2026-2027", "1", "放假", "上班", "元旦", "党委", "是", "5日")
_ATTRIBUTE = re.compile(rb'(?<==")[^"]*(?=")')
_TEXT = re.compile(rb"(?<=>)[^<]*(?=<)")
_TAG = re.compile(rb"<[^>]*>")

edits = st.lists(
    st.tuples(
        st.sampled_from(("flip", "cut", "repeat", "insert", "end", "swap")),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 400),
        st.one_of(st.binary(max_size=40), st.sampled_from(_WORDS).map(lambda w: w.encode())),
    ),
    min_size=1,
    max_size=6,
)
"""(what, where, how many bytes, which bytes)."""


def edited(content: bytes, made: list[tuple[str, float, int, bytes]]) -> bytes:
    """The bytes after these edits."""
    for what, where, count, payload in made:
        at = int(where * len(content))
        piece = content[at : at + count]
        if what == "flip":
            piece = bytes(one ^ 0xFF for one in piece[:1]) + piece[1:]
        elif what == "repeat":
            piece *= 3
        elif what == "insert":
            piece = payload + piece
        elif what == "swap":
            piece = payload
        if what == "end":
            content = content[:at]
        else:
            content = content[:at] + (b"" if what == "cut" else piece) + content[at + count :]
    return content


@st.composite
def broken_xml(draw: st.DrawFn, content: bytes) -> bytes:
    """Some attributes, texts and tags are others, gone, or there many times."""
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from((_ATTRIBUTE, _TEXT, _TAG)))
        places = list(kind.finditer(content))
        if not places:
            continue
        place = draw(st.sampled_from(places))
        other = draw(st.sampled_from(places))[0]
        word = draw(st.sampled_from(NASTY)).encode("utf-8", "replace")
        new = draw(st.sampled_from((b"", word, other, place[0] * 50)))
        content = content[: place.start()] + new + content[place.end() :]
    return content


@st.composite
def broken_archives(draw: st.DrawFn, original: bytes) -> bytes:
    """Parts of a ZIP file changed, exchanged, renamed, gone, twice there, or packed otherwise."""
    with ZipFile(BytesIO(original)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(parts) - 1))
        name, content = parts[at]
        match draw(
            st.sampled_from(("xml", "xml", "xml", "bytes", "drop", "twice", "name", "other"))
        ):
            case "xml":
                parts[at] = (name, draw(broken_xml(content)))
            case "bytes":
                parts[at] = (name, edited(content, draw(edits)))
            case "drop" if len(parts) > 1:
                parts.pop(at)
            case "twice":
                parts.append((name.upper(), content[: len(content) // 2]))
            case "name":
                parts[at] = (
                    draw(st.sampled_from(("x", "xl/workbook.bin", "../a", name + "/"))),
                    content,
                )
            case _:
                parts[at] = (name, draw(st.sampled_from(parts))[1])
    made = BytesIO()
    with ZipFile(
        made, "w", draw(st.sampled_from((ZIP_DEFLATED, ZIP_STORED, ZIP_BZIP2)))
    ) as archive:
        for name, content in dict(parts).items():
            archive.writestr(name, content)
    content = made.getvalue()
    return edited(content, draw(edits)) if draw(st.integers(0, 3)) == 0 else content


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Tables as text: known headers, values of all kinds, any separator and encoding."""
    separator = draw(st.sampled_from((",", "\t", ";", "，", "|")))
    headers = draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=8))
    cell = st.one_of(st.sampled_from(_WORDS), st.text(max_size=8), st.integers().map(str))
    rows = draw(st.lists(st.lists(cell, max_size=len(headers) + 1), max_size=8))
    end = draw(st.sampled_from(("\n", "\r\n", "\r")))
    text = end.join(separator.join(row) for row in (headers, *rows))
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be")))
    content = text.encode(encoding, "replace")
    return edited(content, draw(edits)) if draw(st.booleans()) else content
