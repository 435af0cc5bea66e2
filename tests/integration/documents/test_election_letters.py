"""The three pairs of an election, for each kind of organization, opened as their readers do."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document as WordFile

from dj_cadence.domain.documents.document import (
    CommitteeTerm,
    ContactPerson,
    Document,
    OrganizationForm,
    titles_of,
)
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.rendering.documents import check_documents, render_document, samples
from tests.world.files.office import pages_of_all
from tests.world.queue import SHIPPED

DAY = date(2026, 5, 12)
FORMS = {
    "branch": OrganizationForm(OrgKind.BRANCH),
    "small": OrganizationForm(OrgKind.BRANCH, has_committee=False),
    "joint": OrganizationForm(OrgKind.JOINT_BRANCH, has_committee=False),
    "general": OrganizationForm(OrgKind.GENERAL_BRANCH),
    "committee": OrganizationForm(OrgKind.PARTY_COMMITTEE),
}
NAMES = {
    "branch": "云溪区青禾小学第一党支部",
    "small": "云溪区柳埠小学党支部",
    "joint": "云溪区两校联合党支部",
    "general": "云溪区白杨小学党总支",
    "committee": "云溪区青禾中学党委",
}
EITHER = "【党员大会／党员代表大会】"


def about(who: str, kind: DocumentKind, **known: object) -> Document:
    form, name = FORMS[who], NAMES[who]
    term = CommitteeTerm(name, form, date(2023, 8, 31), date(2026, 8, 31))
    paper = Document(kind, name, "云溪区教育工委", DAY, (term,), we="委", form=form)
    return replace(paper, titles=titles_of(name, form), **known)  # type: ignore[arg-type]


def text(paper: Document, folder: Path) -> str:
    """All paragraphs, without blanks."""
    file = folder / "paper.docx"
    file.write_bytes(render_document([SHIPPED], paper))
    words = "".join(paragraph.text for paragraph in WordFile(str(file)).paragraphs)
    return "".join(words.split())


TITLES = {
    ("branch", DocumentKind.REQUEST): "云溪区青禾小学第一党支部关于召开党员大会进行换届选举的请示",
    (
        "branch",
        DocumentKind.REPLY,
    ): "关于同意云溪区青禾小学第一党支部召开党员大会进行换届选举的批复",
    (
        "branch",
        DocumentKind.CANDIDATES,
    ): "云溪区青禾小学第一党支部关于下一届委员会候选人预备人选的请示",
    ("branch", DocumentKind.CANDIDATES_REPLY): (
        "关于云溪区青禾小学第一党支部下一届委员会候选人预备人选的批复"
    ),
    ("branch", DocumentKind.RESULT): "云溪区青禾小学第一党支部关于选举结果的报告",
    ("branch", DocumentKind.RESULT_REPLY): "关于云溪区青禾小学第一党支部选举结果的批复",
    ("small", DocumentKind.CANDIDATES): "云溪区柳埠小学党支部关于书记、副书记候选人预备人选的请示",
    (
        "small",
        DocumentKind.CANDIDATES_REPLY,
    ): "关于云溪区柳埠小学党支部书记、副书记候选人预备人选的批复",
    ("joint", DocumentKind.REQUEST): "云溪区两校联合党支部关于召开党员大会进行换届选举的请示",
    ("general", DocumentKind.REQUEST): "云溪区白杨小学党总支关于召开党员大会进行换届选举的请示",
    ("committee", DocumentKind.REQUEST): f"云溪区青禾中学党委关于召开{EITHER}进行换届选举的请示",
    ("committee", DocumentKind.REPLY): f"关于同意云溪区青禾中学党委召开{EITHER}进行换届选举的批复",
}


@pytest.mark.parametrize(("who", "kind"), TITLES)
def test_each_has_the_title_by_which_others_quote_it(
    who: str, kind: DocumentKind, tmp_path: Path
) -> None:
    paper = about(who, kind)
    title = TITLES[who, kind]
    assert paper.titles
    assert getattr(paper.titles, kind.value.replace("-", "_")) == title
    assert text(paper, tmp_path).startswith(title)


ANSWERS = {
    DocumentKind.REPLY: DocumentKind.REQUEST,
    DocumentKind.CANDIDATES_REPLY: DocumentKind.CANDIDATES,
    DocumentKind.RESULT_REPLY: DocumentKind.RESULT,
    DocumentKind.CANDIDATES: DocumentKind.REPLY,
    DocumentKind.RESULT: DocumentKind.REPLY,
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("who", FORMS)
def test_what_is_answered_is_quoted_by_its_exact_title(
    who: str, kind: DocumentKind, tmp_path: Path
) -> None:
    paper = about(who, kind)
    quoted = getattr(paper.titles, ANSWERS[kind].value.replace("-", "_"))
    said = text(paper, tmp_path)
    you = {"committee": "你党委", "general": "你总支"}.get(who, "你支部")
    before = you if kind.is_reply else "根据"
    assert f"{before}《{quoted}》（【发文字号】）" in said


SAID = {
    ("branch", DocumentKind.REQUEST): (
        "云溪区教育工委：我党支部本届委员会于2023年8月31日选举产生，任期将于2026年8月31日届满。",
        "经支部委员会会议研究，拟于【】年【】月【】日召开党员大会进行换届选举。",
        "一、大会的主要任务和议程（一）听取和审查本届支部委员会工作报告；",
        "二、新一届委员会的组成：拟由委员【】名组成，其中书记1名、副书记【】名。",
        "书记、副书记由新一届支部委员会第一次全体会议选举产生。",
        "现有正式党员12名、预备党员【】名，",
        "妥否，请批示。云溪区青禾小学第一党支部2026年5月12日（联系人：王老师电话：0531-1）",
    ),
    ("small", DocumentKind.REQUEST): (
        "我党支部本届书记、副书记于2023年8月31日选举产生，",
        "一、大会的主要任务和议程（一）听取和审查本届支部工作报告；",
        "（三）选举新一届书记、副书记。",
        "不设支部委员会，拟设书记1名、副书记【】名。",
        "由党员大会以无记名投票方式直接选举产生。",
    ),
    ("general", DocumentKind.REQUEST): (
        "我党总支本届委员会于",
        "经总支部委员会会议研究，",
        "一、大会的主要任务和议程",
    ),
    ("committee", DocumentKind.REQUEST): (
        "我党委本届委员会于",
        "经党委会议研究，",
        "一、大会的指导思想和主要议程指导思想：",
    ),
    ("branch", DocumentKind.REPLY): (
        "一、同意你支部于【】年【】月【】日召开党员大会进行换届选举。",
        "二、同意新一届支部委员会由委员【】名组成，其中书记1名、副书记【】名。",
        "候选人预备人选应当报我委审查同意后提交大会。",
        "选举结果请及时上报，委员报备案，书记、副书记报批准。此复。云溪区教育工委2026年5月12日",
    ),
    ("small", DocumentKind.REPLY): (
        "二、同意新一届设书记1名、副书记【】名。",
        "选举结果请及时上报，书记、副书记报批准。",
    ),
    ("general", DocumentKind.REPLY): ("一、同意你总支于",),
    ("branch", DocumentKind.CANDIDATES): (
        "提出下一届支部委员会委员候选人预备人选【】名（应选【】名，差额【】名），",
    ),
    ("small", DocumentKind.CANDIDATES): (
        "经研究，提出下一届书记候选人预备人选1名，副书记候选人预备人选【】名，名单如下：",
    ),
    ("branch", DocumentKind.CANDIDATES_REPLY): (
        "一、同意【、、】等【】名同志为下一届支部委员会委员候选人预备人选。",
        "二、同意【】同志为书记候选人预备人选。三、同意【】同志为副书记候选人预备人选。四、请",
    ),
    ("small", DocumentKind.CANDIDATES_REPLY): (
        "一、同意【】同志为书记候选人预备人选。二、同意【】同志为副书记候选人预备人选。三、请",
    ),
    ("branch", DocumentKind.RESULT): (
        "我党支部于【】年【】月【】日召开党员大会进行换届选举。",
        "选举产生新一届支部委员会委员【】名。新一届支部委员会第一次全体会议选举产生书记、副书记。",
        "特此报告。委员请予备案，书记、副书记请予批准。",
    ),
    ("small", DocumentKind.RESULT): (
        "大会以无记名投票方式，选举产生书记、副书记。",
        "特此报告。书记、副书记请予批准。",
    ),
    ("branch", DocumentKind.RESULT_REPLY): (
        "同意【】同志任云溪区青禾小学第一党支部书记，【】同志任副书记。委员【、、】予以备案。此复。",
    ),
    ("small", DocumentKind.RESULT_REPLY): (
        "同意【】同志任云溪区柳埠小学党支部书记，【】同志任副书记。此复。",
    ),
}


@pytest.mark.parametrize(("who", "kind"), SAID)
def test_each_form_says_what_fits_its_organization(
    who: str, kind: DocumentKind, tmp_path: Path
) -> None:
    known = (
        {"full_members": 12, "contact": ContactPerson("王老师", "0531-1")}
        if who == "branch"
        else {}
    )
    said = text(about(who, kind, **known), tmp_path)
    assert [words for words in SAID[who, kind] if words not in said] == []


@pytest.mark.parametrize("who", ["small", "joint"])
@pytest.mark.parametrize("kind", ANSWERS | {DocumentKind.REQUEST: None})
def test_a_branch_without_a_committee_elects_none(
    who: str, kind: DocumentKind, tmp_path: Path
) -> None:
    said = text(about(who, kind), tmp_path).replace("不设支部委员会", "")
    assert "委员" not in said.replace("教育工委", "")


def test_a_recorded_election_gives_the_report_its_day(tmp_path: Path) -> None:
    known = about("branch", DocumentKind.RESULT, elected_on=date(2026, 4, 28))
    assert "我党支部于2026年4月28日召开党员大会" in text(known, tmp_path)


def test_a_term_that_ran_out_is_said_to_have_done_so(tmp_path: Path) -> None:
    late = replace(about("branch", DocumentKind.REQUEST), day=date(2026, 9, 1))
    assert "任期已于2026年8月31日届满" in text(late, tmp_path)
    last = replace(about("branch", DocumentKind.REQUEST), day=date(2026, 8, 31))
    assert "任期将于2026年8月31日届满" in text(last, tmp_path)


@pytest.mark.parametrize(
    ("count", "begin", "you"),
    [
        (1, "云溪区青禾小学第一党支部：", "你支部本届任期"),
        (2, "云溪区青禾小学第一党支部、云溪区柳埠小学党支部：", "你们（各党组织）本届任期"),
        (6, "各有关党组织：", "你们（各党组织）本届任期"),
    ],
)
def test_a_reminder_speaks_to_one_or_to_several(
    count: int, begin: str, you: str, tmp_path: Path
) -> None:
    terms = [about(who, DocumentKind.REQUEST).terms[0] for who in (*FORMS, "branch", "small")]
    several = (terms[0], terms[1], *terms[3:])
    letter = Document(
        DocumentKind.REMINDER,
        "云溪区教育局党组",
        "",
        DAY,
        several[:count],
        date(2026, 8, 1),
        we="党组",
    )
    said = text(letter, tmp_path)
    assert f"提醒函{begin}根据《中国共产党章程》《中国共产党支部工作条例（试行）》" in said
    assert f"经核对，{you}将于2026年8月届满" in said
    assert "按程序向我党组报送换届选举请示" in said


LONG = "云溪区青禾实验中学第一党支部"


def test_no_word_of_a_title_breaks_and_who_signs_stands_with_the_last_words(tmp_path: Path) -> None:
    papers = {kind: about("branch", kind) for kind in (*ANSWERS, DocumentKind.REQUEST)}
    files = {kind: tmp_path / f"{kind}.docx" for kind in papers}
    for kind, paper in papers.items():
        long = replace(paper, org_name=LONG, titles=titles_of(LONG, FORMS["branch"]))
        papers[kind] = replace(
            long, contact=ContactPerson("云溪区教育工委党建办王老师", "0531-00000000")
        )
        files[kind].write_bytes(render_document([SHIPPED], papers[kind]))

    for kind, pages in zip(files, pages_of_all(files.values()), strict=True):
        assert "".join(pages[0][:2]) == getattr(papers[kind].titles, kind.value.replace("-", "_"))
        last = pages[-1][:-1]  # the number of the page comes last
        dated = last.index("2026年5月12日")
        assert last[dated - 1] == ("云溪区教育工委" if kind.is_reply else LONG)
        assert last[dated - 2].startswith(("此复。", "妥否，请批示。", "特此报告。"))


def test_all_that_is_shipped_can_be_filled_in() -> None:
    for kind in DocumentKind:
        made = [render_document([SHIPPED], paper) for paper in samples(kind)]
        assert len(made) == (1 if kind is DocumentKind.YEAR_END else 10)
    assert check_documents([SHIPPED]) == []


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        (DocumentKind.REPLY, "{{ paper.nothing }}", "nothing"),
        (DocumentKind.RESULT, "{% if paper.form.committee %}", "endif"),
        (DocumentKind.YEAR_END, "{{ paper.form.own }}", "own"),
        (DocumentKind.REMINDER, "{{ paper.terms[0].who }}", "who"),
        (
            DocumentKind.REQUEST,
            "{% if paper.form.committee %}{% else %}{{ oops }}{% endif %}",
            "oops",
        ),
    ],
)
def test_a_sites_template_that_cannot_be_filled_in_is_named(
    kind: DocumentKind, words: str, said: str, tmp_path: Path
) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    document = WordFile()
    document.add_paragraph(words)
    document.save(str(folder / f"{kind.value}.docx"))

    [problem] = check_documents([tmp_path, SHIPPED])

    assert problem.place == f"templates/letters/{kind.value}.docx"
    assert said in problem.message
    assert not problem.warning


def test_a_file_that_is_no_document_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "reply.docx").write_bytes(b"PK no")
    (folder / "request.docx").write_bytes(b"")
    assert [p.place for p in check_documents([tmp_path, SHIPPED])] == [
        "templates/letters/request.docx",
        "templates/letters/reply.docx",
    ]
