"""Papers about what was done: content in the site's folder, by hash; what it belongs to in rows."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.orm import Session

from dj_cadence.domain.wording import os_reason
from dj_cadence.errors import Refused
from dj_cadence.loading.evidence_file import Paper
from dj_cadence.store import acts
from dj_cadence.store.database import insert_or_ignore
from dj_cadence.store.schema import evidence, record, record_task

FOLDER = "evidence"
MOST = 10
"""Files that one record is given at a time."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A paper as it is listed with a task."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str


def keep(site_folder: Path, papers: Sequence[Paper]) -> None:
    """Write the contents, before any row speaks of them. What is there is never written over.

    Raises Refused for too many files, and where the folder cannot be written.
    """
    if len(papers) > MOST:
        raise Refused(f"一次最多附 {MOST} 个文件，现在有 {len(papers)} 个。")
    folder = site_folder / FOLDER
    try:
        if papers:
            folder.mkdir(mode=0o700, exist_ok=True)
        for paper in papers:
            _keep(folder, paper)
    except OSError as error:
        raise Refused(f"附件存不下来：{os_reason(error.errno)}。请告诉管理员。") from error


def _keep(folder: Path, paper: Paper) -> None:
    """Write aside and link into place: nobody ever finds half a file under the hash."""
    if (folder / paper.sha256).exists():
        return
    aside = folder / f".{token_hex(8)}"
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(paper.content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was quicker with the same content
            os.link(aside, folder / paper.sha256)
    finally:
        aside.unlink(missing_ok=True)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)  # else the name may not outlive a power cut
    finally:
        os.close(directory)


def attach(
    session: Session,
    task_id: int,
    record_id: int,
    papers: Sequence[Paper],
    *,
    by: str,
    now: datetime,
) -> None:
    """Say that these papers belong to a record of a task; the same content twice is once."""
    if not papers:
        return
    rows = [
        {
            "record_id": record_id,
            "name": paper.name,
            "media_type": paper.media_type,
            "size": len(paper.content),
            "sha256": paper.sha256,
        }
        for paper in papers
    ]
    session.execute(insert_or_ignore(session, evidence), rows)
    row = acts.locked_task(session, task_id)
    names = "、".join(paper.name for paper in papers)
    acts.change(session, row, "evidence", by=by, now=now, reason=names, values={})


def add(session: Session, task_id: int, papers: Sequence[Paper], *, by: str, now: datetime) -> None:
    """Papers that come later: they belong to the last record. Raises Refused without one."""
    if not papers:
        raise Refused("请选择要补交的文件。")
    record_id = acts.last_record(session, task_id)
    if not record_id:
        raise Refused("这项任务还没有登记，请先登记，再补交材料。")
    attach(session, task_id, record_id, papers, by=by, now=now)


def of_tasks(session: Session, task_ids: Iterable[int]) -> dict[int, list[Kept]]:
    """The papers of the records that count for each task, in the order of their coming."""
    query = (
        select(record_task.c.task_id, *(evidence.c[name] for name in Kept.__slots__))
        .join_from(record_task, evidence, evidence.c.record_id == record_task.c.record_id)
        .join(record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id.in_(list(task_ids)), record.c.voided_at.is_(None))
        .order_by(evidence.c.id)
    )
    found: dict[int, list[Kept]] = {}
    for task_id, *values in session.execute(query):
        found.setdefault(task_id, []).append(Kept(*values))
    return found


def path_of(site_folder: Path, paper: Kept) -> Path:
    """Where its content lies. Raises Refused where somebody removed it."""
    path = site_folder / FOLDER / paper.sha256
    if not path.is_file():
        raise Refused("附件的文件不在了，请告诉管理员从备份恢复 evidence 文件夹。")
    return path
