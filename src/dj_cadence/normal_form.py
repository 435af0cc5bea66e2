"""One normal form of what people type or paste, so that what looks alike is alike.

Codes, names and words come out of workbooks, chats and web pages: with blanks of many kinds,
characters that nobody sees, full-width letters, dashes that a word processor made longer.
"""

import re
import unicodedata

_IGNORED = dict.fromkeys(
    (
        0x034F,  # combining grapheme joiner
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),  # variation selectors
        *range(0xE0100, 0xE01F0),
        *range(0xFDD0, 0xFDF0),  # noncharacters
        *(plane | last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)),
    )
)
_INVISIBLE = frozenset(("Cf", "Cc", "Cs"))
"""Not Cn: what this Python does not know yet may be a rare character of a name."""
_LOOKS_BLANK = dict.fromkeys((0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0), " ")
_PLAIN = re.compile(r"[!-~·\u4e00-\u9fff]*")
"""What most cells are made of: nothing in it has another form."""
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
HAN = "\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Chinese characters, as a set of a regular expression."""
_DOTS = "·•・･‧∙⋅⸱⦁●᛫"
_DOT_OF_NAMES = re.compile(rf"\s*(?:[{_DOTS}]|(?<=[{HAN}])\s*[.](?=\s*[{HAN}]))\s*")
_BLANK_IN_HAN = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")
_AS_A_SHEET_SHOWS = re.compile(r"\d+\.\d+E\+?\d+|\d+E\+\d+", re.IGNORECASE)


_PLACEHOLDER = re.compile(
    r"(?:暂时?)?(?:无|没有|空|缺|空缺)|未[有填]|不[详明]|待[定补填]|[/\\-]+|\.{3,}|n/a|null|nil"
)


def is_placeholder(written: str) -> bool:
    """Whether somebody wrote that there is nothing, in place of leaving a cell empty."""
    return _PLACEHOLDER.fullmatch(word_key(written).translate(_DASHES)) is not None


def visible(written: str) -> str:
    """`written` without what nobody sees, every stretch of blanks as one."""
    if _PLAIN.fullmatch(written):
        return written
    text = written.translate(_LOOKS_BLANK)
    seen = (c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    return " ".join("".join(seen).translate(_IGNORED).split())


def compatible(written: str) -> str:
    """What is visible, in letters and digits of the usual width (NFKC)."""
    if _PLAIN.fullmatch(written):
        return written
    return visible(unicodedata.normalize("NFKC", visible(written)))


def code_text(written: str) -> str:
    """A code as it is kept and shown: its letters as they were written, without blanks."""
    return compatible(written.translate(_DASHES)).translate(_DASHES).replace(" ", "")


def code_key(code: str) -> str:
    """By what codes are compared: `zs-01` is `ＺＳ–01`; `01` is not `1`."""
    return code_text(code).casefold()


def is_cut_number(code: str) -> bool:
    """Whether a sheet made a number of it, like 3.7E+17: the digits that are lost are lost."""
    return _AS_A_SHEET_SHOWS.fullmatch(code_text(code)) is not None


def person_name(written: str) -> str:
    """A name as it is kept and shown: no blanks inside of a Chinese one, one kind of dot."""
    text = _DOT_OF_NAMES.sub("·", compatible(written))
    return _BLANK_IN_HAN.sub("", text)


def name_key(name: str) -> str:
    """By what names of people are compared."""
    return person_name(name).casefold()


def word_key(written: str) -> str:
    """By what words of closed lists and names of organizations are compared."""
    return compatible(written).replace(" ", "").casefold()
