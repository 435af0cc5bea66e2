"""Letters, the year-end pack and plans for the wall, opened as their readers open them."""

import re
from datetime import date
from pathlib import Path
from shutil import copyfile
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document as WordFile

from dj_cadence.domain.digest.digest import DigestChild, DigestLine, DigestView, Numbers
from dj_cadence.domain.documents.document import (
    CORE_LINES,
    CommitteeTerm,
    Document,
    OrganizationForm,
)
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.rendering.documents import render_document, template_path, wall_workbook
from dj_cadence.rendering.workbooks import Sheet, digest_workbook, workbook
from dj_cadence.services.access.permissions import ADMINISTRATOR
from dj_cadence.services.documents.letters import DocumentWriter
from dj_cadence.services.tasks.record import done, missed
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs
from tests.world.engine import EVERYTHING, advance_to, at, the_task
from tests.world.files.office import as_csv, text_of
from tests.world.queue import SHIPPED

BRANCH = OrganizationForm(OrgKind.BRANCH)
TODAY = date(2026, 5, 12)
SEEN: Any = {"visitor": ADMINISTRATOR, "today": TODAY}


def made(database: Database, kind: DocumentKind, code: str, **asked: Any) -> Document:
    with database.read() as session:
        found = orgs.find_org(session, code)
        return DocumentWriter(session, EVERYTHING, found, **SEEN).write(kind, **asked)


def opened(paper: Document, folder: Path) -> str:
    file = folder / "paper.docx"
    file.write_bytes(render_document([SHIPPED], paper))
    return text_of(file)


@pytest.fixture
def lived(planned: Database) -> Database:
    """March was held late, April was not."""
    advance_to(planned, EVERYTHING, TODAY)
    march = the_task(planned, "party_day", "B1", "2026-03").id
    april = the_task(planned, "party_day", "B1", "2026-04").id
    who = Actor("x", at(TODAY), TODAY)
    with planned.write() as session:
        done(session, EVERYTHING, march, who, on=date(2026, 4, 2), note="学习<党章>&讨论")
        missed(session, EVERYTHING, april, who, reason="学校停课")
    return planned


def test_one_letter_lists_the_organizations_whose_terms_end_in_the_month(
    planned: Database, tmp_path: Path
) -> None:
    letter = made(planned, DocumentKind.REMINDER, "S", month=date(2026, 8, 1))

    ends = date(2026, 8, 31)
    assert letter.terms == (CommitteeTerm("第一党支部", BRANCH, date(2023, 8, 31), ends),)
    text = opened(letter, tmp_path)
    for words in (
        "关于做好党组织换届选举工作的提醒函第一党支部：根据《中国共产党章程》《中国共产党支部工作条例",
        "你支部本届任期将于2026年8月届满",
        "2023年8月31日",
        "2026年8月31日",
        "按程序向我委报送换届选举请示",
        "延长或者提前期限一般不超过1年",
        "特此函告。青禾小学党委2026年5月12日（联系人：【】电话：【】）",
    ):
        assert words in text
    assert "第二党支部" not in text


def test_the_months_with_a_letter_are_known(planned: Database) -> None:
    def months(code: str, until: date) -> list[date]:
        with planned.read() as session:
            found = orgs.find_org(session, code)
            return DocumentWriter(session, EVERYTHING, found, **SEEN).reminder_months(until)

    assert months("S", date(2026, 8, 30)) == []
    assert months("S", date(2026, 8, 31)) == [date(2026, 8, 1)]
    assert months("E", date(2026, 8, 31)) == []  # it writes to S, not to the branches of S


def test_without_a_term_that_ends_there_is_no_letter(planned: Database) -> None:
    with pytest.raises(Refused, match="没有2026年9月届满的"):
        made(planned, DocumentKind.REMINDER, "S", month=date(2026, 9, 1))
    with pytest.raises(Refused, match="云溪区教育工委没有换届任务"):
        made(planned, DocumentKind.REQUEST, "E")


def test_the_year_end_pack_says_what_when_how_late_and_why_not(
    lived: Database, tmp_path: Path
) -> None:
    pack = made(lived, DocumentKind.YEAR_END, "B1", year=2026)

    told = {
        line.period: (line.completed_on, line.late_days, line.state, line.remark)
        for line in pack.lines
        if line.title == "主题党日"
    }
    assert told["2026年3月"] == (date(2026, 4, 2), 2, "已完成", "2026年4月2日，学习<党章>&讨论")
    assert told["2026年4月"] == (None, 0, "未按期开展", "原因：学校停课")
    text = opened(pack, tmp_path)
    assert "第一党支部2026年度党建工作任务完成情况" in text
    open_now = sum(line.state not in ("已完成", "未按期开展") for line in pack.lines)
    assert f"已完成3项（其中超期完成1项），未按期开展1项，尚未办结{open_now}项。" in text
    assert open_now == len(pack.lines) - 4 > 0
    assert "学习<党章>&讨论" in text


