"""What is kept under a hash, in the database or in a file, is what the hash was taken of."""

from collections.abc import Collection, Iterator
from hashlib import file_digest, sha256
from pathlib import Path

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.fingerprint import digest, plain
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.tasks.evidence import FOLDER
from dj_cadence.store.audit import contents
from dj_cadence.store.core.database import Database, Session


def rules_in_force(session: Session, told: list[AuditFinding]) -> Catalogue | None:
    """The catalogue in force, read anew; what is wrong with it is `told`."""
    hashes, applied = contents.catalogues(session)
    if not hashes:
        text = "处规则没有一版有效；请运行 plan 查看，再 plan --apply"
        told.append(AuditFinding("catalogue_none_in_force", int(applied > 0), text))
        return None
    rules = None
    try:
        rules = catalogue_from_content(contents.newest_catalogue(session))
    except (ValueError, LookupError, TypeError) as error:
        wrong = f"已应用的规则读不懂（{type(error).__name__}）"
    else:
        wrong = "" if rules.hash in hashes else "已应用的规则与它的摘要不符"
    text = f"处{wrong}；请运行 plan --apply 重新应用，或从备份恢复"
    told.append(AuditFinding("catalogue_content", int(wrong != ""), text))
    return rules


def look_at_contents(
    database: Database, rules: Catalogue | None, *, mend: bool
) -> Iterator[AuditFinding]:
    """A finding for each table in which something is not what its hash says."""
    with database.read() as session:
        snapshots = _unlike_their_hash(session, "plan_snapshot")
    by_hash = {digest(plan): plain(plan) for plan in rules.plans.values()} if rules else {}
    again = {id_: by_hash[hash_] for id_, hash_ in snapshots.items() if mend and hash_ in by_hash}
    if again:
        with database.write() as session:
            for id_, content in again.items():
                contents.rewrite_plan_snapshot(session, id_, content)
        text = "份留存的提醒方案与摘要不符；已按当前规则改正"
        yield AuditFinding("plan_snapshot_content", len(again), text, mended=True)
    lost = [id_ for id_ in snapshots if id_ not in again]
    yield _named("plan_snapshot_content", lost, "份留存的提醒方案与摘要不符")
    with database.read() as session:
        facts = _unlike_their_hash(session, "profile")
        yield _named("profile_facts", facts, "份组织情况与摘要不符")
        cohorts = [id_ for id_, _, content in contents.kept(session, "cohort") if content is None]
        yield _named("cohort_facts", cohorts, "组相同的组织读不懂")
        letters = contents.kept(session, "skeleton")
        spoilt = [id_ for id_, hash_, content in letters if sha256(content).hexdigest() != hash_]
        yield _named("skeleton_content", spoilt, "份信的样式与摘要不符")


def _unlike_their_hash(session: Session, name: str) -> dict[int, str]:
    """The hashes of those whose content has another, or is no JSON, by id."""
    return {
        id_: hash_
        for id_, hash_, content in contents.kept(session, name)
        if content is None or digest(content) != hash_
    }


def _named(kind: str, ids: Collection[int], what: str) -> AuditFinding:
    listed = " ".join(str(id_) for id_ in list(ids)[:10])
    return AuditFinding(kind, len(ids), f"{what}；请从备份恢复（编号 {listed}）")


def look_at_evidence(database: Database, site_folder: Path) -> Iterator[AuditFinding]:
    """Files that are lost or are not what was handed in."""
    folder = site_folder / FOLDER
    with database.read() as session:
        sizes = contents.evidence_sizes(session)
    lost = [hash_ for hash_ in sizes if not (folder / hash_).is_file()]
    spoilt = [h for h, size in sizes.items() if h not in lost and not _is(folder / h, h, size)]
    for kind, hashes, what in (
        ("evidence_lost", lost, "份附件的文件不见了"),
        ("evidence_spoilt", spoilt, "份附件的内容变了，与交来时不同"),
    ):
        if hashes:
            named = " ".join(name[:12] for name in sorted(hashes)[:5])
            text = f"{what}；请从备份恢复 evidence 文件夹（{named}）"
            yield AuditFinding(kind, len(hashes), text)


def _is(path: Path, hash_: str, size: int) -> bool:
    try:
        with path.open("rb") as file:
            return path.stat().st_size == size and file_digest(file, "sha256").hexdigest() == hash_
    except OSError:
        return False
