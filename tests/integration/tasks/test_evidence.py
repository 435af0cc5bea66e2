"""Papers of a record: kept under their hash once the act stands; what is refused leaves nothing."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.loading.evidence_file import EvidenceFile, paper
from dj_cadence.services.audit.contents import look_at_evidence
from dj_cadence.services.explain import explain
from dj_cadence.services.tasks import evidence, record
from dj_cadence.services.undo import undo
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import evidence as table
from tests.world.engine import EVERYTHING, SETTINGS, SHANGHAI, acts, advance_to, at, the_task
from tests.world.files.papers import PDF, TEXT

TODAY = date(2026, 3, 20)
MINUTES, SHEET = paper("会议记录.pdf", PDF), paper("签到.txt", TEXT)


@pytest.fixture
def march(planned: Database) -> Database:
    advance_to(planned, EVERYTHING, TODAY)
    return planned


def settings(folder: Path, megabytes: int = 500) -> Settings:
    return replace(SETTINGS, folder=folder, evidence_megabytes=megabytes)


def done(
    database: Database, folder: Path, *papers: EvidenceFile, on: int = 5, megabytes: int = 500
) -> int:
    """The party day of March is recorded, with papers."""
    mine = the_task(database, "party_day", "B1", "2026-03").id
    aside_in = evidence.set_aside(settings(folder, megabytes), papers)
    with aside_in as aside, database.write() as session:
        record_id = record.done(
            session, EVERYTHING, mine, Actor("x", at(TODAY), TODAY), on=date(2026, 3, on)
        )
        evidence.attach(session, mine, record_id, aside, Actor("x", at(TODAY), TODAY))
    return int(mine)


def listed(database: Database, task_id: int) -> list[tuple[str, str, int]]:
    with database.read() as session:
        found = evidence.of_tasks(session, [task_id]).get(task_id, [])
    return [(one.name, one.media_type, one.size) for one in found]


def test_papers_belong_to_the_record_and_explain_names_them(
    march: Database, tmp_path: Path
) -> None:
    mine = done(march, tmp_path, MINUTES, SHEET)

    assert listed(march, mine) == [
        ("会议记录.pdf", "application/pdf", len(PDF)),
        ("签到.txt", "text/plain", len(TEXT)),
    ]
    assert acts(march, mine) == [("done", "x", ""), ("evidence", "x", "会议记录.pdf、签到.txt")]
    with march.read() as session:
        told = explain(session, EVERYTHING, mine, today=TODAY, zone=SHANGHAI)
        number = session.scalars(select(table.c.id).order_by(table.c.id)).first()
    assert f"  附件 {number}：会议记录.pdf（1 KB，{MINUTES.sha256[:12]}）" in told


def test_saying_it_again_with_other_papers_adds_them_and_the_same_are_once(
    march: Database, tmp_path: Path
) -> None:
    done(march, tmp_path, MINUTES)
    mine = done(march, tmp_path, MINUTES, SHEET)

    assert [name for name, *_ in listed(march, mine)] == ["会议记录.pdf", "签到.txt"]
    with march.read() as session:
        assert len(set(session.scalars(select(table.c.record_id)))) == 1


def test_papers_that_come_later_need_a_record(march: Database, tmp_path: Path) -> None:
    mine = the_task(march, "party_day", "B1", "2026-03").id

    def add() -> None:
        with evidence.set_aside(settings(tmp_path), [MINUTES]) as aside, march.write() as session:
            evidence.add(session, mine, aside, Actor("x", at(TODAY), TODAY))

    with pytest.raises(Refused, match="还没有登记"):
        add()
    assert kept(tmp_path) == []
    done(march, tmp_path)
    add()
    assert [name for name, *_ in listed(march, mine)] == ["会议记录.pdf"]
    assert kept(tmp_path) == [MINUTES.sha256]


def test_papers_of_a_record_that_was_taken_back_are_not_shown(
    march: Database, tmp_path: Path
) -> None:
    mine = done(march, tmp_path, MINUTES)
    with march.write() as session:
        undo(session, EVERYTHING, mine, Actor("x", at(TODAY), TODAY), reason="填错")

    assert listed(march, mine) == []


def kept(folder: Path) -> list[str]:
    """The names of all files that lie there, hidden ones too."""
    return sorted(path.name for path in (folder / "evidence").glob("*"))


def test_equal_files_are_kept_once_under_their_hash(march: Database, tmp_path: Path) -> None:
    done(march, tmp_path, MINUTES, SHEET, MINUTES)

    assert kept(tmp_path) == sorted({MINUTES.sha256, SHEET.sha256})
    file = tmp_path / "evidence" / MINUTES.sha256
    assert file.read_bytes() == PDF
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_an_act_that_is_refused_keeps_nothing(march: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="还没有到"):
        done(march, tmp_path, MINUTES, on=21)
    assert kept(tmp_path) == []
    with pytest.raises(Refused, match="一次最多附 10 个文件，请分几次附"):
        done(march, tmp_path, *[MINUTES] * 11)
    assert kept(tmp_path) == []
    assert the_task(march, "party_day", "B1", "2026-03").state == "open"


def test_an_organization_keeps_no_more_than_it_may(march: Database, tmp_path: Path) -> None:
    half = 600 * 1024
    first, second = (paper(f"{n}.pdf", PDF + bytes([n]) * half) for n in (1, 2))
    done(march, tmp_path, first, megabytes=1)
    said = "本组织的附件最多存 1 MB，加上这次就超出了。请压缩后再附，或告诉管理员。"
    with pytest.raises(Refused) as refused:
        done(march, tmp_path, second, megabytes=1)
    assert str(refused.value) == said
    assert kept(tmp_path) == [first.sha256]


def test_a_folder_that_cannot_be_written(march: Database, tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("in the way")
    with pytest.raises(Refused, match="附件存不下来"):
        done(march, tmp_path, MINUTES)
    assert the_task(march, "party_day", "B1", "2026-03").state == "open"


def test_a_file_that_no_row_names_is_swept_after_a_day(march: Database, tmp_path: Path) -> None:
    done(march, tmp_path, MINUTES)
    folder, now = tmp_path / "evidence", at(TODAY)
    left = {"a" * 64: 25, "b" * 64: 23, ".half": 25, MINUTES.sha256: 999}
    for name, hours in left.items():
        (folder / name).touch()
        then = (now - timedelta(hours=hours)).timestamp()
        os.utime(folder / name, (then, then))

    with march.read() as session:
        assert evidence.sweep(session, tmp_path, now) == 2
        assert kept(tmp_path) == sorted(["b" * 64, MINUTES.sha256])
        assert evidence.sweep(session, tmp_path, now) == 0
        assert evidence.sweep(session, tmp_path / "nowhere", now) == 0


def take_back(database: Database, task_id: int, number: int, by: str, **how: bool) -> str:
    with database.write() as session:
        return evidence.take_back(session, task_id, number, Actor(by, at(TODAY), TODAY), **how)


def test_a_wrong_file_is_taken_back_and_the_audit_agrees(march: Database, tmp_path: Path) -> None:
    mine = done(march, tmp_path, MINUTES, SHEET)

    assert take_back(march, mine, 1, "x") == "会议记录.pdf"

    assert [name for name, *_ in listed(march, mine)] == ["签到.txt"]
    said = f"会议记录.pdf（{MINUTES.sha256[:12]}）"
    assert acts(march, mine)[-1] == ("take_back", "x", said)
    assert list(look_at_evidence(march, tmp_path)) == []
    with march.write() as session:
        assert evidence.sweep(session, tmp_path, at(TODAY) + timedelta(days=3650)) == 1
    assert [file.name for file in (tmp_path / "evidence").iterdir()] == [SHEET.sha256]
    assert list(look_at_evidence(march, tmp_path)) == []


def test_only_who_put_it_there_takes_it_back_and_the_operator(
    march: Database, tmp_path: Path
) -> None:
    mine = done(march, tmp_path, MINUTES)
    other = the_task(march, "party_day", "B2", "2026-03").id
    for task_id, number, by in ((mine, 1, "y"), (mine, 1, ""), (mine, 2, "x"), (other, 1, "x")):
        with pytest.raises(Refused, match="收回"):
            take_back(march, task_id, number, by)
    assert take_back(march, mine, 1, "操作员", may_all=True) == "会议记录.pdf"
    assert listed(march, mine) == []


def test_one_paper_is_read_at_a_time(march: Database, tmp_path: Path) -> None:
    """However many come, no more than one of them is in memory."""
    before: list[int] = []

    def papers() -> Iterator[EvidenceFile]:
        for number in range(3):
            before.append(len(list((tmp_path / "evidence").glob(".*"))) if number else 0)
            yield paper(f"{number}.pdf", PDF + bytes([number]))

    with evidence.set_aside(settings(tmp_path), papers()) as aside:
        assert [row["name"] for row in aside.papers] == ["0.pdf", "1.pdf", "2.pdf"]
    assert before == [0, 1, 2]


def test_a_file_of_a_record_that_was_taken_back_can_be_taken_back_too(
    march: Database, tmp_path: Path
) -> None:
    mine = done(march, tmp_path, MINUTES)
    with march.write() as session:
        undo(session, EVERYTHING, mine, Actor("x", at(TODAY), TODAY), reason="记错")
    assert listed(march, mine) == []
    with march.read() as session:
        told = explain(session, EVERYTHING, mine, today=TODAY, zone=SHANGHAI)
    assert f"  附件 1：会议记录.pdf（1 KB，{MINUTES.sha256[:12]}），登记已撤回" in told

    assert take_back(march, mine, 1, "x") == "会议记录.pdf"

    with march.read() as session:
        assert evidence.of_tasks(session, [mine], taken_back=True) == {}
