"""Whether a text is a web address that browsers and our own client can take apart."""

import re
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

_URL = re.compile(r"https?://[^\s\"'<>\\^`{|}]+", re.IGNORECASE)
_HOST_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")


def is_url(text: str) -> bool:
    """Whether it has a host, and a port that there can be."""
    if not _URL.fullmatch(text):
        return False
    with suppress(ValueError):
        parts = urlsplit(text)
        return parts.port != 0 and is_host(parts.hostname or "")
    return False


def is_host(text: str) -> bool:
    """Whether it names a machine, without a port."""
    if _HOST_NAME.fullmatch(text):
        return True
    with suppress(ValueError):
        return bool(ip_address(text))
    return False
