"""The site's own key, in site.key, and other files that hold a secret."""

from pathlib import Path
from secrets import token_hex

from dj_cadence.bounded_file import UnreadableError, read_text
from dj_cadence.errors import Refused
from dj_cadence.settings import KEY_FILE
from dj_cadence.whole_file import write_new

_SHORTEST_KEY = 32
MOST_BYTES = 200_000
"""Of settings, or of a file with secrets."""


def site_key(folder: Path) -> bytes:
    """The key as it stands in the folder; empty where it cannot be read or is too short."""
    key = secret_text(folder / KEY_FILE).partition("\n")[0].strip().encode()
    return key if len(key) >= _SHORTEST_KEY else b""


def make_site_key(folder: Path) -> None:
    """Write a new site.key that only its owner can read; an existing one is never replaced."""
    try:
        write_new(folder / KEY_FILE, [f"{token_hex(32)}\n".encode()])
    except FileExistsError:
        message = f"{KEY_FILE} 已存在，没有改动；换新会使已发出的链接全部失效"
        raise Refused(message) from None


def secret_text(path: Path) -> str:
    """The text of a file; empty where it cannot be read."""
    try:
        return read_text(path, MOST_BYTES).strip()
    except (OSError, UnreadableError):
        return ""
