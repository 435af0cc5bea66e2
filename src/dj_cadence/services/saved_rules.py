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

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.canonical import digest
from dj_cadence.domain.letter import Letter
from dj_cadence.domain.message import AlertView, Rendered
from dj_cadence.domain.problem import faults
from dj_cadence.loading.catalogue import Loaded, load_catalogue, shipped_schedules
from dj_cadence.services.packing import pack_whole
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.store import letters, orgs
from dj_cadence.store import site as sites
from dj_cadence.store.schema import address, message, person, saved_rules
from dj_cadence.store.types import AnyRow

QUIET = timedelta(minutes=10)
"""So long the trouble must have been the same: somebody may be at work on the files."""
_log = logging.getLogger(__name__)
_Stamp = frozenset[tuple[str, int, int]]
_read: dict[Path, tuple[_Stamp, Loaded]] = {}
"""What a folder came to when it was read last, and what its files looked like then."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the saved files."""

    key: str
    """The same for the same trouble; empty: all is well."""
    problems: tuple[str, ...] = ()
    """With place and line; none: the files are sound, and not applied."""


def watch(site: Site, now: datetime) -> bool:
    """Look at the saved files; tell the administrators of trouble that is new and lasts.

    Returns whether there is now a message to them.
    """
    loaded = _loaded(site.settings.folder)  # takes a while; no session is held for it
    with site.database.read() as session:
        trouble = _trouble(loaded, sites.applied_hash(session))
        known = noted(session)
    if trouble.key != (known.trouble if known else ""):
        _note(site, trouble, now)
    elif known and known.told_at is None and now - known.since >= QUIET:
        return _tell(site, trouble, now)
    return False


def noted(session: Session) -> AnyRow | None:
    """What the engine found last; None where all is well."""
    found = session.execute(select(saved_rules)).one_or_none()
    return found if found and found.trouble else None


def concerns(session: Session, settings: Settings, person_id: int) -> bool:
    """Whether a person is one of the administrators that the settings name."""
    named = settings.administrators
    by_address = select(address.c.person_id).where(address.c.value.in_(named))
    mine = select(person.c.id).where(
        person.c.id == person_id, or_(person.c.key.in_(named), person.c.id.in_(by_address))
    )
    return session.execute(mine).first() is not None


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


def _trouble(loaded: Loaded, applied: str | None) -> Trouble:
    if wrong := faults(loaded.problems):
        problems = tuple(problem.quoted() for problem in wrong)
        return Trouble(digest(problems), problems)
    differs = applied is not None and loaded.catalogue.hash != applied
    return Trouble(loaded.catalogue.hash if differs else "")


def _note(site: Site, trouble: Trouble, now: datetime) -> None:
    _log.warning("saved_rules faults=%d differ=%s", len(trouble.problems), bool(trouble.key))
    with site.database.write() as session:
        session.execute(delete(saved_rules))
        session.execute(
            insert(saved_rules).values(
                id=1, trouble=trouble.key, problems=list(trouble.problems), since=now
            )
        )


# --- telling -------------------------------------------------------------------------------------


def _tell(site: Site, trouble: Trouble, now: datetime) -> bool:
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
        for named in site.settings.administrators:
            _write(session, site, _person(session, named), rendered, now)
    return True


def _person(session: Session, named: str) -> int:
    """The id of an administrator: from the roster, else somebody known by their address only.

    Should the roster bring that address later, it is the same person.
    """
    by_address = select(address.c.person_id).where(address.c.value == named.lower())
    known = select(person.c.id).where(or_(person.c.key == named, person.c.id.in_(by_address)))
    found = session.execute(known.order_by(person.c.id)).scalars().first()
    if found is not None or "@" not in named:
        return int(found or 0)
    made = insert(person).values(key=f"email:{named.lower()}", name="管理员")
    number = int(session.execute(made.returning(person.c.id)).scalar_one())
    session.execute(insert(address).values(person_id=number, channel="email", value=named.lower()))
    return number


def _write(session: Session, site: Site, person_id: int, rendered: Rendered, now: datetime) -> None:
    ways = orgs.addresses(session, [person_id]).get(person_id, {})
    channel = next((one for one in site.settings.channels if one in ways), "")
    if not channel:
        _log.error("administrator_unreachable person=%d", person_id)
        return
    name = session.execute(select(person.c.name).where(person.c.id == person_id)).scalar_one()
    today = site.today(now)
    mine = (message.c.person_id == person_id, message.c.day == today)
    lowest = session.execute(select(func.min(message.c.serial)).where(*mine)).scalar()
    written = insert(message).values(
        person_id=person_id,
        day=today,
        serial=min(lowest or 0, 0) - 1,  # below 0: not the day's one message
        kind="alert",
        channel=channel,
        address=ways[channel],
        late=False,
        state="ready",
        send_at=now,
        created_at=now,
    )
    number = int(session.execute(written.returning(message.c.id)).scalar_one())
    domain = site.settings.sender_address.rpartition("@")[2]
    letter = Letter(
        message_id=f"m{number}.{sites.load(session).uid}@{domain}",
        to=ways[channel],
        to_name=name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        date=now.astimezone(site.settings.time_zone).isoformat(timespec="seconds"),
        headers=(("Auto-Submitted", "auto-generated"),),
    )
    packed = pack_whole(letter)
    letters.keep(session, number, packed.shape, packed.content)
