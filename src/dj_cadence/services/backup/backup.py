"""A site in one file, with the database as it was at one instant.

The site's key goes along: without it every link and calendar address that people have would
stop working. So the file is as secret as the site itself, and only its owner can read it.
"""

import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused
from dj_cadence.services.backup.archive import FOLDERS, PYTHON_CACHE, is_fit
from dj_cadence.services.backup.draft import draft
from dj_cadence.services.site import Site
from dj_cadence.settings import KEY_FILE, SITE_FILE
from dj_cadence.settings.reading import DATABASE
from dj_cadence.store.core.snapshot import Damaged, copy_into

_ELSEWHERE = (
    "站点用的是 PostgreSQL，请用 pg_dump 备份、pg_restore 恢复数据库，"
    "另存站点文件夹；恢复后先运行 send off，确认无误再 send on。"
)
_METHOD = zipfile.ZIP_DEFLATED
_CHUNK = 1 << 20


def backup(site: Site, file: Path) -> int:
    """Write the site into a new `file`, whatever is written meanwhile; returns its bytes.

    Until it is whole nothing has a name, so a backup that dies leaves nothing behind. Raises
    Refused where the file is there already, cannot be written, the database is damaged or is
    not SQLite.
    """
    if site.database.file is None:
        raise Refused(_ELSEWHERE)
    if os.path.lexists(file):
        raise Refused(f"{file} 已经存在，没有改动。请换一个文件名。")
    folder = site.settings.folder
    paths = {path.relative_to(folder).as_posix(): path for path in _own_files(folder)}
    if unfit := next((name for name in paths if not is_fit(name)), ""):
        raise Refused(f"{unfit!a} 这个文件名备份不了，请改名后再试。")
    try:
        return _write(site.database.file, paths, file)
    except Damaged as error:
        raise Refused(
            f"数据库读不出来或有损坏，没有备份：{error}。请停止 run，从最近一次好的备份恢复。"
        ) from error
    except OSError as error:
        raise Refused(f"{file} 写不进去：{os_reason(error.errno)}。") from error


def _write(database: Path, paths: Mapping[str, Path], file: Path) -> int:
    place = file.resolve().parent
    with os.fdopen(copy_into(database, place), "rb") as copy, draft(place) as made:
        with zipfile.ZipFile(made.stream, "w", _METHOD, strict_timestamps=False) as packed:
            with packed.open(DATABASE, "w", force_zip64=True) as entry:
                copy.seek(0)
                shutil.copyfileobj(copy, entry, _CHUNK)
            for name, path in paths.items():
                packed.write(path, name)
        return made.publish(file)


def _own_files(folder: Path) -> list[Path]:
    """What is packed beside the database; neither drafts nor what Python keeps for itself."""
    inside = (path for name in FOLDERS for path in sorted((folder / name).rglob("*")))
    kept = [
        path
        for path in inside
        if path.is_file()
        and path.parent.name != PYTHON_CACHE
        and not (path.parent.name == "evidence" and path.name.startswith("."))
    ]
    return [folder / SITE_FILE, folder / KEY_FILE, *kept]
