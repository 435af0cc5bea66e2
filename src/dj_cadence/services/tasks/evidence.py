"""Papers about what was done: content in the site's folder, by hash; what it belongs to in rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from dj_cadence.chinese import os_reason
from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.transitions import TaskChange
from dj_cadence.errors import Refused
from dj_cadence.loading.evidence_file import EvidenceFile
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks import records, tasks
from dj_cadence.store.tasks.records import Kept
from dj_cadence.store.tasks.records import files_of_tasks as of_tasks
from dj_cadence.whole_file import sync, write_new

__all__ = ["Kept", "of_tasks"]
FOLDER = "evidence"
MOST = 10
"""Files that one record is given at a time."""
UNNAMED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Aside:
    """Papers whose content is written down and does not count yet."""

    papers: Sequence[Mapping[str, object]]
    """Name, media type, size and hash of each."""
    folder: Path
    most_per_organization: int
    """Bytes."""
    files: Mapping[str, Path]
    """Where each content lies, by its hash."""

    def put_in_place(self) -> None:
        """Give each content the name that rows know it by: the last step before they count.

        What lies there already is newer by it, so that `sweep` leaves it alone.
        """
        for name, file in self.files.items():
            file.replace(self.folder / name)
        if self.folder.is_dir():
            sync(self.folder)


@contextmanager
def set_aside(settings: Settings, papers: Iterable[EvidenceFile]) -> Iterator[Aside]:
    """Write contents outside of any transaction; what is not put in place is gone afterwards.

    One paper is in memory at a time. Raises Refused for too many files, and where the folder
    cannot be written.
    """
    folder = settings.folder / FOLDER
    files: dict[str, Path] = {}
    rows: list[Mapping[str, object]] = []
    try:
        try:
            for paper in papers:
                if len(rows) == MOST:
                    raise Refused(f"一次最多附 {MOST} 个文件，请分几次附。")
                row = {"name": paper.name, "media_type": paper.media_type}
                rows.append({**row, "size": len(paper.content), "sha256": paper.sha256})
                if paper.sha256 in files:
                    continue
                folder.mkdir(mode=0o700, exist_ok=True)
                files[paper.sha256] = folder / f".{token_hex(8)}"
                write_new(files[paper.sha256], [paper.content])
        except OSError as error:
            raise Refused(f"附件存不下来：{os_reason(error.errno)}。请告诉管理员。") from error
        yield Aside(rows, folder, settings.evidence_megabytes * 1024 * 1024, files)
    finally:
        for file in files.values():
            file.unlink(missing_ok=True)


def attach(session: Session, task_id: int, record_id: int, aside: Aside, actor: Actor) -> None:
    """Say that these papers belong to a record of a task; the same content twice is once.

    Raises Refused where the organization has kept as much as it may.
    """
    if not aside.papers:
        return
    records.add_files(session, record_id, aside.papers, actor)
    task = tasks.locked(session, task_id)
    if records.bytes_of(session, task.org_id) > aside.most_per_organization:
        whole = aside.most_per_organization // 1024 // 1024
        raise Refused(
            f"本组织的附件最多存 {whole} MB，加上这次就超出了。请压缩后再附，或告诉管理员。"
        )
    names = "、".join(str(paper["name"]) for paper in aside.papers)
    tasks.change(session, task, TaskChange(ActKind.EVIDENCE, {}), actor, names)
    aside.put_in_place()


def add(session: Session, task_id: int, aside: Aside, actor: Actor) -> None:
    """Papers that come later: they belong to the last record. Raises Refused without one."""
    if not aside.papers:
        raise Refused("请选择要补充的附件。")
    record_id = records.last(session, task_id)
    if not record_id:
        raise Refused("这项任务还没有登记，请先登记，再补充附件。")
    attach(session, task_id, record_id, aside, actor)


def take_back(
    session: Session, task_id: int, paper_id: int, actor: Actor, *, may_all: bool = False
) -> str:
    """Take a wrong file away again, as the one who put it there; returns its name.

    The history keeps its name and hash. The content goes with the next cleaning, within a day
    or two, unless another record has the same file. That its record was taken back before is
    no hindrance. Raises Refused for somebody else's file, and for one that is not there.
    """
    task = tasks.locked(session, task_id)
    papers = of_tasks(session, [task_id], actor.name, taken_back=True).get(task_id, ())
    wrong = next((paper for paper in papers if paper.id == paper_id), None)
    if wrong is None:
        raise Refused("这项任务没有这个附件，可能已经收回。")
    if not (wrong.mine or may_all):
        raise Refused("这个附件是别人交的，请由交的人收回，或告诉管理员。")
    records.remove_file(session, paper_id)
    reason = f"{wrong.name}（{wrong.sha256[:12]}）"
    tasks.change(session, task, TaskChange(ActKind.TAKE_BACK, {}), actor, reason)
    return wrong.name


def sweep(session: Session, site_folder: Path, now: datetime) -> int:
    """Remove what no row names and lies there for more than a day; returns how many files.

    A process that died left it: what counts is named within moments.
    """
    named, removed = records.hashes(session), 0
    for file in (site_folder / FOLDER).glob("*"):
        old = file.stat().st_mtime < (now - UNNAMED_FOR).timestamp()
        if old and file.is_file() and file.name not in named:
            file.unlink(missing_ok=True)
            removed += 1
    return removed


def path_of(site_folder: Path, paper: Kept) -> Path:
    """Where its content lies. Raises Refused where somebody removed it."""
    path = site_folder / FOLDER / paper.sha256
    if not path.is_file():
        raise Refused("附件的文件不在了，请告诉管理员从备份恢复 evidence 文件夹。")
    return path
