"""Organizations, persons, addresses and offices; elections, cases and what superiors laid over."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, null, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.organizations.offices import EVERY_OFFICE
from dj_cadence.domain.rules.override import OverrideKey
from dj_cadence.store.audit.invariant import Invariant, Moment, Rules
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

ADDRESS_STATES = ("ok", "bad", "aside")
_YEAR = 366 * DAY
_other = start_event.alias("other")


def _running_is_lost() -> ColumnElement[bool]:
    """The newest election of an organization that has none running."""
    mine = (_other.c.org_id == start_event.c.org_id, _other.c.kind == "election")
    newer = or_(
        _other.c.day > start_event.c.day,
        and_(_other.c.day == start_event.c.day, _other.c.id > start_event.c.id),
    )
    return and_(
        start_event.c.kind == "election",
        ~exists().where(*mine, _other.c.current),
        ~exists().where(*mine, newer),
    )


def _elected(session: Session, keys: Sequence[Any], _moment: Moment) -> None:
    ids = select(start_event.c.org_id).where(start_event.c.id.in_(keys))
    orgs.mark_changed(session, session.scalars(ids).all())


def _nowhere() -> ColumnElement[bool]:
    return and_(quiet_period.c.org_id != 0, ~exists().where(org.c.id == quiet_period.c.org_id))


RULES: Rules = {
    org: {
        "org_kind": Invariant(
            org.c.kind.not_in(sorted(OrgKind)),
            "个组织的类型不认识；请用花名册重新导入（编号 {ids}）",
        ),
        "org_nameless": Invariant(
            or_(func.trim(org.c.code) == "", func.trim(org.c.name) == ""),
            "个组织没有代码或名称；请用花名册重新导入（编号 {ids}）",
        ),
        "org_handed_over": Invariant(
            and_(org.c.handed_over.is_not(None), org.c.dissolved.is_(None)),
            "个组织没有撤销，却记着已移交；已改正",
            {"handed_over": null()},
        ),
    },
    person: {
        "person_nameless": Invariant(
            or_(func.trim(person.c.key) == "", func.trim(person.c.name) == ""),
            "个人没有编号或姓名；请用花名册重新导入（编号 {ids}）",
        )
    },
    address: {
        "address_empty": Invariant(
            or_(func.trim(address.c.value) == "", address.c.channel == ""),
            "个地址是空的；已删去",
            remove=True,
        ),
        "address_state": Invariant(
            address.c.state.not_in(ADDRESS_STATES),
            "个地址的状态不认识；已改为可用，下次发送时见分晓",
            {"state": "ok", "bad_since": null(), "reason": ""},
        ),
        "address_bad_since": Invariant(
            and_(address.c.state == "bad", address.c.bad_since.is_(None)),
            "个地址被拒收，却没有记时间；已记为现在",
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
            "个地址被搁置，却没有说到哪天或太久；已改为可用，下次发送时见分晓",
            {
                "state": "ok",
                "bad_since": null(),
                "aside_until": null(),
                "reason": "",
                "times_aside": 0,
            },
        ),
    },
    appointment: {
        "appointment_office": Invariant(
            appointment.c.office.not_in(sorted(EVERY_OFFICE)),
            "条任职的职务不认识；请用花名册重新导入（编号 {ids}）",
        ),
        "appointment_backwards": Invariant(
            appointment.c.until < appointment.c.since,
            "条任职的止期早于起期，等于没有任职；请用花名册改正（编号 {ids}）",
        ),
        "appointment_welcomed": Invariant(
            lambda m: appointment.c.handover_notified_on > m.latest,
            "条任职的到任通知记在将来；已改为今天",
            lambda m: {"handover_notified_on": m.latest},
        ),
    },
    start_event: {
        "start_event_none_running": Invariant(
            _running_is_lost(),
            "个组织有换届记录，却没有一届在任；已以最近一次为准",
            {"current": True},
            beside=_elected,
        ),
        "start_event_ahead": Invariant(
            lambda m: or_(
                start_event.c.day > m.latest + _YEAR, start_event.c.day < FIRST_DAY + _YEAR
            ),
            "条换届或事项的日期不可信；请在花名册或事项里改正（编号 {ids}）",
        ),
        "start_event_known": Invariant(
            lambda m: start_event.c.known_on > m.latest,
            "条换届或事项的获知日期在将来；已改为今天",
            lambda m: {"known_on": m.latest},
        ),
    },
    override: {
        "override_key": Invariant(
            override.c.key.not_in(sorted(OverrideKey)),
            "条部署的内容不认识；请撤销后重新部署（编号 {ids}）",
        ),
        "override_date": Invariant(
            and_(
                override.c.key.in_((OverrideKey.DUE.value, OverrideKey.PLANNED.value)),
                override.c.ended_at.is_(None),
                override.c.value.not_like("____-__-__"),
            ),
            "条部署的日期读不懂；请撤销后重新部署（编号 {ids}）",
        ),
        "override_backwards": Invariant(
            override.c.ended_at < override.c.made_at,
            "条部署的结束早于开始；已改为同时",
            {"ended_at": override.c.made_at},
        ),
    },
    quiet_period: {
        "quiet_backwards": Invariant(
            quiet_period.c.until < quiet_period.c.since,
            "段静默期的止期早于起期；已删去",
            remove=True,
        ),
        "quiet_for_ever": Invariant(
            lambda m: quiet_period.c.until > m.latest + 2 * _YEAR,
            "段静默期要到两年以后，期间一律不提醒；请用 quiet 缩短（编号 {ids}）",
        ),
        "quiet_nowhere": Invariant(_nowhere(), "段静默期的组织不存在；已删去", remove=True),
    },
}
