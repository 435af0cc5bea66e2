"""Tokens in addresses: made from the site's key, so that they can be shown again."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256


def make_token(key: bytes, purpose: str, subject: str, generation: int) -> str:
    """A URL-safe token of 160 bits; another generation gives an unrelated one."""
    digest = hmac.digest(key, f"{purpose}\n{subject}\n{generation}".encode(), "sha256")
    return urlsafe_b64encode(digest[:20]).decode().rstrip("=")


def message_subject(message_id: int) -> str:
    """What the token of a message's link stands for."""
    return f"message:{message_id}"


def message_token(key: bytes, message_id: int) -> str:
    """What the link in a message opens with; it is kept nowhere else than in the message."""
    return make_token(key, "message", message_subject(message_id), 1)


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return sha256(token.encode()).hexdigest()
