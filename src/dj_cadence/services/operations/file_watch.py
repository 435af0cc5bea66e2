"""Saved rule files against the version in force: what is wrong is told once, and shown.

The engine goes on with the version that was applied, whatever the files say. They are read
again only when one of them has changed.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from dj_cadence.domain.messages.view import AlertView
from dj_cadence.fingerprint import digest
from dj_cadence.loading.rules.catalogue import LoadedRules, load_catalogue, shipped_schedules
from dj_cadence.problems import faults
from dj_cadence.services.delivery.administrators import tell
from dj_cadence.services.site import Site
from dj_cadence.store.rules import catalogue as catalogues
from dj_cadence.store.rules import saved_rules
from dj_cadence.store.rules.saved_rules import rule_file_trouble

__all__ = ["rule_file_trouble"]  # what the pages show; the rest is for the engine

QUIET = timedelta(minutes=10)
"""So long the trouble must have been the same: somebody may be at work on the files."""
_log = logging.getLogger(__name__)


def watch(site: Site, now: datetime, *, may_tell: bool) -> bool:
    """Look at the saved files; tell the administrators of trouble that is new and lasts.

    It can wait for a working day: without `may_tell` it is only noted. Returns whether there
    is now a message to them.
    """
    folders = (shipped_schedules(), site.settings.folder / "schedules")
    loaded = _read(folders, frozenset(_stamps(folders)))  # takes a while; no session is held
    with site.database.read() as session:
        trouble, problems = _trouble(loaded, catalogues.applied_hash(session))
        noted = rule_file_trouble(session)
    if trouble != (noted.trouble if noted else ""):
        _log.warning("saved_rules faults=%d differ=%s", len(problems), bool(trouble))
        with site.database.write() as session:
            saved_rules.note(session, trouble, problems, now)
    elif may_tell and noted and noted.told_at is None and now - noted.since >= QUIET:
        return _tell(site, trouble, problems, now)
    return False


@lru_cache(maxsize=1)
def _read(folders: tuple[Path, ...], _as_of: frozenset[tuple[str, int, int]]) -> LoadedRules:
    """What the rule files say, read again where one of them is another than before."""
    return load_catalogue(folders)


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    for folder in folders:
        for path in folder.rglob("*.y*ml"):
            with suppress(OSError):  # an editor may be putting another in its place
                status = path.stat()
                yield str(path), status.st_mtime_ns, status.st_size


def _trouble(loaded: LoadedRules, applied: str | None) -> tuple[str, list[str]]:
    """What tells one trouble from another, and the faults with place and line.

    Empty where all is well; without faults the files are sound, and not applied.
    """
    if wrong := faults(loaded.problems):
        problems = [problem.quoted() for problem in wrong]
        return digest(problems), problems
    differs = applied is not None and loaded.catalogue.hash != applied
    return loaded.catalogue.hash if differs else "", []


def _tell(site: Site, trouble: str, problems: Sequence[str], now: datetime) -> bool:
    """One message for each administrator, in the outbox like any other."""
    folder = str(site.settings.folder / "schedules")
    rendered = site.templates.render_alert(AlertView(site.settings.name, tuple(problems), folder))
    with site.database.write() as session:
        if not site.settings.administrators or not saved_rules.mark_told(session, trouble, now):
            return False
        tell(session, site, rendered, now)
    return True
