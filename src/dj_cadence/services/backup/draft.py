"""A new file that is there as a whole or not at all, whatever dies while it is written."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from dj_cadence.whole_file import sync

_NAME = ".dj-cadence-draft-"
"""What a draft is called where the file system knows no files without a name."""


class NewFile:
    """A file for its owner only that has no name yet; gone when it is closed without one."""

    def __init__(self, place: Path) -> None:
        self.stream: IO[bytes]
        try:
            nameless = getattr(os, "O_TMPFILE", 0)  # not to be had everywhere
            descriptor = os.open(place, nameless | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            self.stream = NamedTemporaryFile(prefix=_NAME, dir=place)  # noqa: SIM115
            fcntl.flock(self.stream, fcntl.LOCK_EX)
            self._source = self.stream.name
        else:
            self.stream = os.fdopen(descriptor, "w+b")
            self._source = f"/proc/self/fd/{descriptor}"

    def publish(self, file: Path) -> int:
        """Give it the name `file`, once all of it is on the disk; returns its size.

        Raises FileExistsError where somebody took the name meanwhile.
        """
        self.stream.flush()
        os.fsync(self.stream.fileno())
        # A descriptor beside it makes the system follow the link that /proc has.
        os.link(self._source, file, src_dir_fd=self.stream.fileno(), follow_symlinks=True)
        sync(file.parent)
        return os.fstat(self.stream.fileno()).st_size


@contextmanager
def draft(place: Path) -> Iterator[NewFile]:
    """A draft in the folder `place`; drafts of processes that died there are cleared away."""
    for left in place.glob(f"{_NAME}*"):
        with suppress(OSError), os.fdopen(os.open(left, os.O_RDWR | os.O_NOFOLLOW)) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody holds it
            left.unlink()
    made = NewFile(place)
    with made.stream:
        yield made
