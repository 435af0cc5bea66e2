"""What can be read or taken along from an organization, and by whom."""

import re
from io import BytesIO

import pytest
from docx import Document

from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.services.site import Site
from tests.world.village import Village
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, Browser, District

FILES = {
    "S1/digest.xlsx": "spreadsheetml.sheet",
    "S1-1/wall.xlsx?year=2026": "spreadsheetml.sheet",
    "S1-1/papers/year-end.docx?year=2026": "wordprocessingml.document",
}


def test_a_superior_reads_its_digest(district: District) -> None:
    page = district.login(ALICE).get("/orgs/S1/digest")

    assert page.status_code == 200
    assert "青禾小学第一党支部：主题党日（2026年1月），1月30日（周五）到期，逾期41天" in page.text
    assert "明湖" not in page.text
    assert "<script>" not in page.text


def test_a_letter_is_offered_only_where_there_is_one_to_write(district: District) -> None:
    page = district.login(CLERK).get("/orgs/S1").text

    assert "本周党建工作周报" in page
    assert "换届提醒函" not in page.partition("<h2>材料</h2>")[2]


def test_the_plan_for_the_wall_is_a_page_to_print(district: District) -> None:
    browser = district.login(BOB)
    page = browser.get("/orgs/S1-1/wall?month=2026-03")

    assert "<h2>2026年3月党建工作计划</h2>" in page.text
    assert "最迟<span>3月10日、</span><span>3月5日</span>" in page.text
    assert "@page { size: A4" in browser.get("/static/wall.css").text


@pytest.mark.parametrize("path", FILES)
def test_each_file_is_downloaded_with_its_type(district: District, path: str) -> None:
    answer = district.login(CLERK).get(f"/orgs/{path}")

    assert answer.status_code == 200
    assert answer.headers["content-type"].endswith(FILES[path])
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.content.startswith(b"PK")


@pytest.mark.parametrize("path", [*FILES, "S1/digest", "S1/wall", "S1/papers/reminder.docx"])
def test_a_paper_that_may_not_be_seen_is_not_found(district: District, path: str) -> None:
    assert district.login(CHARLIE).get(f"/orgs/{path}").status_code == 404
    assert district.client().get(f"/orgs/{path}").status_code == 403


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("S1/digest?week=2026-99", "应写成 2026-W48 这样"),
        ("S1/digest?week=2026-W01", "没有留存 2026-W01 的周报"),
        ("S1-1/digest", "没有下级组织，没有周报"),
        ("S1-1/wall?month=3", "应写成 2026-03 这样"),
        ("S1-1/wall?year=x", "应写成 2026 这样"),
        ("S1/papers/reminder.docx", "没有2026年3月届满的"),
    ],
)
def test_a_paper_that_cannot_be_made_says_why(district: District, path: str, words: str) -> None:
    answer = district.login(CLERK).get(f"/orgs/{path}")

    assert answer.status_code == 422
    assert words in answer.text


def test_an_unknown_paper_is_not_found(district: District) -> None:
    assert district.login(BOB).get("/orgs/S1-1/papers/other.docx").status_code == 404


# --- the letters of an election ----------------------------------------------------------------

ELECTION = ["request", "candidates", "result", "reply", "candidates-reply", "result-reply"]
LETTER = re.compile(r'href="(/orgs/\w+/papers/([\w-]+)\.docx)"')


def letters_on(client: Browser, code: str) -> tuple[list[str], list[str]]:
    """(those of the step that is to do now, all) on an organization's page."""
    page = client.get(f"/orgs/{code}").text
    now = page.partition("换届现在要用的公文")[2].partition("</li>")[0]
    every = page.partition("换届全部公文样稿")[2].partition("</li>")[0]
    return [kind for _, kind in LETTER.findall(now)], [kind for _, kind in LETTER.findall(every)]


@pytest.mark.parametrize(
    ("person", "code", "now"),
    [
        ("b1", "B1", ["request"]),  # the secretary of the branch writes the 请示
        ("s", "B1", ["request", "reply"]),  # who approves answers it and may act below
        ("g", "B1", ["request", "reply"]),
        ("t", "T", []),  # its term ends next June
        ("e", "E", []),
    ],
)
def test_each_is_offered_the_letters_of_the_step_that_is_to_do(
    person: str, code: str, now: list[str], village: Village, village_site: Site
) -> None:
    client = village.browser(village_site, person)
    shown, every = letters_on(client, code)
    assert shown == now
    assert every == ([] if code == "E" else ELECTION)


@pytest.mark.parametrize("kind", ELECTION)
def test_every_letter_that_is_linked_opens(kind: str, village: Village, village_site: Site) -> None:
    answer = village.browser(village_site, "s").get(f"/orgs/B1/papers/{kind}.docx")

    assert answer.status_code == 200
    words = "".join(p.text for p in Document(BytesIO(answer.content)).paragraphs)
    assert words.startswith("朝阳支部" if not DocumentKind(kind).is_reply else "关于")
    sender = "青禾党委" if DocumentKind(kind).is_reply else "朝阳支部"
    assert f"{sender}2026年11月20日" in words
    if not DocumentKind(kind).is_reply:
        assert "（联系人：卞干事　电话：【" in words


def test_an_organization_without_elections_has_no_letters(
    village: Village, village_site: Site
) -> None:
    answer = village.browser(village_site, "b1").get("/orgs/P/papers/request.docx")
    assert answer.status_code == 422
    assert "没有换届任务" in answer.text
