"""A site in one file, and a site out of one: with the database as it was at one instant.

The site's key goes along: without it every link and calendar address that people have would
stop working. So the file is as secret as the site itself, and only its owner can read it.
"""

import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path, PurePosixPath

from dj_cadence.domain.wording import os_reason
from dj_cadence.errors import Refused
from dj_cadence.services.site import Site
from dj_cadence.settings import KEY_FILE, SITE_FILE
from dj_cadence.settings.reading import DATABASE, sqlite_file

_FOLDERS = ("schedules", "notifiers", "templates", "evidence")
_ELSEWHERE = (
    "站点用的是 PostgreSQL，请用 pg_dump 备份、pg_restore 恢复数据库，"
    "另存站点文件夹；恢复后先运行 send off，确认无误再 send on。"
)


def backup(site: Site, file: Path) -> int:
    """Write the site into a new `file`, whatever is written meanwhile; returns its bytes.

    Raises Refused where the file is there already, cannot be written, or the database is
    not SQLite.
    """
    if not site.database.is_sqlite:
        raise Refused(_ELSEWHERE)
    if file.exists():
        raise Refused(f"{file} 已经存在，没有改动。请换一个文件名。")
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with tempfile.TemporaryDirectory(dir=file.resolve().parent) as folder:
            copy = Path(folder, DATABASE)
            _copy_database(Path(str(site.database.engine.url.database)), copy)
            _pack(draft, site.settings.folder, copy)
        draft.replace(file)
    except OSError as error:
        raise Refused(f"{file} 写不进去：{os_reason(error.errno)}。") from error
    finally:
        draft.unlink(missing_ok=True)
    return file.stat().st_size


def _copy_database(source: Path, copy: Path) -> None:
    with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(copy)) as after:
        before.backup(after)
        after.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = after.execute("PRAGMA quick_check").fetchone()
    if verdict != "ok":
        raise Refused(f"数据库有损坏，没有备份：{verdict}")


def _pack(draft: Path, folder: Path, database: Path) -> None:
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(database, DATABASE)
        for path in _own_files(folder):
            packed.write(path, path.relative_to(folder).as_posix())


def _own_files(folder: Path) -> Iterator[Path]:
    yield folder / SITE_FILE
    yield folder / KEY_FILE
    for name in _FOLDERS:
        yield from sorted(path for path in (folder / name).rglob("*") if path.is_file())


def unpack(file: Path, folder: Path, now: datetime) -> Path | None:
    """Lay the site of a backup into `folder`; what was there is put aside and returned.

    Its sending is not held yet: the caller opens it and does that. Raises Refused, with
    nothing changed, for a file that is no backup.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
            if not {DATABASE, SITE_FILE, KEY_FILE} <= set(names) or not all(map(_is_ours, names)):
                raise Refused(f"{file} 不是党建节拍的备份，没有改动。")
            if packed.testzip() is not None:
                raise Refused(f"{file} 已损坏，没有改动。")
            aside = _put_aside(folder, now)
            packed.extractall(folder)
            _put_database_in_place(folder, aside)
    except (OSError, zipfile.BadZipFile) as error:
        reason = os_reason(error.errno) if isinstance(error, OSError) else "不是备份文件"
        raise Refused(f"{file} 恢复不了：{reason}。") from error
    (folder / KEY_FILE).chmod(0o600)
    return aside


def _is_ours(name: str) -> bool:
    """A name that this program writes, and that leads nowhere else."""
    path = PurePosixPath(name)
    known = len(path.parts) == 1 or path.parts[0] in _FOLDERS
    return known and not path.is_absolute() and ".." not in path.parts


def _put_aside(folder: Path, now: datetime) -> Path | None:
    present = [path for path in folder.glob("*") if _belongs_to_site(path)]
    if not present:
        folder.mkdir(parents=True, exist_ok=True)
        return None
    aside = folder / f"before-restore-{now:%Y%m%dT%H%M%S}"
    aside.mkdir()
    for path in present:
        path.rename(aside / path.name)
    return aside


def _put_database_in_place(folder: Path, aside: Path | None) -> None:
    """It goes where the restored site.toml looks for it."""
    unpacked, place = folder / DATABASE, sqlite_file(folder)
    if place == unpacked:
        return
    for path in place.parent.glob(f"{place.name}*"):  # with what SQLite keeps beside it
        path.rename((aside or folder) / f"{path.name}.before")
    unpacked.rename(place)


def _belongs_to_site(path: Path) -> bool:
    return path.name in (SITE_FILE, KEY_FILE, *_FOLDERS) or path.name.startswith(DATABASE)
