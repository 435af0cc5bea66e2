"""An empty database: one that is still to be set up, or one in which everything is lost.

The site's folder remembers which database was set up for it. An empty one in that one's place
would forget all that people did, so nobody but a person may begin anew, in another folder.
"""

import json
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from uuid import uuid4

from dj_cadence import whole_file
from dj_cadence.chinese import day_text
from dj_cadence.errors import Refused
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Database, open_file, without_password
from dj_cadence.store.core.migrate import layout_of, migrate
from dj_cadence.store.core.unusable import explained, name
from dj_cadence.store.site import site as sites

MEMORY = "site.database"
_ANEW = "要从头开始，请另建站点：dj-cadence init 新的文件夹"


@dataclass(frozen=True, slots=True)
class Founding:
    """What the site's folder knows of its database."""

    database: str = ""
    """The one that was set up; empty: none yet."""
    starts_on: str = ""
    """The day on which the site was to begin."""


def remember(folder: Path, memory: Founding) -> None:
    """Write it down, as a whole or not at all."""
    whole_file.replace(folder / MEMORY, json.dumps(asdict(memory)).encode())


def remembered(folder: Path) -> Founding:
    """What the folder knows; nothing where it cannot be read."""
    with suppress(OSError, ValueError, TypeError):
        return Founding(**json.loads((folder / MEMORY).read_bytes()))
    return Founding()


def found_if_new(
    settings: Settings, database: Database, *, today: date, asked: bool = False
) -> str:
    """Bring the database to this version's layout; set up a new one. Returns what was done.

    `asked`: a person has said that a site is to be begun in this database. Raises Refused, with
    nothing changed, where an empty database stands in the place of one that was lost or left.
    """
    here, memory = _address(settings, database), remembered(settings.folder)
    if not _is_founded(database):
        _refuse_if_lost(settings, database, memory, here, asked=asked)
        first = today.replace(day=1)
        with suppress(ValueError):
            first = date.fromisoformat(memory.starts_on)
        migrate(database)
        with database.write() as session:
            sites.create(session, uuid4().hex, first)
        remember(settings.folder, Founding(here, first.isoformat()))
        return f"数据库 {name(database)} 是空的，已建好表格；站点自{day_text(first)}起用。"
    migrate(database)
    if memory.database != here:
        with suppress(OSError):  # a folder that may not be written to: then without
            remember(settings.folder, replace(memory, database=here))
    return ""


def _is_founded(database: Database) -> bool:
    if (database.file and not database.file.exists()) or layout_of(database)[0] is None:
        return False
    with explained(database), database.read() as session:
        return sites.is_there(session)


def _refuse_if_lost(
    settings: Settings, database: Database, memory: Founding, here: str, *, asked: bool
) -> None:
    if memory.database == here:
        if database.file and not database.file.exists():
            raise Refused(f"{name(database)}：数据库文件不在了。请放回备份的文件；{_ANEW}")
        raise Refused(
            f"{name(database)}：数据库是空的，本站点的资料本来在里面。"
            f"请核对 site.toml 里的数据库地址，或放回备份；{_ANEW}"
        )
    if not memory.database or _is_untouched(settings.folder, memory.database):
        return
    if "://" not in memory.database and (settings.folder / memory.database).exists():
        raise Refused(
            f"site.toml 换了数据库，{name(database)} 是空的。"
            f"原来的资料在 {memory.database} 里，不会搬过去。"
            f"接着用原来的，请把 database 改回去；{_ANEW} --database 地址"
        )
    if not asked:
        raise Refused(
            f"site.toml 换了数据库，{name(database)} 是空的；原来用的是 {memory.database}，"
            "资料不会搬过去。接着用原来的，请把 database 改回去；"
            f"确实要在新的数据库里从头开始，请运行 dj-cadence init {settings.folder}"
        )


def _is_untouched(folder: Path, database: str) -> bool:
    """Whether the file that was set up for the site holds nothing yet but that it is a site."""
    path = folder / database
    if "://" in database or not path.exists():
        return False
    with closing(open_file(path)) as old, suppress(Exception), old.read() as session:
        return sites.is_untouched(session)
    return False  # what cannot be read may hold everything


def _address(settings: Settings, database: Database) -> str:
    """The same for the same database, wherever the folder is moved; without a password."""
    if file := database.file:
        inside = file.is_relative_to(settings.folder)
        return str(file.relative_to(settings.folder) if inside else file)
    return without_password(settings.database)
