"""Papers on the pages: handed in with a record, saved by those who may see it, by no other."""

import re
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus

import pytest
from httpx2 import Response
from sqlalchemy import select

from dj_cadence.loading.evidence_file import ALLOWED
from dj_cadence.store.schema import evidence
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, DANA, Browser, District

PAGE = "/orgs/S1-1"
PDF = b"%PDF-1.7\n%%EOF\n"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
TEXT = "到会十二人。\n".encode()
PROGRAM = b"MZ\x90\x00" + b"\x00" * 200
EVIL_NAME = "../<script>会议记录.exe"


def hand_in(client: Browser, *files: tuple[str, bytes], page: str = PAGE) -> Response:
    form = {"csrf": client.csrf(page), "task": "3", "on": "2026-03-05", "note": ""}
    sent = [("evidence", (name, content, "text/html")) for name, content in files]
    return client.post(f"{page}/done", data=form, files=sent)


def rows(district: District) -> list[tuple[str, str]]:
    with district.database.read() as session:
        query = select(evidence.c.name, evidence.c.media_type).order_by(evidence.c.id)
        return [tuple(row) for row in session.execute(query)]


def stored(district: District) -> int:
    folder = district.context.settings.folder / "evidence"
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_papers_come_with_the_record_and_are_saved_as_what_they_are(any_district: District) -> None:
    bob = any_district.login(BOB)

    assert hand_in(bob, (EVIL_NAME, PDF), ("签到.txt", TEXT)).status_code == HTTPStatus.SEE_OTHER

    assert any_district.state(3) == "done"
    assert rows(any_district) == [
        ("script会议记录.pdf", "application/pdf"),
        ("签到.txt", "text/plain"),
    ]
    links = re.findall(r'href="(/orgs/S1-1/evidence/\d+)">([^<]+)<', bob.get(PAGE).text)
    assert [name for _, name in links] == ["script会议记录.pdf", "签到.txt"]
    saved = bob.get(links[0][0])
    assert saved.content == PDF
    assert {name: saved.headers[name] for name in ("content-type", "content-disposition")} == {
        "content-type": "application/pdf",
        "content-disposition": "attachment; filename*=UTF-8''"
        "script%E4%BC%9A%E8%AE%AE%E8%AE%B0%E5%BD%95.pdf",
    }
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in saved.headers["content-security-policy"]
    assert saved.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("person", "status"),
    [
        (BOB, HTTPStatus.OK),
        (ALICE, HTTPStatus.OK),  # of the school above
        (CLERK, HTTPStatus.OK),
        (CHARLIE, HTTPStatus.NOT_FOUND),
    ],
)
def test_who_may_see_the_task_may_save_its_papers(
    any_district: District, person: int, status: HTTPStatus
) -> None:
    bob = any_district.login(BOB)
    hand_in(bob, ("记录.pdf", PDF))

    client = bob if person == BOB else any_district.login(person)
    assert client.get(f"{PAGE}/evidence/1").status_code == status


def test_a_paper_is_not_found_by_way_of_another_organization(district: District) -> None:
    bob = district.login(BOB)
    hand_in(bob, ("记录.pdf", PDF))

    charlie, stranger = district.login(CHARLIE), district.client()
    assert charlie.get("/orgs/S2/evidence/1").status_code == HTTPStatus.NOT_FOUND
    assert stranger.get(f"{PAGE}/evidence/1").status_code == HTTPStatus.FORBIDDEN
    for number in ("2", "0", "x"):
        assert bob.get(f"{PAGE}/evidence/{number}").status_code == HTTPStatus.NOT_FOUND


def test_the_link_in_a_message_takes_papers_and_shows_them(district: District) -> None:
    client, link = district.client(), district.link(1)

    assert hand_in(client, ("记录.pdf", PDF), page=link).status_code == HTTPStatus.SEE_OTHER

    assert f'href="{link}/evidence/1">记录.pdf<' in client.get(link).text
    assert client.get(f"{link}/evidence/1").content == PDF
    other = district.link(2)
    assert client.get(f"{other}/evidence/1").status_code == HTTPStatus.NOT_FOUND


def test_files_of_other_kinds_are_refused_whole_and_the_kinds_are_named(district: District) -> None:
    bob = district.login(BOB)

    page = hand_in(bob, ("记录.pdf", PDF), ("会议.pdf", PROGRAM))

    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f"“会议.pdf”不是可以附的文件种类。{ALLOWED}。" in page.text
    assert (district.state(3), rows(district), stored(district)) == ("open", [], 0)


@pytest.mark.parametrize("person", [CHARLIE, DANA])
def test_an_upload_without_the_right_leaves_nothing_behind(district: District, person: int) -> None:
    client = district.login(person)
    form = {"csrf": client.csrf("/"), "task": "3", "on": "2026-03-05"}

    page = client.post(f"{PAGE}/done", data=form, files=[("evidence", ("a.pdf", PDF))])

    assert page.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)
    assert (rows(district), stored(district)) == ([], 0)


