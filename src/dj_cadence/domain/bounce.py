"""Mail that came back: delivery reports (RFC 3464) about messages of ours."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import Protocol

_OURS = re.compile(r"<?m(?P<message>\d{1,18})\.(?P<site>[0-9a-z]+)@[^>\s]+>?")
_LONGEST_REASON = 200


class BounceBox(Protocol):
    """The mailbox into which servers put what they could not deliver."""

    def read(self, handle: Callable[[bytes], bool]) -> None:
        """Give each unread mail to `handle`; what it answers for with True is marked as read.

        Nothing is deleted. Raises Refused where the box cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a message of ours did not arrive, and will not."""

    message: int
    """The number in our Message-ID."""
    site: str
    reason: str
    """The status (5.1.1) and what the other server said."""
    about_recipient: bool
    """Whether the address is to blame; a status of 5.7 is policy, and the sender's matter."""


def parse_bounce(content: bytes) -> Bounce | None:
    """The failure reported in a mail; None for every other mail, delays included."""
    mail = message_from_bytes(content)
    if mail.get_content_type() != "multipart/report":
        return None
    original = next(filter(None, map(_original_id, mail.walk())), None)
    failed = next((block for block in _blocks(mail) if _failed(block)), None)
    if original is None or failed is None:
        return None
    status = str(failed["Status"]).split()[0]
    said = str(failed.get("Diagnostic-Code", "")).partition(";")[2]
    reason = " ".join(f"{status} {said}".split())[:_LONGEST_REASON]
    return Bounce(
        message=int(original["message"]),
        site=original["site"],
        reason=reason,
        about_recipient=not status.startswith("5.7."),
    )


def _blocks(mail: Message) -> Iterator[Message]:
    """The groups of fields of the report, one for each recipient."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (block for block in part.get_payload() if isinstance(block, Message))


def _failed(block: Message) -> bool:
    action, status = str(block.get("Action", "")), str(block.get("Status", ""))
    return action.strip().lower() == "failed" and status.strip().startswith("5.")


def _original_id(part: Message) -> re.Match[str] | None:
    """The Message-ID of the mail that came back, whole or by its headers, if it is one of ours."""
    kind, returned = part.get_content_type(), part
    if kind == "text/rfc822-headers":
        text = part.get_payload(decode=True)
        returned = message_from_string(
            text.decode("ascii", "replace") if isinstance(text, bytes) else ""
        )
    elif kind == "message/rfc822" and part.is_multipart():
        inner = part.get_payload(0)
        returned = inner if isinstance(inner, Message) else part
    else:
        return None
    return _OURS.fullmatch(str(returned.get("Message-ID", "")).strip())
