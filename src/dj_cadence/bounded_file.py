"""Reading a file that somebody else may have put there: never for long, never without end."""

import os
import stat
from pathlib import Path

_DAMAGED = "读不了这个文件，请确认有读取权限并存为 UTF-8 编码"


class UnreadableError(Exception):
    """Why a file is not read, in Chinese."""


def read_text(path: Path, most: int) -> str:
    """The text of a plain file of at most so many bytes, without its byte order mark.

    Raises UnreadableError for anything else: a pipe would never end, nor would a device.
    FileNotFoundError passes through.
    """
    content = read_bytes(path, most)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UnreadableError(_DAMAGED) from None


def read_bytes(path: Path, most: int) -> bytes:
    """A plain file of at most so many bytes; raises as `read_text` does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - it is open already
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("这不是普通文件，请移走")
            # It may grow meanwhile.
            if status.st_size > most or len(content := file.read(most + 1)) > most:
                size = f"{most // 1_000_000} MB" if most >= 1_000_000 else f"{most // 1000} KB"
                raise UnreadableError(f"文件太大，最多 {size}")
            return content
    except FileNotFoundError:
        raise
    except (OSError, ValueError):
        # A folder cannot be opened as a file; a name may hold what no name can.
        what = "这是一个文件夹，请改名或移走" if path.is_dir() else _DAMAGED
        raise UnreadableError(what) from None
