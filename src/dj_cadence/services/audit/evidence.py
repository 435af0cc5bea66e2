"""Evidence files: each has its content in the site's folder, unchanged."""

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.tasks.evidence import FOLDER
from dj_cadence.store.audit import contents
from dj_cadence.store.core.database import Database


def look_at_evidence(database: Database, site_folder: Path) -> Iterator[AuditFinding]:
    """Files that are lost or are not what was handed in."""
    folder = site_folder / FOLDER
    with database.read() as session:
        sizes = contents.evidence_sizes(session)
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
        with path.open("rb") as file:
            return path.stat().st_size == size and file_digest(file, "sha256").hexdigest() == hash_
    except OSError:
        return False


def _shown(names: list[str]) -> str:
    return " ".join(name[:12] for name in sorted(names)[:5])
