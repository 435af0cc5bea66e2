"""What a text in site.toml must be like, so that what is read can also be used.

Each check returns the text, or raises ValueError with what is wrong.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

from dj_cadence.mail_address import is_address
from dj_cadence.web_url import is_host, is_url


def checked_mail_address(text: str) -> str:
    """By the rule of what builds the mail: another one would be refused with every mail."""
    if not is_address(text):
        raise ValueError(f"“{text}”不是可用的邮箱地址，应如 name@example.cn")
    return text


def checked_url(text: str) -> str:
    """An http or https address that browsers and our own client can take apart."""
    if not is_url(text):
        raise ValueError("应为 https:// 开头的网址")
    return text


def checked_page_address(text: str) -> str:
    """The address that links to pages begin with, without a slash at its end."""
    if not is_url(text) or "?" in text or "#" in text:
        raise ValueError(f"“{text}”应为网址，如 https://dangjian.example.cn")
    return text.rstrip("/")


def _checked_host(text: str) -> str:
    if not is_host(text):
        raise ValueError(f"“{text}”应为主机名，如 smtp.example.cn；端口另写在 port 里")
    return text


def _checked_line(text: str) -> str:
    """It stands in headers of mails: one line, and something to be seen if it is written."""
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
        raise ValueError("应为一行文字，不能有换行或控制字符")
    if text and not text.strip():
        raise ValueError("只有空格，请写上文字")
    return text.strip()


Line = Annotated[str, AfterValidator(_checked_line)]
Host = Annotated[str, AfterValidator(_checked_host)]
