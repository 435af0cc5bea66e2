"""Papers of a record: kept once under their hash, before any row, and never written over."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from dj_cadence.errors import Refused
from dj_cadence.loading.evidence_file import paper
from dj_cadence.services import evidence, records
from dj_cadence.services.explain import explain
from dj_cadence.store.database import Database
from dj_cadence.store.schema import evidence as table

from .engine_rows import EVERYTHING, SHANGHAI, acts, advance_to, at, the_task
from .papers import PDF, TEXT

TODAY = date(2026, 3, 20)
MINUTES, SHEET = paper("会议记录.pdf", PDF), paper("签到.txt", TEXT)


@pytest.fixture
def march(planned: Database) -> Database:
    advance_to(planned, EVERYTHING, TODAY)
    return planned


def done(database: Database, *papers: object) -> int:
    mine = the_task(database, "party_day", "B1", "2026-03").id
    with database.write() as session:
        record_id = records.done(
            session, EVERYTHING, mine, on=date(2026, 3, 5), by="x", now=at(TODAY), today=TODAY
        )
        evidence.attach(session, mine, record_id, papers, by="x", now=at(TODAY))  # type: ignore[arg-type]
    return int(mine)


def listed(database: Database, task_id: int) -> list[tuple[str, str, int]]:
    with database.read() as session:
        found = evidence.of_tasks(session, [task_id]).get(task_id, [])
    return [(one.name, one.media_type, one.size) for one in found]


def test_papers_belong_to_the_record_and_explain_names_them(march: Database) -> None:
    mine = done(march, MINUTES, SHEET)

    assert listed(march, mine) == [
        ("会议记录.pdf", "application/pdf", len(PDF)),
        ("签到.txt", "text/plain", len(TEXT)),
    ]
    assert acts(march, mine) == [("done", "x", ""), ("evidence", "x", "会议记录.pdf、签到.txt")]
    with march.read() as session:
        told = explain(session, EVERYTHING, mine, today=TODAY, zone=SHANGHAI)
        number = session.scalars(select(table.c.id).order_by(table.c.id)).first()
    assert f"  附件 {number}：会议记录.pdf（1 KB，{MINUTES.sha256[:12]}）" in told


def test_saying_it_again_with_other_papers_adds_them_and_the_same_are_once(march: Database) -> None:
    done(march, MINUTES)
    mine = done(march, MINUTES, SHEET)

    assert [name for name, *_ in listed(march, mine)] == ["会议记录.pdf", "签到.txt"]
    with march.read() as session:
        assert len(set(session.scalars(select(table.c.record_id)))) == 1


def test_papers_that_come_later_need_a_record(march: Database) -> None:
    mine = the_task(march, "party_day", "B1", "2026-03").id
    with pytest.raises(Refused, match="还没有登记"), march.write() as session:
        evidence.add(session, mine, [MINUTES], by="x", now=at(TODAY))
    done(march)
    with march.write() as session:
        evidence.add(session, mine, [MINUTES], by="x", now=at(TODAY))
    assert [name for name, *_ in listed(march, mine)] == ["会议记录.pdf"]


def test_papers_of_a_record_that_was_taken_back_are_not_shown(march: Database) -> None:
    mine = done(march, MINUTES)
    with march.write() as session:
        records.reopen(session, mine, reason="填错", by="x", now=at(TODAY), today=TODAY)

    assert listed(march, mine) == []


def test_contents_lie_under_their_hash_and_are_never_written_over(tmp_path: Path) -> None:
    evidence.keep(tmp_path, [MINUTES, SHEET, MINUTES])
    folder = tmp_path / "evidence"
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted({MINUTES.sha256, SHEET.sha256})
    assert (folder / MINUTES.sha256).read_bytes() == PDF
    assert (folder / MINUTES.sha256).stat().st_mode & 0o777 == 0o600

    before = (folder / MINUTES.sha256).stat()
    evidence.keep(tmp_path, [MINUTES])
    after = (folder / MINUTES.sha256).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_too_many_files_and_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="一次最多附 10 个文件，现在有 11 个"):
        evidence.keep(tmp_path, [MINUTES] * 11)
    (tmp_path / "evidence").write_text("in the way")
    with pytest.raises(Refused, match="附件存不下来"):
        evidence.keep(tmp_path, [MINUTES])
