"""What is kept under a hash is what the hash was taken of."""

from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.fingerprint import digest, plain
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.store.audit import contents
from dj_cadence.store.audit.contents import HashedContent
from dj_cadence.store.core.database import Database, Session


def rules_in_force(session: Session) -> tuple[Catalogue | None, AuditFinding | None]:
    """The catalogue in force, read anew, and what is wrong with it. Neither before the first."""
    hashes, applied = contents.catalogues(session)
    if not hashes:
        text = "处规则没有一版有效；请运行 plan 查看，再 plan --apply"
        return None, AuditFinding("catalogue_none_in_force", 1, text) if applied else None
    try:
        catalogue = catalogue_from_content(contents.newest_catalogue(session))
    except (ValueError, LookupError, TypeError) as error:
        return None, _spoilt("catalogue_content", f"已应用的规则读不懂（{type(error).__name__}）")
    if catalogue.hash not in hashes:
        return catalogue, _spoilt("catalogue_content", "已应用的规则与它的摘要不符")
    return catalogue, None


def _spoilt(kind: str, what: str) -> AuditFinding:
    return AuditFinding(kind, 1, f"处{what}；请运行 plan --apply 重新应用，或从备份恢复")


def look_at_contents(
    database: Database, rules: Catalogue | None, *, mend: bool
) -> Iterator[AuditFinding]:
    """A finding for each table in which something is not what its hash says."""
    with database.read() as session:
        snapshots = _unlike_their_hash(contents.plan_snapshots(session))
    by_hash = {digest(plan): plain(plan) for plan in rules.plans.values()} if rules else {}
    if mend and (
        again := {id_: by_hash[hash_] for id_, hash_ in snapshots.items() if hash_ in by_hash}
    ):
        with database.write() as session:
            for id_, content in again.items():
                contents.rewrite_plan_snapshot(session, id_, content)
        text = "份留存的提醒方案与摘要不符；已按当前规则改正"
        yield AuditFinding("plan_snapshot_content", len(again), text, mended=True)
        snapshots = {id_: hash_ for id_, hash_ in snapshots.items() if id_ not in again}
    yield _named("plan_snapshot_content", snapshots, "份留存的提醒方案与摘要不符")
    with database.read() as session:
        facts = _unlike_their_hash(contents.profiles(session))
        yield _named("profile_facts", facts, "份组织情况与摘要不符")
        cohorts = contents.unreadable_cohorts(session)
        yield _named("cohort_facts", cohorts, "组相同的组织读不懂")
        yield _named("skeleton_content", _spoilt_skeletons(session), "份信的样式与摘要不符")


def _spoilt_skeletons(session: Session) -> list[int]:
    kept = contents.skeletons(session)
    return [row.id for row in kept if sha256(row.content).hexdigest() != row.hash]


def _named(kind: str, ids: Collection[int], what: str) -> AuditFinding:
    listed = " ".join(str(id_) for id_ in list(ids)[:10])
    return AuditFinding(kind, len(ids), f"{what}；请从备份恢复（编号 {listed}）")


def _unlike_their_hash(kept: Iterable[HashedContent]) -> dict[int, str]:
    """The hashes of those whose content has another, or is no JSON, by id."""
    return {
        row.id: row.hash for row in kept if row.content is None or digest(row.content) != row.hash
    }
