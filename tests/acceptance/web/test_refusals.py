"""What is refused keeps what was typed and the way on; no day stands where it would be false."""

import re
from http import HTTPStatus

import pytest
from sqlalchemy import select

from dj_cadence.entrypoints.web import labels
from dj_cadence.store.schema import record
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, Browser, District

SECRECY = "涉密信息和内部敏感材料不得录入、上传"
NAVIGATION = '<nav aria-label="主导航">'


def card(page: str, number: int) -> str:
    return page.partition(f'id="task-{number}"')[2].partition("</article>")[0]


def field(part: str, name: str) -> str:
    """The input of that name, as it stands in a part of a page."""
    [found] = re.findall(rf'<input[^>]*name="{name}"[^>]*>', part)
    return found


def value(part: str, name: str) -> str:
    [found] = re.findall(r'value="([^"]*)"', field(part, name))
    return found


@pytest.fixture(params=["page", "link"])
def way(request: pytest.FixtureRequest, district: District) -> tuple[Browser, str]:
    """A browser and the address that it acts at: logged in, or by a message's link."""
    if request.param == "page":
        return district.login(BOB), "/orgs/S1-1"
    return district.client(), district.link(1)


class TestTheDayIsAskedFor:
    def test_once_the_time_is_over_no_day_stands_there(self, way: tuple[Browser, str]) -> None:
        client, page = way
        late = card(client.get(page).text, 2)
        done = late.partition("<form")[2].partition("</form>")[0]

        assert value(done, "on") == ""
        assert "实际办理日期" in done
        assert re.findall(r"<button[^>]*>([^<]+)</button>", done) == ["完成", "今天补开"]

    def test_while_it_runs_the_day_stands_there(self, way: tuple[Browser, str]) -> None:
        client, page = way
        running = card(client.get(page).text, 3)
        done = running.partition("<form")[2].partition("</form>")[0]

        assert value(done, "on") == "2026-03-05"
        assert re.findall(r"<button[^>]*>([^<]+)</button>", done) == ["完成"]

    def test_today_is_a_button_of_its_own(
        self, district: District, way: tuple[Browser, str]
    ) -> None:
        client, page = way
        sent = client.send_form(page, f"{page}/done", task=2, on="", today=1, note="停课，今天补开")

        assert sent.headers["location"] == f"{page}?said=done"
        [(day, note)] = [row[1:] for row in _records(district)]
        assert (str(day), note) == ("2026-03-12", "停课，今天补开")

    def test_without_either_it_is_not_guessed(self, district: District) -> None:
        page = district.login(BOB).send_form("/orgs/S1-1", "/orgs/S1-1/done", task=2, on="")

        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert district.state(2) == "unrecorded"


def _records(district: District) -> list[tuple[object, ...]]:
    with district.database.read() as session:
        found = session.execute(select(record.c.id, record.c.day, record.c.note))
        return [tuple(row) for row in found]


class TestWhatWasTypedStays:
    @pytest.mark.parametrize(
        ("act", "typed", "wrong", "says"),
        [
            ("done", {"on": "2026-03-13", "note": "全体“党员”参加"}, "on", "还没有到"),
            ("done", {"on": "", "note": "照片以后再传"}, "on", "请填写日期"),
            ("done", {"on": "2026-02-27", "note": "补上月的"}, "on", "早于这项任务的开始日"),
            ("planned", {"on": "2026-04-01", "at": "15:00", "place": "会议室"}, "on", "不在其中"),
            ("planned", {"on": "2026-03-20", "at": "25:00", "place": "会议室"}, "at", "写法不对"),
        ],
    )
    def test_in_its_field_with_what_is_wrong(
        self, way: tuple[Browser, str], act: str, typed: dict[str, str], wrong: str, says: str
    ) -> None:
        client, page = way
        refused = client.send_form(page, f"{page}/{act}", task=3, **typed)

        shown = card(refused.text, 3)
        form = shown if act == "done" else shown.partition(f"{page}/planned")[2]
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        kept = {
            name: value(form.partition("</form>")[0] if name != "note" else form, name)
            for name in typed
        }
        assert kept == {name: text.replace("“", "“") for name, text in typed.items()}
        told = form.partition("</form>")[0] if act == "planned" else form
        assert 'aria-invalid="true" aria-describedby="wrong"' in field(
            told.partition("</form>")[0], wrong
        )
        assert re.search(rf'<p class="wrong" id="wrong">[^<]*{says}', form)

    def test_other_cards_stay_as_they_were(self, way: tuple[Browser, str]) -> None:
        client, page = way
        refused = client.send_form(page, f"{page}/done", task=3, on="2026-03-13", note="写在三号")

        assert "写在三号" not in card(refused.text, 2)
        assert refused.text.count('id="wrong"') == 1

    def test_a_refused_reason_stays_in_the_form(self, district: District) -> None:
        alice = district.login(ALICE)
        fields = {"task": 3, "until": "2026-03-20", "reason": "迎检"}
        refused = alice.send_form("/orgs/S1-1", "/orgs/S1-1/postpone", **fields)

        form = card(refused.text, 3).partition("/postpone")[2].partition("</form>")[0]
        assert (value(form, "until"), value(form, "reason")) == ("2026-03-20", "迎检")
        assert "规定的截止日是2026年3月31日" in form

    def test_refused_ticks_stay_in_the_form(self, district: District) -> None:
        bob = district.login(BOB)
        fields = {"task": 3, "on": "2026-03-13", "also-2": 1}
        refused = bob.send_form("/orgs/S1-1", "/orgs/S1-1/done", **fields)

        offered = re.findall(r'<input type="checkbox" name="also-2"[^>]*>', card(refused.text, 3))
        assert all(" checked" in box for box in offered)

    def test_files_are_named_so_that_they_are_chosen_again(self, way: tuple[Browser, str]) -> None:
        client, page = way
        fields = {"csrf": client.csrf(page), "task": "3", "on": "2026-03-13"}
        files = [("evidence", ("签到表.txt", "张三、李四".encode(), "text/plain"))]
        refused = client.post(f"{page}/done", data=fields, files=files)

        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "附件没有保存，请重新选择：签到表.txt" in card(refused.text, 3)

    def test_the_card_is_on_the_page_that_comes_back(self, district: District) -> None:
        refused = district.login(BOB).send_form(
            "/orgs/S1-1", "/orgs/S1-1/done?page=7", task=3, on="2026-03-13"
        )
        assert value(card(refused.text, 3).partition("</form>")[0], "on") == "2026-03-13"

    @pytest.mark.parametrize("act", ["waive"])
    def test_going_back_from_a_question_keeps_what_was_typed(
        self, district: District, act: str
    ) -> None:
        alice = district.login(ALICE)
        asked = alice.send_form("/orgs/S1-1", f"/orgs/S1-1/{act}", task=3, reason="学校停课")
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text))
        back = alice.post(f"/orgs/S1-1/{act}", data=fields | {"change": "1"})

        form = card(back.text, 3).partition(f"/{act}")[2].partition("</form>")[0]
        assert back.status_code == HTTPStatus.OK
        assert value(form, "reason") == "学校停课"
        assert district.state(3) == "open"


