"""What a text in site.toml must be like, so that what is read can also be used.

Each check returns the text, or raises ValueError with what is wrong.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

from dj_cadence.mail_address import is_address
from dj_cadence.problem_texts import checked
from dj_cadence.web_url import is_host, is_url

# By the rule of what builds the mail: another one would be refused with every mail.
checked_mail_address = checked(is_address, "“{}”不是可用的邮箱地址，应如 name@example.cn")
checked_url = checked(is_url, "应为 https:// 开头的网址")
_checked_host = checked(is_host, "“{}”应为主机名，如 smtp.example.cn；端口另写在 port 里")
_checked_page = checked(
    lambda text: is_url(text) and "?" not in text and "#" not in text,
    "“{}”应为网址，如 https://dangjian.example.cn",
)


def checked_page_address(text: str) -> str:
    """The address that links to pages begin with, without a slash at its end."""
    return _checked_page(text).rstrip("/")


def _checked_line(text: str) -> str:
    """It stands in headers of mails: one line, and something to be seen if it is written."""
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
        raise ValueError("应为一行文字，不能有换行或控制字符")
    if text and not text.strip():
        raise ValueError("只有空格，请写上文字")
    return text.strip()


Line = Annotated[str, AfterValidator(_checked_line)]
Host = Annotated[str, AfterValidator(_checked_host)]
