"""Who works in a site's folder: many that use the site, or one that replaces it.

The system lets go of the lock when a process dies. It lies on the folder itself, so that
no file of it is left over, copied, or restored.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dj_cadence.errors import Refused


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Nobody replaces the site during the block. Raises Refused where somebody is at it."""
    with _locked(folder, fcntl.LOCK_SH | fcntl.LOCK_NB) as free:
        if not free:
            raise Refused("站点正在恢复备份。请等恢复完成后再试。")
        yield


@contextmanager
def alone(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Nobody uses the site during the block; False where somebody does."""
    with _locked(folder, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)) as free:
        yield free


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[bool]:
    """Whether the lock was free; a file system without locks has nobody to ask."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield True
        return
    free = True
    try:
        try:
            fcntl.flock(descriptor, how)
        except OSError as error:
            free = not isinstance(error, BlockingIOError)
        yield free
    finally:
        os.close(descriptor)
