"""The site's own key, in site.key, and other files that hold a secret."""

import os
from pathlib import Path
from secrets import token_hex

from dj_cadence.bounded_file import UnreadableError, read_text
from dj_cadence.errors import Refused
from dj_cadence.settings import KEY_FILE

_SHORTEST_KEY = 32
_MOST_BYTES = 200_000


def has_site_key(folder: Path) -> bool:
    """Whether the folder has a key that is long enough."""
    return is_long_enough(site_key(folder))


def is_long_enough(key: bytes) -> bool:
    """Whether a key can be used."""
    return len(key) >= _SHORTEST_KEY


def site_key(folder: Path) -> bytes:
    """The key as it stands in the folder; empty where it cannot be read."""
    return secret_text(folder / KEY_FILE).partition("\n")[0].strip().encode()


def make_site_key(folder: Path) -> None:
    """Write a new site.key that only its owner can read; an existing one is never replaced."""
    try:
        descriptor = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{KEY_FILE} 已存在，没有改动；换新会使已发出的链接全部失效"
        raise Refused(message) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token_hex(32) + "\n")


def secret_text(path: Path) -> str:
    """The text of a file; empty where it cannot be read."""
    try:
        return read_text(path, _MOST_BYTES).strip()
    except (OSError, UnreadableError):
        return ""
