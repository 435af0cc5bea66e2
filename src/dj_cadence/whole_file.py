"""Writing files so that a reader, or whoever comes after a power cut, finds each one whole."""

import os
from collections.abc import Iterable
from pathlib import Path


def write_new(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a new file for its owner only, on the disk before this returns; returns its size.

    Raises FileExistsError where there is one.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        size = sum(map(file.write, chunks))
        file.flush()
        os.fsync(file.fileno())
    return size


def replace(path: Path, content: bytes) -> None:
    """Put `content` in place of what the file holds: at any time it is the old or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Let what a file holds, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
