"""Saved rule files against the version in force: what is wrong is told once, and shown.

The engine goes on with the version that was applied, whatever the files say. They are read
again only when one of them has changed.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from dj_cadence.domain.messages.view import AlertView
from dj_cadence.fingerprint import digest
from dj_cadence.loading.rules.catalogue import Loaded, load_catalogue, shipped_schedules
from dj_cadence.problems import faults
from dj_cadence.services.operations.administrators import tell
from dj_cadence.services.site import Site
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import saved_rules
from dj_cadence.store.site import site as sites

QUIET = timedelta(minutes=10)
"""So long the trouble must have been the same: somebody may be at work on the files."""
_log = logging.getLogger(__name__)
_Stamp = frozenset[tuple[str, int, int]]
_read: dict[Path, tuple[_Stamp, Loaded]] = {}
"""What a folder came to when it was read last, and what its files looked like then."""


@dataclass(frozen=True, slots=True)
class RuleFileFaults:
    """What is wrong with the saved files."""

    key: str
    """The same for the same trouble; empty: all is well."""
    problems: tuple[str, ...] = ()
    """With place and line; none: the files are sound, and not applied."""


def watch(site: Site, now: datetime, *, may_tell: bool) -> bool:
    """Look at the saved files; tell the administrators of trouble that is new and lasts.

    It can wait for a working day: without `may_tell` it is only noted. Returns whether there
    is now a message to them.
    """
    loaded = _loaded(site.settings.folder)  # takes a while; no session is held for it
    with site.database.read() as session:
        trouble = _trouble(loaded, sites.applied_hash(session))
        known = noted(session)
    if trouble.key != (known.trouble if known else ""):
        _note(site, trouble, now)
    elif may_tell and known and known.told_at is None and now - known.since >= QUIET:
        return _tell(site, trouble, now)
    return False


def noted(session: Session) -> AnyRow | None:
    """What the engine found last; None where all is well."""
    found = session.execute(select(saved_rules)).one_or_none()
    return found if found and found.trouble else None


# --- looking -------------------------------------------------------------------------------------


def _loaded(folder: Path) -> Loaded:
    """The shipped rules with the site's, read again where a file is another than before."""
    folders = [shipped_schedules(), folder / "schedules"]
    stamp = frozenset(_stamps(folders))
    if folder not in _read or _read[folder][0] != stamp:
        _read[folder] = (stamp, load_catalogue(folders))
    return _read[folder][1]


def _stamps(folders: list[Path]) -> Iterator[tuple[str, int, int]]:
    for folder in folders:
        for path in folder.rglob("*.y*ml"):
            with suppress(OSError):  # an editor may be putting another in its place
                found = path.stat()
                yield str(path), found.st_mtime_ns, found.st_size


def _trouble(loaded: Loaded, applied: str | None) -> RuleFileFaults:
    if wrong := faults(loaded.problems):
        problems = tuple(problem.quoted() for problem in wrong)
        return RuleFileFaults(digest(problems), problems)
    differs = applied is not None and loaded.catalogue.hash != applied
    return RuleFileFaults(loaded.catalogue.hash if differs else "")


def _note(site: Site, trouble: RuleFileFaults, now: datetime) -> None:
    _log.warning("saved_rules faults=%d differ=%s", len(trouble.problems), bool(trouble.key))
    with site.database.write() as session:
        session.execute(delete(saved_rules))
        session.execute(
            insert(saved_rules).values(
                id=1, trouble=trouble.key, problems=list(trouble.problems), since=now
            )
        )


# --- telling -------------------------------------------------------------------------------------


def _tell(site: Site, trouble: RuleFileFaults, now: datetime) -> bool:
    """One message for each administrator, in the ledger like any other."""
    folder = str(site.settings.folder / "schedules")
    view = AlertView(site.settings.name, trouble.problems, folder)
    rendered = site.templates.render_alert(view)
    with site.database.write() as session:
        once = saved_rules.c.trouble == trouble.key, saved_rules.c.told_at.is_(None)
        told = update(saved_rules).where(*once).values(told_at=now)
        if (
            not site.settings.administrators
            or not session.execute(told.returning(saved_rules.c.id)).all()
        ):
            return False  # nobody to tell, or another process was quicker
        tell(session, site, rendered, now)
    return True
