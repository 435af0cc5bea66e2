"""Mail that came back: delivery reports (RFC 3464) about messages of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from hashlib import sha256

from dj_cadence.errors import Blame
from dj_cadence.transport.message_id import MessageId, parse_message_id
from dj_cadence.transport.refusals.mail import Stage, judge_mail

_RECIPIENTS = ("Final-Recipient", "Original-Recipient")
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a message of ours did not arrive, and will not.

    Anybody can write one: see `MessageId.is_genuine`, and whether it speaks of the address that
    the message went to.
    """

    message: MessageId
    recipients: frozenset[str]
    """The addresses that it says to have written to, in small letters."""
    reason: str
    """The status (5.1.1) and what the other server said."""
    blame: Blame
    key: str
    """The same for the same report, however often a mailbox brings it."""


def parse_bounce(content: bytes) -> Bounce | None:
    """The failure reported in a mail; None for every other mail, delays included.

    A mail that cannot be taken apart reports nothing.
    """
    try:
        return _parsed(content)
    except Exception:  # noqa: BLE001  whatever a stranger's mail does to the parser
        return None


def _parsed(content: bytes) -> Bounce | None:
    mail = message_from_bytes(content)
    if mail.get_content_type() != "multipart/report":
        return None
    original = next(filter(None, map(_original_id, mail.walk())), None)
    failed = next((block for block in _blocks(mail) if _failed(block)), None)
    if original is None or failed is None:
        return None
    status = str(failed["Status"]).split()[0]
    diagnostic = str(failed.get("Diagnostic-Code", "")).partition(";")[2]
    reason = " ".join(f"{status} {diagnostic}".split())[:_LONGEST_REASON]
    itself = str(mail.get("Message-ID", "")).encode("utf-8", "replace") or content
    return Bounce(
        message=original,
        recipients=frozenset({_address(failed.get(field, "")) for field in _RECIPIENTS} - {""}),
        reason=reason,
        blame=judge_mail(Stage.REPORT, 500 if status.startswith("5") else 400, reason),
        key=sha256(repr(original).encode() + itself).hexdigest(),
    )


def _address(field: object) -> str:
    """What stands in a field like "rfc822; li@example.cn"."""
    return str(field).partition(";")[2].strip().strip("<>").casefold()


def _blocks(mail: Message) -> Iterator[Message]:
    """The groups of fields of the report, one for each recipient."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (block for block in part.get_payload() if isinstance(block, Message))


def _failed(block: Message) -> bool:
    """For good: also what was tried for days in vain, with a status of 4."""
    action, status = str(block.get("Action", "")), str(block.get("Status", ""))
    return action.strip().lower() == "failed" and status.strip().startswith(("5.", "4."))


def _original_id(part: Message) -> MessageId | None:
    """The Message-ID of the mail that came back, whole or by its headers, if it is one of ours."""
    kind, returned = part.get_content_type(), part
    if kind == "text/rfc822-headers":
        text = part.get_payload(decode=True)
        returned = message_from_bytes(text if isinstance(text, bytes) else b"")
    elif kind == "message/rfc822" and part.is_multipart():
        inner = part.get_payload(0)
        returned = inner if isinstance(inner, Message) else part
    else:
        return None
    return parse_message_id(str(returned.get("Message-ID", "")))