def test_nothing_is_read_from_strangers_and_no_more_than_enough_from_others(
    district: District,
) -> None:
    big = b"a" * (21 * 1024 * 1024)
    files = [("evidence", ("a.txt", big))]
    stranger = district.client().post(f"{PAGE}/done", data={"csrf": "x"}, files=files)
    assert stranger.status_code == HTTPStatus.FORBIDDEN
    no_link = district.client().post("/t/nothing/done", data={"csrf": "x"}, files=files)
    assert no_link.status_code == HTTPStatus.NOT_FOUND
    bob = district.login(BOB)
    page = hand_in(bob, ("a.txt", big))
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "“a.txt”太大，每个文件最多 20 MB。" in page.text
    five = hand_in(bob, *((f"{n}.txt", big) for n in "abcde"))
    assert five.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert (
        "这次选的文件太大，没有保存：每个文件最多 20 MB，一次最多 10 个、共 100 MB。"
        "请分几次附，或者压缩后再附；照片可以先在手机上缩小。"
    ) in five.text
    elsewhere = bob.post(f"{PAGE}/missed", data={"csrf": "x"}, files=files)
    assert elsewhere.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert (district.state(3), stored(district)) == ("open", 0)


@pytest.mark.parametrize(
    ("task", "on"), [("3", "2026-03-13"), ("3", "2026-02-01"), ("3", ""), ("5", "2025-12-20")]
)
def test_an_act_that_is_refused_keeps_no_file(any_district: District, task: str, on: str) -> None:
    bob = any_district.login(BOB)
    form = {"task": task, "on": on}
    for page in (PAGE, any_district.link(1)):
        form |= {"csrf": bob.csrf(page)}
        files = [("evidence", (f"{n}.pdf", PDF + bytes([n]), "")) for n in range(3)]
        answer = bob.post(f"{page}/done", data=form, files=files)
        assert answer.status_code in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.FORBIDDEN)
        assert (stored(any_district), rows(any_district)) == (0, [])


def test_an_organizations_files_are_limited_in_size(any_district: District) -> None:
    settings = replace(any_district.context.settings, evidence_megabytes=1)
    small = any_district.under(settings)
    bob = small.login(BOB)
    answer = hand_in(bob, ("大.pdf", PDF + b"x" * 1024 * 1024))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "本组织的附件最多存 1 MB，加上这次就超出了。" in answer.text
    assert (stored(small), small.state(3)) == (0, "open")
    assert hand_in(bob, ("小.pdf", PDF)).status_code == HTTPStatus.SEE_OTHER
    assert stored(small) == 1


def test_five_photos_are_taken_in_one_form(district: District) -> None:
    bob = district.login(BOB)
    photos = [(f"IMG_{n}.HEIC", HEIC + bytes([n]) + b"\0" * (14 * 1024 * 1024)) for n in range(5)]

    assert hand_in(bob, *photos).status_code == HTTPStatus.SEE_OTHER

    assert rows(district) == [(f"IMG_{n}.heic", "image/heic") for n in range(5)]
    assert stored(district) == 5


def taking_back(client: Browser, number: int, page: str = PAGE, task: int = 3) -> Response:
    form = {"csrf": client.csrf(page), "task": str(task), "paper": str(number)}
    return client.post(f"{page}/take_back", data=form)


def test_a_wrong_file_is_taken_back_by_who_put_it_there(any_district: District) -> None:
    bob = any_district.login(BOB)
    hand_in(bob, ("错的.pdf", PDF), ("签到.txt", TEXT))
    assert bob.get(PAGE).text.count("收回这个附件") == 2

    answer = taking_back(bob, 1)

    assert answer.headers["location"] == f"{PAGE}?said=take_back"
    assert "附件已收回。" in bob.get(answer.headers["location"]).text
    assert rows(any_district) == [("签到.txt", "text/plain")]
    assert any_district.state(3) == "done"
    assert bob.get(f"{PAGE}/evidence/1").status_code == HTTPStatus.NOT_FOUND
    history = bob.get(f"{PAGE}/tasks/3").text
    assert f"错的.pdf（{sha256(PDF).hexdigest()[:12]}）" in history
    assert "收回附件" in history
    again = taking_back(bob, 1)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "这项任务没有这个附件，可能已经收回。" in again.text


@pytest.mark.parametrize("person", [ALICE, CLERK])
def test_a_file_of_somebody_else_is_not_taken_back(district: District, person: int) -> None:
    hand_in(district.login(BOB), ("记录.pdf", PDF))
    other = district.login(person)
    assert "收回这个附件" not in other.get(PAGE).text

    answer = taking_back(other, 1)

    assert answer.status_code in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.FORBIDDEN)
    assert rows(district) == [("记录.pdf", "application/pdf")]


def test_a_file_handed_in_by_a_link_is_taken_back_there(district: District) -> None:
    client, link = district.client(), district.link(1)
    hand_in(client, ("记录.pdf", PDF), page=link)
    assert "收回这个附件" in client.get(link).text

    assert taking_back(client, 1, link).headers["location"] == f"{link}?said=take_back"

    assert rows(district) == []


def test_papers_can_be_added_to_a_record_later(district: District) -> None:
    bob = district.login(BOB)
    hand_in(bob)
    form = {"csrf": bob.csrf(PAGE), "task": "3"}

    answer = bob.post(f"{PAGE}/evidence", data=form, files=[("evidence", ("补.pdf", PDF))])

    assert answer.headers["location"] == "/orgs/S1-1?said=evidence"
    assert rows(district) == [("补.pdf", "application/pdf")]
    nothing = bob.post(f"{PAGE}/evidence", data=form)
    assert nothing.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "请选择要补充的附件。" in nothing.text


def test_the_form_offers_what_the_rule_suggests_and_demands_nothing(district: District) -> None:
    page = district.login(BOB).get(PAGE).text

    assert "附件（可不附，如会议记录、签到表" in page
    assert not re.search(r'type="file"[^>]*required[^>]*form="done', page)
