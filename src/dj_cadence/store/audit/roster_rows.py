"""Organizations, persons, addresses and offices; elections, cases and what superiors laid over."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.organizations.offices import EVERY_OFFICE
from dj_cadence.domain.rules.override import OverrideKey
from dj_cadence.store.audit.invariant import Invariant, Moment, Rules, is_gone
from dj_cadence.store.core.types import Instant
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import (
    address,
    appointment,
    org,
    override,
    person,
    quiet_period,
    start_event,
)

_YEAR = 366 * DAY
_other = start_event.alias("other")
_MINE = (_other.c.org_id == start_event.c.org_id, _other.c.kind == "election")
_NEWER = or_(
    _other.c.day > start_event.c.day,
    and_(_other.c.day == start_event.c.day, _other.c.id > start_event.c.id),
)


def _elected(session: Session, keys: Sequence[Any], _moment: Moment) -> None:
    ids = select(start_event.c.org_id).where(start_event.c.id.in_(keys))
    orgs.mark_changed(session, session.scalars(ids).all())


RULES: Rules = {
    org: {
        "org_kind": Invariant(org.c.kind.not_in(sorted(OrgKind))),
        "org_nameless": Invariant(or_(func.trim(org.c.code) == "", func.trim(org.c.name) == "")),
        "org_handed_over": Invariant(
            and_(org.c.handed_over.is_not(None), org.c.dissolved.is_(None)), {"handed_over": None}
        ),
    },
    person: {
        "person_nameless": Invariant(
            or_(func.trim(person.c.key) == "", func.trim(person.c.name) == "")
        )
    },
    address: {
        "address_empty": Invariant(
            or_(func.trim(address.c.value) == "", address.c.channel == ""), remove=True
        ),
        "address_state": Invariant(
            address.c.state.not_in(("ok", "bad", "aside")),
            {"state": "ok", "bad_since": None, "reason": ""},
        ),
        "address_bad_since": Invariant(
            and_(address.c.state == "bad", address.c.bad_since.is_(None)),
            lambda m: {"bad_since": m.now},
        ),
        "address_aside": Invariant(
            lambda m: and_(
                address.c.state == "aside",
                or_(
                    address.c.aside_until.is_(None),
                    address.c.aside_until > literal(m.now + 40 * DAY, Instant()),
                    address.c.times_aside < 1,
                ),
            ),
            {"state": "ok", "bad_since": None, "aside_until": None, "reason": "", "times_aside": 0},
        ),
    },
    appointment: {
        "appointment_office": Invariant(appointment.c.office.not_in(sorted(EVERY_OFFICE))),
        "appointment_backwards": Invariant(appointment.c.until < appointment.c.since),
        "appointment_welcomed": Invariant(
            lambda m: appointment.c.handover_notified_on > m.latest,
            lambda m: {"handover_notified_on": m.latest},
        ),
    },
    start_event: {
        "start_event_none_running": Invariant(
            and_(
                start_event.c.kind == "election",
                ~exists().where(*_MINE, _other.c.current),
                ~exists().where(*_MINE, _NEWER),
            ),
            {"current": True},
            beside=(_elected,),
        ),
        "start_event_ahead": Invariant(
            lambda m: or_(
                start_event.c.day > m.latest + _YEAR, start_event.c.day < FIRST_DAY + _YEAR
            )
        ),
        "start_event_known": Invariant(
            lambda m: start_event.c.known_on > m.latest, lambda m: {"known_on": m.latest}
        ),
    },
    override: {
        "override_key": Invariant(override.c.key.not_in(sorted(OverrideKey))),
        "override_date": Invariant(
            and_(
                override.c.key.in_((OverrideKey.DUE.value, OverrideKey.PLANNED.value)),
                override.c.ended_at.is_(None),
                override.c.value.not_like("____-__-__"),
            )
        ),
        "override_backwards": Invariant(
            override.c.ended_at < override.c.made_at, {"ended_at": override.c.made_at}
        ),
    },
    quiet_period: {
        "quiet_backwards": Invariant(quiet_period.c.until < quiet_period.c.since, remove=True),
        "quiet_for_ever": Invariant(lambda m: quiet_period.c.until > m.latest + 2 * _YEAR),
        "quiet_nowhere": Invariant(
            and_(quiet_period.c.org_id != 0, is_gone(org, quiet_period.c.org_id)), remove=True
        ),
    },
}
