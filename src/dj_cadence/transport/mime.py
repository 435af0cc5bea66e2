"""A letter as the bytes of an e-mail (RFC 5322): the same letter is always the same bytes.

Names and subjects are encoded by the older half of the `email` package; the newer one loses
spaces between encoded words. The parts are put together here: the package's generator takes
most of the time that a mail costs, for it reads every line of it again.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from struct import unpack
from urllib.parse import quote

from dj_cadence.domain.messages.notifier import Attachment, Letter, Sender
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.mail_address import is_address

_NOT_TEXT = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_LINE = 76  # keeps encoded words within the 75 characters of RFC 2047
_SHORT = 39  # bytes that make a word of 64 characters, beside the longest name of a header
_LONGEST_LINE = 78
_WORD = "=?utf-8?b?{}?="
_LONGEST_NAME = 255  # bytes; file systems take no more
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,59}")
_CRLF = "\r\n"


def build(letter: Letter, sender: Sender) -> bytes:
    """The e-mail, lines ending in CRLF, none of which begins with a dot.

    Raises DeliveryError for an address that is none: for the sender's it is about us.
    """
    if not is_address(sender.address):
        reply = f"发件地址“{_one_line(sender.address)}”不是可用的邮箱地址"
        raise DeliveryError(reply, Blame.CHANNEL, down=True)
    boundary = f"={sha256(letter.message_id.encode()).hexdigest()[:24]}"
    parts = [_text("plain", letter.text), _text("html", letter.html)]
    body = _multipart("alternative", boundary, parts)
    if letter.attachments:
        files = [_file(file) for file in letter.attachments]
        body = _multipart("mixed", f"{boundary}m", [body, *files])
    return f"{_head(letter, sender)}{body}".encode()


def _head(letter: Letter, sender: Sender) -> str:
    headers = (
        ("MIME-Version", "1.0"),
        ("From", _mailbox("From", sender.name, sender.address)),
        ("To", _mailbox("To", letter.to_name, letter.to)),
        ("Subject", _encoded("Subject", _one_line(letter.subject))),
        ("Date", _date(letter.date)),
        ("Message-ID", f"<{_one_line(letter.message_id)}>"),
        *((name, _one_line(value)) for name, value in letter.headers),
    )
    return "".join(f"{name}: {value}{_CRLF}" for name, value in headers)


def _multipart(kind: str, boundary: str, parts: Sequence[str]) -> str:
    """A part of parts; each of them begins with its own headers."""
    inside = "".join(f"--{boundary}{_CRLF}{part}{_CRLF}" for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{_CRLF}{_CRLF}'
    return f"{head}{inside}--{boundary}--{_CRLF}"


def _text(kind: str, text: str) -> str:
    return _part(f'Content-Type: text/{kind}; charset="utf-8"{_CRLF}', text.encode())


def _file(file: Attachment) -> str:
    """Its name stands there twice: RFC 2231 is the standard, QQ and Outlook read the other one."""
    name = _fitting(_one_line(file.name))
    if _PLAIN.fullmatch(name):
        named, called = f'name="{name}"', f'filename="{name}"'
    else:
        named, called = (
            f'name="{_encoded("name=", name)}"',
            f"filename*=utf-8''{quote(name, safe='')}",
        )
    kind = f"Content-Type: {file.media_type};{_CRLF} {named}{_CRLF}"
    return _part(f"{kind}Content-Disposition: attachment;{_CRLF} {called}{_CRLF}", file.content)


def _fitting(name: str) -> str:
    """A name that a file can have, with its ending; a line of a header holds it as well."""
    stem, dot, ending = name.rpartition(".")
    room = _LONGEST_NAME - len(f"{dot}{ending}".encode())
    if not stem or room < 0:
        stem, dot, ending, room = name, "", "", _LONGEST_NAME
    return f"{stem.encode()[:room].decode(errors='ignore')}{dot}{ending}"


def _part(head: str, content: bytes) -> str:
    coded = b64encode(content)
    full, rest = divmod(len(coded), _LINE)
    lines = unpack(f"{_LINE}s" * full + f"{rest}s", coded)  # a quarter of what slices take
    body = b"\r\n".join(lines).decode("ascii")
    return f"{head}Content-Transfer-Encoding: base64{_CRLF}{_CRLF}{body}{_CRLF if rest else ''}"


def _mailbox(header: str, name: str, address: str) -> str:
    """The address beside the name where the line holds both: some relays refuse it below.

    A name is not broken for it: there are programs that read a space where words were parted.
    """
    if not is_address(address):
        raise DeliveryError(f"“{_one_line(address)}”不是可用的邮箱地址", Blame.ADDRESS)
    shown, addressed = _one_line(name), f"<{address}>"
    if not shown:
        return addressed
    words = _encoded(header, shown)
    last = f"{header}: {words}".rpartition(_CRLF)[2]
    is_short = len(f"{last} {addressed}") <= _LONGEST_LINE
    return f"{words} {addressed}" if is_short else f"{words}{_CRLF} {addressed}"


@lru_cache(maxsize=1024)  # the sender's name and most subjects come again and again
def _encoded(header: str, text: str) -> str:
    content = text.encode()
    if len(content) <= _SHORT:  # most names: one word, where the package takes its time
        return _WORD.format(b64encode(content).decode("ascii"))
    value = Header(text, "utf-8", maxlinelen=_LINE, header_name=header)
    return value.encode(linesep=_CRLF)


@lru_cache(maxsize=64)  # the letters of a pass have one date
def _date(instant: str) -> str:
    return format_datetime(datetime.fromisoformat(instant))


def _one_line(text: str) -> str:
    """`text` without the line breaks and control characters that no header may hold."""
    return _NOT_TEXT.sub(" ", text).strip()
