"""The catalogue in force, read from the database once per version."""

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.errors import Refused
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.store.core.database import Session
from dj_cadence.store.rules import catalogue as catalogues

_known: dict[str, Catalogue] = {}
"""By hash. A version never changes, so it may be shared by all threads."""


def calendar_cities(session: Session) -> set[str]:
    """The cities whose semesters the applied version knows; none before the first apply."""
    if catalogues.applied_hash(session) is None:
        return set()
    semesters = applied_catalogue(session).calendar.semesters
    return {semester.city for semester in semesters if semester.city}


def applied_catalogue(session: Session) -> Catalogue:
    """The version that was applied last. Raises Refused before the first apply."""
    return catalogue_of(session, catalogues.applied_hash(session))


def catalogue_of(session: Session, digest: str | None) -> Catalogue:
    """The version in force, of which the hash was read in this session. Raises as above."""
    if digest is None:
        raise Refused("还没有应用过规则。请先用 plan 查看，再用 plan --apply 应用。")
    if digest not in _known:
        stored = catalogues.applied(session)
        assert stored
        _known[digest] = catalogue_from_content(stored.content)
    return _known[digest]
