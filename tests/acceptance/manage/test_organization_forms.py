"""What a superior fixes, cases, and days without reminders: on pages, by whom it concerns."""

import re
from datetime import date

import pytest
from httpx2 import Response
from sqlalchemy import text

from dj_cadence.services.site import Site
from tests.world.sites.managed_site import browser
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, DANA, District

ZHAO, LI, SUN = "zhao@example.cn", "li@example.cn", "sun@example.cn"


def sent(site: Site, person: str, page: str, act: str, **fields: str) -> Response:
    """What a person's browser answers to a form on a page of an organization."""
    client = browser(site, person=person)
    data = {"csrf": client.csrf("/"), **fields}
    return client.post(f"/orgs/{page}/{act}", data=data)


def due_days(site: Site, duty: str, period: str) -> set[str]:
    query = text(
        "SELECT DISTINCT task.due FROM task JOIN org ON org.id = task.org_id "
        "WHERE duty = :duty AND period = :period AND step = '' AND state <> 'withdrawn' "
        "AND org.code IN ('B1', 'B2')"
    )
    with site.database.read() as session:
        return set(map(str, session.scalars(query, {"duty": duty, "period": period})))


def test_a_superior_fixes_a_day_and_takes_it_back(planned_site: Site) -> None:
    usual = due_days(planned_site, "theme_party_day", "2026-12")
    fields = {"duty": "theme_party_day", "due": "2026-12-18"}

    fixed = sent(planned_site, ZHAO, "G/announce", "announce", **fields)
    assert fixed.headers["location"] == "/orgs/G/announce?said=announce"
    assert due_days(planned_site, "theme_party_day", "2026-12") == {"2026-12-18"} != usual
    page = browser(planned_site, person=ZHAO).get("/orgs/G/announce").text
    assert "2026年12月：最迟 2026-12-18" in page

    undone = sent(planned_site, ZHAO, "G/announce", "undo", duty="theme_party_day")
    assert undone.headers["location"] == "/orgs/G/announce?said=undo"
    assert due_days(planned_site, "theme_party_day", "2026-12") == usual


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "请至少填一样"),
        ({"due": "2026-12-18", "planned": "2026-12-25"}, "计划日"),
        ({"due": "never"}, "请填写日期"),
    ],
)
def test_what_makes_no_sense_is_refused_and_stays_in_the_form(
    planned_site: Site, fields: dict[str, str], said: str
) -> None:
    answer = sent(planned_site, ZHAO, "G/announce", "announce", duty="theme_party_day", **fields)

    assert answer.status_code == 422
    assert said in re.findall(r'role="alert">([^<]*)', answer.text)[0]
    assert 'value="theme_party_day" selected' in answer.text


def test_a_quiet_period_is_set_and_ended(planned_site: Site) -> None:
    days = {"since": "2026-11-23", "until": "2026-11-27", "reason": "期中考试"}
    added = sent(planned_site, ZHAO, "B1/quiet", "add", **days)
    assert added.headers["location"] == "/orgs/B1/quiet?said=add"
    page = browser(planned_site, person=ZHAO).get("/orgs/B1/quiet").text
    assert "期中考试" in page

    [number] = re.findall(r'name="period" value="(\d+)"', page)
    ended = sent(planned_site, ZHAO, "B1/quiet", "end", period=number)
    assert ended.headers["location"] == "/orgs/B1/quiet?said=end"
    assert "期中考试" not in browser(planned_site, person=ZHAO).get("/orgs/B1/quiet").text


@pytest.mark.parametrize(("person", "status"), [(LI, 422), (SUN, 404)])
def test_nobody_silences_themselves_or_a_neighbour(
    planned_site: Site, person: str, status: int
) -> None:
    days = {"since": "2026-11-23", "until": "2026-11-27", "reason": "忙"}

    client = browser(planned_site, person=person)
    answer = client.post("/orgs/B1/quiet/add", data={"csrf": client.csrf("/"), **days})

    assert answer.status_code in (status, 403)
    with planned_site.database.read() as session:
        assert session.scalars(text("SELECT id FROM quiet_period")).all() == []


def test_a_case_needs_a_duty_that_counts_from_it(planned_site: Site) -> None:
    answer = sent(planned_site, LI, "B1/cases", "open", duty="nonsense", on="2026-11-19")

    assert answer.status_code == 422
    assert "没有按事项计时的规则" in answer.text


@pytest.mark.parametrize(
    ("person", "page", "status"),
    [
        (CLERK, "S1/announce", 200),
        (ALICE, "S1/announce", 200),
        (DANA, "S1/announce", 403),  # 组织委员
        (BOB, "S1/announce", 404),
        (CHARLIE, "S1/announce", 404),
        (ALICE, "S1-1/quiet", 200),
        (BOB, "S1-1/quiet", 403),
        (CHARLIE, "S1-1/quiet", 404),
        (BOB, "S1-1/cases", 200),
        (CHARLIE, "S1-1/cases", 404),
    ],
)
def test_each_page_is_for_whom_it_concerns(
    any_district: District, person: int, page: str, status: int
) -> None:
    assert any_district.login(person).get(f"/orgs/{page}").status_code == status


@pytest.mark.parametrize("page", ["announce/announce", "announce/undo", "quiet/add", "cases/open"])
@pytest.mark.parametrize("person", [CHARLIE, BOB])
def test_no_form_of_them_works_for_others(district: District, page: str, person: int) -> None:
    client = district.login(person)
    fields = {"duty": "theme_party_day", "due": "2026-03-20", "on": "2026-03-01"}
    days = {"since": "2026-03-13", "until": "2026-03-20", "reason": "x"}

    data = {"csrf": client.csrf("/"), **fields, **days}
    answer = client.post(f"/orgs/S1/{page}", data=data)

    assert answer.status_code in (403, 404, 422)
    with district.database.read() as session:
        assert session.scalars(text("SELECT id FROM quiet_period")).all() == []
        assert session.scalars(text("SELECT id FROM override")).all() == []


def test_the_first_day_is_no_day_of_the_year_before(district: District) -> None:
    page = district.login(ALICE).get("/orgs/S1-1/quiet").text

    assert f'value="{date(2026, 3, 12)}"' in page
