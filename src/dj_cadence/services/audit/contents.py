"""What is kept under a hash is what the hash was taken of."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Table, select, update

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.fingerprint import digest, plain
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.schema import catalogue, cohort, plan_snapshot, profile, skeleton

_AT_ONCE = 100


def rules_in_force(session: Session) -> tuple[Catalogue | None, AuditFinding | None]:
    """The catalogue in force, read anew, and what is wrong with it. Neither before the first."""
    hashes = list(session.scalars(select(catalogue.c.hash).where(catalogue.c.current)))
    if not hashes:
        any_ = session.scalars(select(catalogue.c.id).limit(1)).first()
        none = AuditFinding(
            "catalogue_none_in_force", 1, "处规则没有一版有效；请运行 plan 查看，再 plan --apply"
        )
        return None, none if any_ else None
    newest = select(catalogue.c.content).where(catalogue.c.current).order_by(catalogue.c.id.desc())
    try:
        content = session.scalars(newest.limit(1)).one()
        found = catalogue_from_content(content)
    except (ValueError, LookupError, TypeError) as error:
        return None, _spoilt("catalogue_content", f"已应用的规则读不懂（{type(error).__name__}）")
    if found.hash not in hashes:
        return found, _spoilt("catalogue_content", "已应用的规则与它的摘要不符")
    return found, None


def _spoilt(kind: str, what: str) -> AuditFinding:
    return AuditFinding(kind, 1, f"处{what}；请运行 plan --apply 重新应用，或从备份恢复")


def look_at_contents(
    database: Database, rules: Catalogue | None, *, mend: bool
) -> Iterator[AuditFinding]:
    """A finding for each table in which something is not what its hash says."""
    spoilt = _spoilt_json(database, plan_snapshot, "content")
    known = {digest(plan): plain(plan) for plan in rules.plans.values()} if rules else {}
    if mend and (again := {id_: known[hash_] for id_, hash_ in spoilt.items() if hash_ in known}):
        with database.write() as session:
            for id_, content in again.items():
                session.execute(
                    update(plan_snapshot).where(plan_snapshot.c.id == id_).values(content=content)
                )
        text = "份留存的提醒方案与摘要不符；已按当前规则改正"
        yield AuditFinding("chain_content", len(again), text, mended=True)
        spoilt = {id_: hash_ for id_, hash_ in spoilt.items() if id_ not in again}
    if spoilt:
        yield _named("chain_content", spoilt, "份留存的提醒方案与摘要不符")
    if facts := _spoilt_json(database, profile, "facts"):
        yield _named("profile_facts", facts, "份组织情况与摘要不符")
    if unread := _unreadable_facts(database):
        yield _named("cohort_facts", dict.fromkeys(unread, ""), "组相同的组织读不懂")
    if letters := _spoilt_shapes(database):
        yield _named("shape_content", dict.fromkeys(letters, ""), "份信的样式与摘要不符")


def _named(kind: str, ids: dict[int, str], what: str) -> AuditFinding:
    listed = " ".join(str(id_) for id_ in list(ids)[:10])
    return AuditFinding(kind, len(ids), f"{what}；请从备份恢复（编号 {listed}）")


def _spoilt_json(database: Database, table: Table, name: str) -> dict[int, str]:
    """The hashes of the rows whose content has another, or is no JSON, by id."""
    found = {}
    with database.read() as session:
        rows = session.execute(select(table.c.id, table.c.hash)).all()
        for id_, hash_ in rows:
            content = _read(session, table, name, id_)
            if content is None or digest(content) != hash_:
                found[id_] = hash_
    return found


def _unreadable_facts(database: Database) -> list[int]:
    with database.read() as session:
        ids = session.scalars(select(cohort.c.id)).all()
        try:
            session.scalars(select(cohort.c.facts)).all()
        except ValueError:
            return [id_ for id_ in ids if _read(session, cohort, "facts", id_) is None]
    return []


def _read(session: Session, table: Table, name: str, id_: int) -> Any:
    """None for what is no JSON."""
    try:
        return session.scalar(select(table.c[name]).where(table.c.id == id_))
    except ValueError:
        return None


def _spoilt_shapes(database: Database) -> list[int]:
    with database.read() as session:
        rows = session.execute(
            select(skeleton.c.id, skeleton.c.hash, skeleton.c.content).execution_options(
                yield_per=_AT_ONCE
            )
        )
        return [row.id for row in rows if sha256(row.content).hexdigest() != row.hash]
