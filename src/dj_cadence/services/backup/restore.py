"""A site out of a backup: unpacked and checked aside, then put in place as a whole.

What was unpacked and found sound gets its other name in one step. From then on the backup is
the site, and whoever comes next puts into place what a process that died had not: until that
name is there the old site is whole, afterwards the new one.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dj_cadence.chinese import os_reason
from dj_cadence.errors import DjCadenceError, Refused
from dj_cadence.services.backup.archive import FOLDERS, SINGLE
from dj_cadence.services.backup.staging import UNCONFIRMED, lay_out
from dj_cadence.settings import SITE_FILE
from dj_cadence.settings.reading import DATABASE, sqlite_file
from dj_cadence.store.delivery.sign_of_life import living
from dj_cadence.store.site.folder_lock import alone
from dj_cadence.whole_file import sync, write_new

_STAGE, _DECIDED = "restore.new", "restore.ready"
_NEW, _OLD, _PLAN = "new", "old", "plan.json"
_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database is named so."""
_RUNNING = "站点正在运行或正被使用。请先停止 run，再恢复。"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought."""

    aside: Path | None
    """Where the site is now that was there before."""
    database_said: str
    """What site.toml said about its database, if it did."""
    code: Mapping[str, int]
    """How many files of notifiers and templates came along; they are not used yet."""


class Unfinished(DjCadenceError):
    """The backup is the site now, and not all of it is in its place yet."""


def restore(file: Path, folder: Path, now: datetime) -> Restored:
    """Make the site in `file` the one in `folder`, its sending held.

    Nothing outside of `folder` is touched, and nothing that the backup brings is carried out.
    Raises Refused, with nothing changed, for a file that is no sound backup, while the site is
    in use, and where there is no room.
    """
    with _made(folder), alone(folder) as nobody_else:
        if not nobody_else or living(folder):
            raise Refused(_RUNNING)
        _complete(folder)  # what a restore before left to be done
        try:
            brought = _stage(file, folder, now)
            (folder / _STAGE).rename(folder / _DECIDED)
        except BaseException as error:  # nothing is left of what fails
            shutil.rmtree(folder / _STAGE, ignore_errors=True)
            if isinstance(error, OSError):
                raise Refused(f"{file} 恢复不了：{os_reason(error.errno)}。没有改动。") from error
            raise
        _complete(folder)
    return brought


def finish(folder: Path) -> None:
    """Complete a restore that was broken off; clear away one that had not been decided.

    To be called before anything looks into a site's folder. Raises Unfinished where it cannot
    be completed yet.
    """
    if os.path.lexists(folder / _DECIDED):
        with alone(folder, wait=True):
            _complete(folder)
    elif os.path.lexists(folder / _STAGE):
        with alone(folder) as nobody_else:
            if nobody_else:
                shutil.rmtree(folder / _STAGE, ignore_errors=True)


def is_unconfirmed(folder: Path) -> bool:
    """Whether the folder holds code that nobody has agreed to yet."""
    return os.path.lexists(folder / UNCONFIRMED)


def confirm(folder: Path) -> bool:
    """A person agrees to the code that a backup brought; returns whether there was any.

    Raises Refused while the site runs: it goes on with what it began with.
    """
    if not is_unconfirmed(folder):
        return False
    if living(folder):
        raise Refused("站点正在运行，用的还不是恢复进来的渠道和模板。请先停止 run，再 send on。")
    (folder / UNCONFIRMED).unlink(missing_ok=True)
    return True


# --- aside ---------------------------------------------------------------------------------------


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder, which goes again if nothing came into it."""
    try:
        new = not folder.is_dir()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{folder} 用不了：{os_reason(error.errno)}。没有改动。") from error
    try:
        yield
    finally:
        if new:
            with suppress(OSError):  # not empty: then there is a site
                folder.rmdir()


def _stage(file: Path, folder: Path, now: datetime) -> Restored:
    """All that is to be put into place, and what has to be moved aside for it."""
    stage = folder / _STAGE
    shutil.rmtree(stage, ignore_errors=True)
    for part in (_NEW, _OLD):
        (stage / part).mkdir(mode=0o700, parents=True)
    database, code = lay_out(file, stage / _NEW, now.date())
    moved = _to_be_moved(folder)
    aside = _unused(folder, f"before-restore-{now:%Y%m%dT%H%M%S}") if moved else None
    plan = {"moved": moved, "aside": aside.name if aside else ""}
    write_new(stage / _PLAN, [json.dumps(plan).encode()])
    sync(stage / _NEW / DATABASE)
    for inside, _, _ in os.walk(stage):
        sync(Path(inside))
    if living(folder):  # somebody began meanwhile where locks are not seen
        raise Refused(_RUNNING)
    return Restored(aside, database, code)


def _to_be_moved(folder: Path) -> dict[str, str]:
    """What is the site's own in `folder`, each with its name aside."""
    names = [*SINGLE, *FOLDERS, UNCONFIRMED, *(DATABASE + end for end in _BESIDE)]
    moved = {name: name for name in names if os.path.lexists(folder / name)}
    with suppress(OSError, ValueError):  # where it names no file, none is moved
        moved |= _other_database(folder, moved)
    return moved


def _other_database(folder: Path, moved: Mapping[str, str]) -> dict[str, str]:
    """The database of a site.toml that names another, where it lies in the folder itself."""
    home, file = folder.resolve(), sqlite_file(folder)
    place = file.parent.resolve() / file.name  # whatever links lead there
    if not place.is_relative_to(home) or place.relative_to(home).parts[0] in moved:
        return {}
    beside = (place.with_name(place.name + end) for end in _BESIDE)
    files = [path for path in beside if path.is_file()]
    return {path.relative_to(home).as_posix(): f"{path.name}.before" for path in files}


def _unused(folder: Path, name: str) -> Path:
    names = (name, *(f"{name}-{n}" for n in range(2, 1000)))
    return next(
        folder / candidate for candidate in names if not os.path.lexists(folder / candidate)
    )


# --- into place ----------------------------------------------------------------------------------


def _complete(folder: Path) -> None:
    """Put everything into place; where it was broken off it is taken up again.

    How far it came is told by what is there: a thing is moved aside once, and none any more
    when all that is new stands in its place.
    """
    decided = folder / _DECIDED
    if not os.path.lexists(decided):
        return
    try:
        sync(folder)
        if os.path.lexists(decided / _PLAN):  # else nothing is left but to clear away
            plan = json.loads((decided / _PLAN).read_bytes())
            if os.path.lexists(decided / _NEW):
                _swap(folder, decided, plan["moved"])
            if plan["aside"] and os.path.lexists(decided / _OLD):
                (decided / _OLD).rename(folder / plan["aside"])
        shutil.rmtree(decided)
        sync(folder)
    except OSError as error:
        raise Unfinished(
            f"备份已经核对无误，换上时出错：{os_reason(error.errno)}。"
            f"请排除后再运行一次 dj-cadence --site {folder} doctor，会接着完成。"
        ) from error


def _swap(folder: Path, decided: Path, moved: Mapping[str, str]) -> None:
    for name, aside in moved.items():
        if os.path.lexists(folder / name) and not os.path.lexists(decided / _OLD / aside):
            (folder / name).rename(decided / _OLD / aside)
    for path in sorted((decided / _NEW).iterdir(), key=lambda path: path.name == SITE_FILE):
        path.rename(folder / path.name)  # site.toml comes last: it makes a folder a site
    sync(folder)
    (decided / _NEW).rmdir()
