"""A backup unpacked into an empty folder and made fit to be a site there; nothing is carried out.

What it brings is looked at as something that a stranger wrote.
"""

import shutil
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

from dj_cadence.errors import Refused
from dj_cadence.services.backup.archive import opened_backup, unpack
from dj_cadence.settings import SITE_FILE
from dj_cadence.settings.moved_site import with_own_database
from dj_cadence.settings.reading import DATABASE
from dj_cadence.settings.site_key import site_key
from dj_cadence.store.core.database import open_file
from dj_cadence.store.core.layout import differences
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.core.snapshot import Damaged, distrust, unreadable_is_damaged, without_log
from dj_cadence.store.site import site as sites
from dj_cadence.whole_file import write_new

UNCONFIRMED = "restored-unconfirmed.txt"
"""Is there while nobody has said that the code of a backup may be carried out."""
_CODE = ("notifiers", "templates")
_EXPLANATION = (
    "恢复进来的通知渠道程序（notifiers）和模板（templates）还没有人确认，暂不使用。\n"
    "看过这些文件、确认无误后，运行 dj-cadence send on。\n"
)


def lay_out(file: Path, folder: Path, today: date) -> tuple[str, Mapping[str, int]]:
    """Unpack the backup `file` into an empty `folder`, with the sending held.

    Returns what site.toml said about its database, and how many files of each kind of code
    came along. Raises Refused for what is no sound backup, OSError where there is no room.
    """
    with opened_backup(file) as (packed, entries):
        if sum(entry.file_size for entry in entries) > shutil.disk_usage(folder).free:
            raise Refused(f"磁盘装不下 {file} 解开后的内容。请腾出空间后再试；没有改动。")
        unpack(packed, entries, folder)
    database = _keep_database_here(folder)
    if not site_key(folder):
        raise Refused("备份里的站点密钥不完整，没有改动。")
    _check_database(folder / DATABASE, today)
    code = {name: sum(path.is_file() for path in (folder / name).rglob("*")) for name in _CODE}
    if any(code.values()):
        write_new(folder / UNCONFIRMED, [_EXPLANATION.encode()])
    return database, code


def _keep_database_here(folder: Path) -> str:
    """Let site.toml speak of the database in its own folder; returns what it said."""
    path = folder / SITE_FILE
    try:
        text, written = with_own_database(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise Refused(f"备份里的 {SITE_FILE} 读不懂，没有改动。") from error
    if written:
        path.unlink()
        write_new(path, [text.encode()])
    return written


def _check_database(file: Path, today: date) -> None:
    try:
        wrong = distrust(file)
        if not wrong:
            _hold(file, today)
        without_log(file)
    except Refused as error:
        wrong = str(error).removeprefix(f"{file}：").removesuffix("。")
    except Damaged as error:
        wrong = str(error)
    if wrong:
        raise Refused(f"备份里的数据库不能用：{wrong}。没有改动。")


@unreadable_is_damaged()
def _hold(file: Path, today: date) -> None:
    """Bring the database to this version's layout and switch its sending off."""
    with closing(open_file(file)) as database:
        migrate(database)
        if wrong := differences(database):  # the fingerprint is what the backup says of itself
            raise Refused(f"结构与本程序不同（{'；'.join(wrong[:3])}）")
        with database.write() as session:
            sites.load(session)
            sites.hold(session, today)
