"""Whether a process that holds leases is still alive, asked of locks and not of the clock.

Each process that sends holds a lock for as long as it lives: on a file in the site's
folder, which the system frees at its death, and on PostgreSQL an advisory lock as well,
which is seen from other machines. A lease that ran out counts only where no lock can be
asked: a clock that jumps forward frees nothing that a living process is sending.
"""

import fcntl
import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from sqlalchemy.orm import Session

from dj_cadence.store.core.database import Database
from dj_cadence.store.core.server_lock import ServerLock, is_held

FOLDER = "locks"
_log = logging.getLogger(__name__)


class SignOfLife(ServerLock):
    """Given for as long as this process lives; its name is the owner of leases.

    To be held anew before every pass, where a server is asked. SQLite has the file alone.
    """


@contextmanager
def give_sign_of_life(database: Database, site_folder: Path, name: str) -> Iterator[SignOfLife]:
    """Hold a lock, under a name that is nobody else's, until the end of the block.

    Where the folder cannot be written, others go by the lease.
    """
    owner = f"{name}-{socket.gethostname()[:24]}-{os.getpid()}-{token_hex(4)}"
    life = SignOfLife(database, owner)
    file = _locked_file(site_folder / FOLDER, owner)
    try:
        life.hold()
        yield life
    finally:
        life.release()
        if file is not None:
            _path(site_folder, owner).unlink(missing_ok=True)
            os.close(file)


def living(site_folder: Path) -> bool:
    """Whether a process that sends is alive in this folder."""
    return any(_is_free(file) is False for file in (site_folder / FOLDER).glob("*.lock"))


def stale_owners(
    session: Session, site_folder: Path, owners: Mapping[str, datetime], now: datetime
) -> set[str]:
    """Of the owners of leases, with the ends of these, those whose messages may be taken back."""

    def is_dead(owner: str, until: datetime) -> bool:
        free = _is_free(_path(site_folder, owner))
        return free if free is not None else until < now and not is_held(session, owner)

    return {owner for owner, until in owners.items() if is_dead(owner, until)}


def _is_free(path: Path) -> bool | None:
    """Whether nobody holds the lock on a file; None where there is no such file."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def _locked_file(folder: Path, owner: str) -> int | None:
    """A file that is locked before it has the name under which others look for it."""
    try:
        folder.mkdir(exist_ok=True)
        draft = folder / f"{owner}.new"
        file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        draft.rename(_path(folder.parent, owner))
    except OSError as error:
        _log.warning("no_lock_file folder=%s error=%s", folder, error.strerror)
        return None
    return file


def _path(site_folder: Path, owner: str) -> Path:
    return site_folder / FOLDER / f"{owner}.lock"
