"""Files that were sent to be looked at before they act: kept for a day, in the site's folder."""

import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import BinaryIO

from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused

FOLDER = "uploads"
_KEPT = timedelta(days=1)
_KEY = re.compile(r"[\w-]{20,40}", re.ASCII)
_LONGEST_NAME = 80


def keep(folder: Path, files: Iterable[tuple[str, BinaryIO]]) -> str:
    """Keep (name, content) of each in the site's `folder`; returns the key to find them by.

    Raises Refused where there is no room.
    """
    key = token_urlsafe(20)
    place = folder / FOLDER / key
    try:
        place.mkdir(parents=True, mode=0o700)
        for number, (name, content) in enumerate(files):
            (place / str(number)).mkdir()  # two of one name stay two, and keep it
            with (place / str(number) / _plain(name)).open("wb") as stream:
                shutil.copyfileobj(content, stream)
    except OSError as error:
        shutil.rmtree(place, ignore_errors=True)
        raise Refused(f"文件存不下来：{os_reason(error.errno)}。") from error
    return key


def kept(folder: Path, key: str) -> list[Path]:
    """The files in the order in which they came. Raises Refused for a key that is none now."""
    place, files = folder / FOLDER / key, list[Path]()
    if _KEY.fullmatch(key):
        with suppress(OSError):  # gone, or going: another click was first
            files = [path for sub in sorted(place.iterdir()) for path in sub.iterdir()]
    if not files:
        raise Refused("这份文件已经不在了：可能已经导入，或者放了一天以上。请重新选择文件。")
    return files


def drop(folder: Path, key: str) -> None:
    """They have acted, or are not wanted."""
    if _KEY.fullmatch(key):
        shutil.rmtree(folder / FOLDER / key, ignore_errors=True)


def sweep(folder: Path, now: datetime) -> None:
    """Put away what nobody came back to."""
    for place in (folder / FOLDER).glob("*"):
        with suppress(OSError):  # a page may drop it at the same time
            if place.stat().st_mtime < (now - _KEPT).timestamp():
                shutil.rmtree(place, ignore_errors=True)


def _plain(name: str) -> str:
    """A name of a file as a person knows it, without what could lead elsewhere."""
    plain = re.sub(r"[^\w.()（）《》 -]", "_", Path(name).name).lstrip(".")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{suffix[:10]}" if stem else plain[:_LONGEST_NAME] or "文件"