def test_the_same_paper_is_the_same_bytes(planned: Database) -> None:
    letter = made(planned, DocumentKind.REQUEST, "B1")

    assert render_document([SHIPPED], letter) == render_document([SHIPPED], letter)


def test_a_site_replaces_a_template_and_a_broken_one_is_named(
    planned: Database, tmp_path: Path
) -> None:
    letter = made(planned, DocumentKind.REPLY, "B1")
    own = tmp_path / "letters" / "reply.docx"
    own.parent.mkdir()
    changed = WordFile()
    changed.add_paragraph("本单位自己的批复：{{ paper.org_name }}")
    changed.save(str(own))

    assert template_path([tmp_path, SHIPPED], DocumentKind.REPLY) == own
    file = tmp_path / "own.docx"
    file.write_bytes(render_document([tmp_path, SHIPPED], letter))
    assert text_of(file) == "本单位自己的批复：第一党支部"

    changed.add_paragraph("{{ paper.nothing }}")
    changed.save(str(own))
    with pytest.raises(Refused, match=r"reply\.docx：这个模板填不出来"):
        render_document([tmp_path, SHIPPED], letter)
    copyfile(__file__, own)
    with pytest.raises(Refused, match=r"reply\.docx：这个模板填不出来"):
        render_document([tmp_path, SHIPPED], letter)


def test_a_wall_plan_fits_its_sheet(planned: Database, tmp_path: Path) -> None:
    with planned.read() as session:
        writer = DocumentWriter(session, EVERYTHING, orgs.find_org(session, "B1"), **SEEN)
        year = writer.wall_plan(year=2026)
        month = writer.wall_plan(month=date(2026, 6, 1))
        with pytest.raises(Refused, match="第一党支部在2019年没有任务"):
            writer.wall_plan(year=2019)

    assert (year.span, month.span) == ("2026年", "2026年6月")
    assert 0 < len(month.core) <= len(year.core) <= CORE_LINES
    assert [day.planned for day in month.core[0].days] == [date(2026, 6, 5)]
    file = tmp_path / "wall.xlsx"
    file.write_bytes(wall_workbook(month))
    lines = as_csv(file).splitlines()
    assert lines[:2] == [
        "工作任务,周期,计划,完成时限,责任人,暂定",
        "主题党日,2026年6月,2026-06-05,2026-06-30,书记,",
    ]
    assert text_of(file).startswith("第一党支部2026年6月党建工作计划工作任务周期")


def test_the_digests_workbook_opens_with_dates_and_no_formula(tmp_path: Path) -> None:
    line = DigestLine("=1+1", "=1+1", "党课", "2026年3月", date(2026, 3, 31), 42)
    view = DigestView(
        *("A", "云溪区教育工委", "2026-W20", TODAY, date(2026, 5, 6), Numbers(1, 1), 1),
        children=(
            DigestChild("007", "=1+1", Numbers(1, 1), 1),
            DigestChild("008", "无", Numbers(), 0),
        ),
        newly_overdue=(line,),
    )
    content = digest_workbook(view)
    file = tmp_path / "digest.xlsx"
    file.write_bytes(content)

    assert content == digest_workbook(view)
    assert as_csv(file).splitlines() == [
        "组织代码,名称,逾期,其中新增,本周到期,已完成,未按期开展,待上级确认,逾期较上期",
        "007,=1+1,1,1,0,0,0,0,1",
        "008,无,0,0,0,0,0,0,0",
        "合计,2个下级组织,1,1,0,0,0,0,1",
    ]
    assert "2026-03-31" in text_of(file)


def test_a_long_text_in_a_workbook_makes_its_row_higher(tmp_path: Path) -> None:
    sheet = Sheet("一", (("原因", 40), ("数", 8)), [("短", 1), ("很长的原因" * 9, 2)])
    file = tmp_path / "long.xlsx"
    file.write_bytes(workbook("甲&乙", [sheet], TODAY))

    with ZipFile(file) as parts:
        rows = parts.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'<row r="(\d)"[^>]*? ht="(\d+)"', rows) == [("3", "45")]  # 90 / 40
    assert text_of(file).startswith("甲&乙原因数")
    assert text_of(file).count("很长的原因") == 9
