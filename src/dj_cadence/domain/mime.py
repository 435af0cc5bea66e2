"""A letter as the bytes of an e-mail (RFC 5322): the same letter is always the same bytes.

Built with the older half of the `email` package. The newer one loses spaces between
encoded words, and encodes a long Message-ID or List-Unsubscribe beyond all use.
"""

import re
from datetime import datetime
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from hashlib import sha256

from dj_cadence.domain.letter import Attachment, Letter, Sender
from dj_cadence.errors import DeliveryError

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)*{_LABEL}")
_NOT_TEXT = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_LINE = 76  # keeps encoded words within the 75 characters of RFC 2047
_POLICY = compat32.clone(linesep="\r\n", max_line_length=None)  # we fold what may be folded


def is_address(text: str) -> bool:
    """Whether `text` is an e-mail address that every mail server understands."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and len(found["local"]) <= 64 and len(text) <= 254


def build(letter: Letter, sender: Sender) -> bytes:
    """The e-mail, lines ending in CRLF. Raises DeliveryError for an address that is none."""
    boundary = f"={sha256(letter.message_id.encode()).hexdigest()[:24]}"
    body = MIMEMultipart("alternative", boundary, policy=_POLICY)
    message = MIMEMultipart("mixed", f"{boundary}m", policy=_POLICY) if letter.attachments else body
    message["From"] = _mailbox("From", sender.name, sender.address)
    message["To"] = _mailbox("To", letter.to_name, letter.to)
    message["Subject"] = _encoded("Subject", letter.subject).encode()
    message["Date"] = format_datetime(datetime.fromisoformat(letter.date))
    message["Message-ID"] = f"<{_one_line(letter.message_id)}>"
    for name, value in letter.headers:
        message[name] = _one_line(value)
    body.attach(MIMEText(letter.text, "plain", "utf-8", policy=_POLICY))
    body.attach(MIMEText(letter.html, "html", "utf-8", policy=_POLICY))
    if letter.attachments:
        message.attach(body)
    for file in letter.attachments:
        message.attach(_part(file))
    return message.as_bytes()


def _part(file: Attachment) -> MIMEApplication:
    """The name in the form of RFC 2231, which holds any character."""
    subtype = file.media_type.removeprefix("application/")
    part = MIMEApplication(file.content, subtype, policy=_POLICY)
    part.add_header(
        "Content-Disposition", "attachment", filename=("utf-8", "", _one_line(file.name))
    )
    return part


def _mailbox(header: str, name: str, address: str) -> str:
    if not is_address(address):
        raise DeliveryError(f"“{_one_line(address)}”不是可用的邮箱地址", permanent=True)
    mailbox = _encoded(header, name)
    mailbox.append(f"<{address}>", "us-ascii")
    return mailbox.encode()


def _encoded(header: str, text: str) -> Header:
    return Header(_one_line(text), "utf-8", maxlinelen=_LINE, header_name=header)


def _one_line(text: str) -> str:
    """`text` without the line breaks and control characters that no header may hold."""
    return _NOT_TEXT.sub(" ", text).strip()
