"""Posts letters as signed JSON to an address of the operator's own.

The receiver recomputes HMAC-SHA256(secret, timestamp + "." + body) over the bytes that it
got and compares with the header; an old timestamp is somebody repeating our message.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from dj_cadence import clock
from dj_cadence.domain.messages.notifier import Audience, Letter, Limit, Notifier, Sender, Traits
from dj_cadence.transport.chat_text import fit
from dj_cadence.transport.http import TIMEOUT_SECONDS, Poster, encoded

SERVICE = "Webhook"
MOST_BYTES = 60_000


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: url, secret, to_group, per_minute, timeout_seconds."""
    per_minute = int(str(options.get("per_minute") or 0))
    return Webhook(
        str(options["url"]),
        str(options["secret"]),
        form=Audience.GROUP if options.get("to_group") else Audience.CHAT,
        limit=Limit(per_minute, 60) if per_minute else None,
        timeout_seconds=float(str(options.get("timeout_seconds", TIMEOUT_SECONDS))),
    )


class Webhook:
    """The address of a letter is handed on as it is."""

    def __init__(
        self, url: str, secret: str, *, form: Audience, limit: Limit | None, timeout_seconds: float
    ) -> None:
        self._url = url
        self._secret = secret.encode()
        self._poster = Poster(SERVICE, timeout_seconds)
        shown, seconds = urlsplit(url).hostname or "", self._poster.deadline_seconds
        self.traits = Traits(form, limit, shown, seconds)

    def send(self, letter: Letter) -> str:
        body = {
            "id": letter.message_id,
            "to": letter.to,
            "to_name": letter.to_name,
            "subject": letter.subject,
            "text": fit(letter.text, MOST_BYTES),
            "date": letter.date,
        }
        timestamp = str(round(clock.now().timestamp()))
        headers = {
            "X-Cadence-Timestamp": timestamp,
            "X-Cadence-Signature": f"sha256={sign(self._secret, timestamp, encoded(body))}",
            "Idempotency-Key": letter.message_id,
        }
        answer = self._poster.post(self._url, body, headers=headers)
        return f"HTTP {answer.status}"

    def close(self) -> None:
        self._poster.close()


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The signature in hexadecimal digits."""
    return hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()
