"""What a backup file holds: looked at before anything of it is written anywhere."""

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused
from dj_cadence.settings import KEY_FILE, SITE_FILE
from dj_cadence.settings.reading import DATABASE
from dj_cadence.whole_file import write_new

FOLDERS = ("schedules", "notifiers", "templates", "evidence")
SINGLE = (DATABASE, KEY_FILE, SITE_FILE)
PYTHON_CACHE = "__pycache__"
"""Would be carried out in the place of the file that a person has read."""

_MOST_ENTRIES = 200_000
_MOST_DIRECTORY = 100 * _MOST_ENTRIES
"""Bytes of the list of entries, which is read as a whole."""
_RATIO, _FREE_OF_RATIO = 100, 64_000_000
"""A backup unpacks to five or twenty times its size; a bomb to a thousand times and more."""
_MOST_SMALL = 1_000_000
"""Bytes of settings or key."""
_LONGEST_PART, _LONGEST_NAME, _DEEPEST = 255, 1024, 16
_NOT_IN_NAMES = frozenset('\\:*?"<>|')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(10))}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_CHUNK = 1 << 20
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error),
    *(EOFError, ValueError, NotImplementedError, RuntimeError, OverflowError, MemoryError),
)
"""What the library raises for a file that is no zip, or none that it can read."""


def is_fit(name: str) -> bool:
    """Whether a name may stand in a backup: one of ours, the same on every system."""
    parts = name.split("/")
    return (
        (name in SINGLE or (len(parts) > 1 and parts[0] in FOLDERS))
        and len(parts) <= _DEEPEST
        and len(os.fsencode(name)) <= _LONGEST_NAME
        and all(map(_is_fit_part, parts))
    )


def _is_fit_part(part: str) -> bool:
    return (
        part not in ("", ".", "..", PYTHON_CACHE)
        and not part.casefold().endswith(".pyc")
        and len(os.fsencode(part)) <= _LONGEST_PART
        and not part.endswith((" ", "."))
        and not any(c in _NOT_IN_NAMES or unicodedata.category(c)[0] == "C" for c in part)
        and part.partition(".")[0].strip().casefold() not in _DEVICES
    )


@contextmanager
def opened_backup(file: Path) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """A backup and its entries, each of which may be written below a site's folder.

    Raises Refused, with what is wrong, for anything else, and for what turns out to be
    damaged while it is read.
    """
    try:
        with _plain_file(file) as stream:
            _check_directory(file, stream)
            with zipfile.ZipFile(stream) as packed:
                entries = packed.infolist()
                _check(file, entries, os.fstat(stream.fileno()).st_size)
                yield packed, [entry for entry in entries if not entry.is_dir()]
    except _BROKEN as error:
        raise Refused(f"{file} 不是党建节拍的备份，或已损坏；没有改动。") from error


def _plain_file(file: Path) -> IO[bytes]:
    """Opened without waiting: a pipe would never answer."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"{file} 打不开：{os_reason(error.errno)}；没有改动。") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused(f"{file} 不是普通文件，不能当作备份；没有改动。")
    return os.fdopen(descriptor, "rb")


def _check_directory(file: Path, stream: IO[bytes]) -> None:
    """The library reads the whole list of entries; so its length is looked at first."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile
    entries, length = struct.unpack_from("<HL", tail, end + 10)
    wide = tail.rfind(b"PK\6\6", 0, end)
    if wide >= 0 and len(tail) >= wide + 56:
        entries, length = struct.unpack_from("<QQ", tail, wide + 32)
    if entries > _MOST_ENTRIES or length > _MOST_DIRECTORY:
        raise Refused(f"{file} 里的文件太多（上限 {_MOST_ENTRIES} 个）；没有改动。")
    stream.seek(0)


def _check(file: Path, entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > _MOST_ENTRIES:
        raise Refused(f"{file} 里的文件太多（上限 {_MOST_ENTRIES} 个）；没有改动。")
    for entry in entries:
        if wrong := _fault(entry):
            raise Refused(f"{file} 里的 {ascii(entry.orig_filename)[:120]} {wrong}；没有改动。")
    names = [entry.filename for entry in entries if not entry.is_dir()]
    if missing := set(SINGLE) - set(names):
        raise Refused(f"{file} 不是党建节拍的备份：缺少 {min(missing)}；没有改动。")
    if clash := _clash(names):
        raise Refused(f"{file} 里的 {ascii(clash)[:120]} 与另一个文件重名；没有改动。")
    if sum(entry.file_size for entry in entries) > size * _RATIO + _FREE_OF_RATIO:
        raise Refused(f"{file} 解开后大得不合常理，可能是恶意文件；没有改动。")


def _fault(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not to be unpacked; empty: it may be."""
    name = entry.filename.removesuffix("/") if entry.is_dir() else entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    fits = name in FOLDERS or (name not in SINGLE and is_fit(name))
    if entry.orig_filename != entry.filename or not (fits if entry.is_dir() else is_fit(name)):
        return "不是备份里该有的文件名"
    if kind not in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG):
        return "是链接或设备，不是普通文件"
    if entry.flag_bits & _ENCRYPTED:
        return "加了密"
    if entry.compress_type not in _METHODS:
        return "用了不认识的压缩方法"
    small = name in (SITE_FILE, KEY_FILE)
    return "太大" if (small and entry.file_size > _MOST_SMALL) else ""


def _clash(names: Sequence[str]) -> str:
    """A name that some system takes for another one, or that is a file and a folder."""
    seen: set[str] = set()
    above: set[str] = set()
    for name in names:
        alike = unicodedata.normalize("NFKC", name).casefold()
        parts = alike.split("/")
        above.update("/".join(parts[:n]) for n in range(1, len(parts)))
        if alike in seen:
            return name
        seen.add(alike)
    return min(seen & above, default="")


def unpack(packed: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], folder: Path) -> None:
    """Write the entries below an empty `folder`. Raises OSError where there is no room."""
    for entry in entries:
        target = folder / entry.filename
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with packed.open(entry) as source:
            written = write_new(target, iter(partial(source.read, _CHUNK), b""))
        if written != entry.file_size:
            raise zipfile.BadZipFile