class TestEveryErrorLeadsOn:
    @pytest.mark.parametrize(
        ("path", "status", "back"),
        [
            ("/nowhere", 404, "/"),
            ("/orgs/S9", 404, "/"),
            ("/orgs/S2", 404, "/"),
            ("/orgs/S1-1/tasks/7", 404, "/orgs/S1-1"),
            ("/orgs/S1-1/digest", 422, "/orgs/S1-1"),
            ("/orgs/S1-1/wall?month=13", 422, "/orgs/S1-1"),
            ("/orgs/S1-1/papers/nothing.docx", 404, "/orgs/S1-1"),
            ("/outbox/2", 404, "/"),
            ("/static/nothing.css", 404, "/"),
            ("/orgs/S1-1/withdraw", 404, "/orgs/S1-1"),
        ],
    )
    def test_a_refusal_has_the_navigation(
        self, district: District, path: str, status: int, back: str
    ) -> None:
        page = district.login(BOB).get(path)

        assert page.status_code == status
        assert NAVIGATION in page.text
        assert "书记博" in page.text
        assert f'<a href="{back}">' in page.text

    def test_a_refusal_by_a_link_leads_back_to_its_list(self, district: District) -> None:
        link = district.link(1)
        page = district.client().get(f"{link}/evidence/9")

        assert page.status_code == HTTPStatus.NOT_FOUND
        assert f'<a href="{link}">回到任务清单</a>' in page.text

    def test_a_page_that_was_open_too_long_keeps_the_form(self, district: District) -> None:
        bob = district.login(BOB)
        typed = {"task": "3", "on": "2026-03-05", "note": "全体参加", "csrf": "old"}
        stale = bob.post("/orgs/S1-1/done", data=typed)

        assert stale.status_code == HTTPStatus.FORBIDDEN
        assert labels.STALE_FORM in stale.text
        assert "<dt>备注</dt><dd>全体参加</dd>" in stale.text
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', stale.text))
        assert bob.post("/orgs/S1-1/done", data=fields).status_code == HTTPStatus.SEE_OTHER
        assert district.state(3) == "done"

    def test_a_form_from_elsewhere_is_not_offered_again(self, district: District) -> None:
        bob = district.login(BOB)
        typed = {"task": "3", "on": "2026-03-05", "csrf": "old"}
        page = bob.post("/orgs/S1-1/done", data=typed, headers={"sec-fetch-site": "cross-site"})

        assert page.status_code == HTTPStatus.FORBIDDEN
        assert "再提交一次" not in page.text
        assert district.state(3) == "open"

    def test_a_stranger_has_no_navigation_to_go_astray_in(self, district: District) -> None:
        assert NAVIGATION not in district.client().get("/orgs/S1-1").text


@pytest.mark.parametrize("person", [BOB, ALICE, CLERK, CHARLIE])
def test_whoever_enters_or_uploads_reads_what_must_not_be(district: District, person: int) -> None:
    client = district.login(person)
    for path in ("/", "/orgs/S1-1", "/orgs/S2"):
        page = client.get(path)
        assert SECRECY in page.text
    for upload in re.split(r'<input type="file"', district.login(BOB).get("/orgs/S1-1").text)[1:]:
        assert SECRECY in upload[:400]
