"""E-mail addresses and telephone numbers as people write them, and what can be used of them."""

import re

from dj_cadence.mail_address import is_address
from dj_cadence.normal_form import HAN, compatible, is_cut_number

CHANNEL_NAME = re.compile(r"[a-z][a-z0-9_]{1,23}")
_IN_BRACKETS = re.compile(r"[<〈《]([^<>〈〉《》]*)[>〉》]")
_BESIDE_A_NAME = re.compile(rf"[{HAN}·()]*([!-'*-~]+@[A-Za-z0-9.-]+)[{HAN}·()]*")
_AROUND = " .,;:!。，；：、！\"'“”‘’()[]<>《》〈〉"

_LONGEST_TEXT = 320
"""Letters of a cell that are looked at; no address and no number is longer."""
_PHONE_LABEL = re.compile(r"(?:tel|手机号?码?|联系电话|电话|办公电话)\s*:\s*", re.IGNORECASE)
_REMARK = re.compile(r"\([^()]*[^\d()+ -][^()]*\)")
"""138…（微信同号）; brackets around digits are part of a number."""
_AS_A_FRACTION = re.compile(r"(\d+)\.0+")
_NOT_DIALLED = str.maketrans("", "", " -‐‑‒–—―−_.·()[]/")
_EXTENSION = re.compile(r"(.{7,}?)\s*(?:转|-|ext\.?|[x#*])\s*(\d{1,6})", re.IGNORECASE)
_COUNTRY = re.compile(r"(?:\+|00)86|86(?=1[3-9]\d{9}$)")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:010|02\d)[2-8]\d{7}|0[3-9]\d{2}[2-8]\d{6,7}")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_LONGEST_NUMBER = 15
_ABROAD = re.compile(r"\+(?!86)[1-9]\d{6,14}")


def email_address(written: str) -> str:
    """The address that is meant: without a name beside it, `mailto:`, blanks and stops."""
    text = compatible(written)
    if len(text) > _LONGEST_TEXT:
        return text
    inside = _IN_BRACKETS.findall(text)
    if len(inside) == 1 and "@" in inside[0]:
        text = inside[0]
    text = text.strip(_AROUND).partition("?")[0].strip(_AROUND)
    text = text.rpartition(":")[2]  # mailto:, 邮箱：, 王芳：
    if text.count("@") == 1:
        local, _, domain = text.replace(" ", "").partition("@")
        text = f"{local}@{domain.replace('。', '.')}"
        beside = _BESIDE_A_NAME.fullmatch(text)
        text = beside[1] if beside else text
    return text.lower()


def email_fault(written: str) -> str:
    """Why mail cannot be sent there, by the rule of what builds the mail; empty where it can."""
    address = email_address(written)
    if len(address) > _LONGEST_TEXT:
        return f"邮箱一格有{len(address)}个字，请只写一个地址。"
    if is_address(address) and "." in address.rpartition("@")[2]:
        return ""
    if address.count("@") > 1:
        return f"邮箱“{written}”里不止一个地址，请只写一个。"
    if "@" in address and not address.isascii():
        return f"邮箱“{written}”里有邮件服务器不认的字，应如 name@example.org。"
    return f"邮箱“{written}”写法不对，应如 name@example.org。"


def phone_number(written: str) -> str:
    """The number as it is dialled in the country: digits, and `转` before an extension."""
    if len(written) > _LONGEST_TEXT:
        return compatible(written)
    text = _REMARK.sub("", _PHONE_LABEL.sub("", compatible(written), count=1))
    text = _AS_A_FRACTION.sub(r"\1", text.strip(_AROUND))
    number = _dialled(text)
    if (divided := _EXTENSION.fullmatch(text)) and not _is_number(number):
        line = _dialled(divided[1])
        if _LANDLINE.fullmatch(line) or _LOCAL.fullmatch(line):
            return f"{line}转{divided[2]}"
    return number


def _dialled(text: str) -> str:
    """Without what separates, and without the country's own number."""
    digits = text.translate(_NOT_DIALLED)
    home, count = _COUNTRY.subn("", digits, count=1) if _COUNTRY.match(digits) else (digits, 0)
    candidates = (home, home.removeprefix("0"), f"0{home}" if count else home)
    return next((candidate for candidate in candidates if _is_number(candidate)), digits)


def _is_number(digits: str) -> bool:
    patterns = (_MOBILE, _LANDLINE, _LOCAL, _ABROAD)
    return any(pattern.fullmatch(digits) for pattern in patterns)


def phone_fault(written: str) -> str:
    """What is wrong with a telephone number; empty where it can be dialled."""
    number = phone_number(written)
    if _is_number(number.partition("转")[0]):
        return ""
    if len(written) > _LONGEST_TEXT:
        return f"手机一格有{len(written)}个字，请只写一个号码。"
    if is_cut_number(written):
        return f"手机“{written}”被表格改写过，请把这一列设为文本，重新输入号码。"
    if number.isdecimal() and len(number) > _LONGEST_NUMBER:
        return f"手机“{written}”里不止一个号码，请只写一个。"
    if number.isdecimal():
        return (
            f"手机“{written}”有{len(number)}位数字：手机号码是11位，"
            "座机要写区号，如 0532-85881234。"
        )
    return f"手机“{written}”写法不对，请只写一个号码。"


def is_own_phone(number: str) -> bool:
    """Whether it is one person's: a mobile. A landline is shared by an office."""
    return _MOBILE.fullmatch(number) is not None or _ABROAD.fullmatch(number) is not None
