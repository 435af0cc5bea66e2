"""A new file that is there as a whole or not at all, whatever dies while it is written."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

_NAME = ".dj-cadence-draft-"
"""What a draft is called where the file system knows no files without a name."""


class NewFile:
    """A file for its owner only that has no name yet."""

    def __init__(self, place: Path) -> None:
        self._name: Path | None = None
        try:
            nameless = getattr(os, "O_TMPFILE", 0)  # not to be had everywhere
            descriptor = os.open(place, nameless | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            self._name = place / f"{_NAME}{token_hex(8)}"
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            descriptor = os.open(self._name, flags, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.stream: BinaryIO = os.fdopen(descriptor, "w+b")

    def publish(self, file: Path) -> int:
        """Give it the name `file`, once all of it is on the disk; returns its size.

        Raises FileExistsError where somebody took the name meanwhile.
        """
        self.stream.flush()
        os.fsync(self.stream.fileno())
        place = os.open(file.parent, os.O_RDONLY)
        try:
            source = self._name or f"/proc/self/fd/{self.stream.fileno()}"
            os.link(source, file, src_dir_fd=place, follow_symlinks=True)
            os.fsync(place)
        finally:
            os.close(place)
        return os.fstat(self.stream.fileno()).st_size

    def close(self) -> None:
        if self._name:
            self._name.unlink(missing_ok=True)
        self.stream.close()


@contextmanager
def draft(place: Path) -> Iterator[NewFile]:
    """A draft in the folder `place`; drafts of processes that died there are cleared away."""
    for left in place.glob(f"{_NAME}*"):
        _clear(left)
    with closing(NewFile(place)) as made:
        yield made


def _clear(left: Path) -> None:
    """Remove a draft that nobody holds."""
    with suppress(OSError):
        descriptor = os.open(left, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
        finally:
            os.close(descriptor)
