"""What of a site others on the machine can read, and should not."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

MASK = 0o077
"""The bits of everybody but the owner: what a site writes holds names, addresses and keys."""
_PUBLIC = ("schedules", "templates")
"""Say nothing about anybody."""


def too_open(folder: Path, others: Iterable[Path]) -> list[Path]:
    """Files and folders of a site that others may read or write, the folder itself first.

    `others` belong to the site and lie elsewhere, such as its database.
    """
    paths = [folder, *_inside(folder), *others]
    return [path for path in dict.fromkeys(paths) if _is_open(path)]


def _inside(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in sorted(folders) if name not in _PUBLIC]
        yield from (Path(place, name) for name in (*folders, *sorted(files)))


def _is_open(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return not stat.S_ISLNK(status.st_mode) and bool(status.st_mode & MASK)
