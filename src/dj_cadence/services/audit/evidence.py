"""Papers: each has its content in the site's folder, unchanged."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select

from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.tasks.evidence import FOLDER
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import evidence

_CHUNK = 1 << 20


def look_at_evidence(database: Database, site_folder: Path) -> Iterator[AuditFinding]:
    """Papers that are lost or are not what was handed in."""
    folder = site_folder / FOLDER
    with database.read() as session:
        rows = session.execute(select(evidence.c.sha256, evidence.c.size))
        sizes = {row.sha256: row.size for row in rows}
    lost = [hash_ for hash_ in sizes if not (folder / hash_).is_file()]
    if lost:
        text = "份附件的文件不见了；请从备份恢复 evidence 文件夹"
        yield AuditFinding("evidence_lost", len(lost), f"{text}（{_shown(lost)}）")
    spoilt = [h for h, size in sizes.items() if h not in lost and not _is(folder / h, h, size)]
    if spoilt:
        text = "份附件的内容变了，与交来时不同；请从备份恢复 evidence 文件夹"
        yield AuditFinding("evidence_spoilt", len(spoilt), f"{text}（{_shown(spoilt)}）")


def _is(path: Path, hash_: str, size: int) -> bool:
    try:
        if path.stat().st_size != size:
            return False
        seen = sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                seen.update(chunk)
    except OSError:
        return False
    return seen.hexdigest() == hash_


def _shown(names: list[str]) -> str:
    return " ".join(name[:12] for name in sorted(names)[:5])
