"""Replies as texts: in words to judge by, and as a wording that several people may have got."""

import re
import unicodedata
from collections.abc import Iterable

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_PLACE = re.compile(r"\w+://\S+|\bwww\.\S+")
_ADDRESS = re.compile(r"\S*@\S+")
_HOST = re.compile(
    r"\b(?:[a-z0-9-]+\.)+(?:cn|com|net|org|edu|gov|info|biz|cc|top|io|local|lan|internal)\b"
)
_NUMBERED = re.compile(r"\S*\d\S*")
_HEAD = re.compile(r"\A\D*\b([45]\d\d)\b[- ]?")


def decoded(reply: bytes) -> str:
    """A server's bytes: UTF-8, or else what Chinese servers speak."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return reply.decode(encoding)
        except UnicodeDecodeError:
            continue
    return reply.decode("utf-8", "replace")


def enhanced_status(reply: str) -> str:
    """Like 5.1.1 (RFC 3463), at the beginning or in brackets; empty where there is none."""
    match = _STATUS.search(reply)
    return match[1] if match else ""


def words(reply: str) -> str:
    """What a reply says, in small letters, without addresses, hosts and links, which say nothing.

    A person's address may be limit@spam.cn, the server that answered mx.antispam.cn, and a link
    to help names all the cases.
    """
    plain = unicodedata.normalize("NFKC", reply).casefold()
    for named in (_PLACE, _ADDRESS, _HOST):
        plain = named.sub(" ", plain)
    return " ".join(plain.split())


def wording(reply: str, names: Iterable[str] = ()) -> str:
    """What is the same in replies to several people: without addresses, `names` and numbers.

    Its code and status stay, as they are a part of what was said.
    """
    plain = unicodedata.normalize("NFKC", reply).casefold()
    for name in sorted(filter(None, names), key=len, reverse=True):
        plain = plain.replace(unicodedata.normalize("NFKC", name).casefold(), " ")
    head = _HEAD.match(plain)
    code = head[1] if head else ""
    status = enhanced_status(plain)
    said_alike = _NUMBERED.sub(" ", words(plain))
    return " ".join(f"{code} {status} {said_alike}".split())
