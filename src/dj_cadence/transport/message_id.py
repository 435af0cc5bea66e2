"""Message-IDs of ours: the same for the same content, and to be guessed by nobody.

Whoever can guess one can forge a report that says the mail did not arrive.
"""

import hmac
import re
from dataclasses import dataclass

_LENGTH = 20
_OURS = re.compile(
    rf"<?m(?P<number>\d{{1,18}})(?:-(?P<edition>\d{{1,4}}))?\.(?P<proof>[0-9a-f]{{{_LENGTH}}})"
    r"\.(?P<site>[0-9a-z]+)@[^>\s]+>?"
)


@dataclass(frozen=True, slots=True)
class MessageId:
    """What one of our ids says; whether it is true only its proof tells."""

    number: int
    """Of the message in the ledger."""
    edition: int
    proof: str
    site: str

    def is_genuine(self, key: bytes) -> bool:
        """Whether the holder of the site's key has made it."""
        return hmac.compare_digest(self.proof, _proof(key, self.site, self.number, self.edition))


def make_message_id(key: bytes, site: str, number: int, edition: int, sender: str) -> str:
    """An RFC 5322 id without angle brackets; another edition has another content and id."""
    domain = sender.rpartition("@")[2]
    again = f"-{edition}" if edition else ""
    return f"m{number}{again}.{_proof(key, site, number, edition)}.{site}@{domain}"


def parse_message_id(text: str) -> MessageId | None:
    """None for what does not look like one of ours."""
    match = _OURS.fullmatch(text.strip())
    if match is None:
        return None
    numbers = (int(match["number"]), int(match["edition"] or 0))
    return MessageId(*numbers, match["proof"], match["site"])


def _proof(key: bytes, site: str, number: int, edition: int) -> str:
    signed = f"message-id\n{site}\n{number}\n{edition}".encode()
    return hmac.digest(key, signed, "sha256").hex()[:_LENGTH]
