"""Organizations by duties: every number is the one that digest and command give."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dj_cadence.bootstrap import open_site
from dj_cadence.domain.access.visitor import ADMINISTRATOR
from dj_cadence.domain.dates.period import Unit
from dj_cadence.loading.tables.file import read_sheets
from dj_cadence.services.pages.duty_grid import LATE, WAITING, GridRequest, duty_grid
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks.task_list import tasks
from tests.world.terminal import TODAY
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, DANA, District

TOP = "YX"
"""The education committee of the demonstration."""
MARCH = "/orgs/E1/grid?unit=month&at=2026-03"


@pytest.fixture(scope="module")
def demo(demo_site: Path) -> Iterator[Site]:
    site = open_site(demo_site, {})
    yield site
    site.database.close()


@pytest.mark.parametrize("unit", [Unit.MONTH, Unit.QUARTER, Unit.SEMESTER, Unit.YEAR])
@pytest.mark.parametrize("every", [False, True], ids=["directly below", "all one by one"])
def test_each_number_is_that_of_the_command(demo: Site, unit: Unit, *, every: bool) -> None:
    with demo.database.read() as session:
        catalogue = applied_catalogue(session)
        top = orgs.find_org(session, TOP)
        request = GridRequest(unit=unit, every=every)
        grid = duty_grid(session, catalogue, ADMINISTRATOR, top, request, TODAY)
        listed = {
            row.code: Counter(
                (task.duty, task.state.value)
                for task in tasks(
                    session,
                    catalogue,
                    today=TODAY,
                    org_code=row.code,
                    subtree=row.has_below,
                    binding=True,
                    due_from=grid.period.first,
                    due_until=grid.period.last,
                )
                if not task.step and task.state != "withdrawn" and not task.confidential
            )
            for row in grid.rows
        }

    shown = {
        row.code: Counter({(d, s): n for d, cell in row.cells.items() for s, n in cell.items()})
        for row in grid.rows
    }
    assert shown == listed
    assert sum(map(Counter.total, shown.values())) > 20
    assert Counter(
        {(d, s): n for d, cell in grid.total.cells.items() for s, n in cell.items()}
    ) == sum(listed.values(), Counter())


def test_a_superior_sees_who_is_behind(any_district: District) -> None:
    page = any_district.login(CLERK).get(MARCH).text

    assert "2026年3月办理情况" in page
    assert "？ 到期待登记 1" in page  # of three at the 党委
    assert "✓ 0/3" in page
    assert "○ 待办" in page  # the one of the school next door
    assert "上级要求的事项" in page


def test_a_row_with_others_below_leads_to_their_own_table(district: District) -> None:
    client = district.login(CLERK)
    assert "/orgs/S1/grid?unit=month&amp;at=2026-03" in client.get(MARCH).text

    page = client.get("/orgs/S1/grid?unit=month&at=2026-03").text

    assert "青禾小学第一党支部" in page
    assert "明湖中学" not in page


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("&q=明湖", "明湖中学党支部", "青禾小学党委"),
        ("&q=s2", "明湖中学党支部", "青禾小学党委"),
        ("&kind=branch", "明湖中学党支部", "青禾小学党委"),
        ("&only=waiting", "青禾小学党委", "明湖中学党支部"),
        ("&every=1", "青禾小学第一党支部", "没有符合条件"),
        ("&every=1&q=第一", "青禾小学第一党支部", "明湖中学党支部"),
        ("&only=nonsense&kind=nonsense&unit=nonsense&at=nonsense", "2026年3月", "Traceback"),
    ],
)
def test_the_table_is_narrowed(district: District, query: str, shown: str, hidden: str) -> None:
    page = district.login(CLERK).get(MARCH + query)

    assert page.status_code == 200
    assert shown in page.text
    assert hidden not in page.text


def test_neighbouring_periods_are_one_tap_away(district: District) -> None:
    page = district.login(CLERK).get("/orgs/E1/grid?unit=quarter&at=2026-Q1").text

    assert "at=2025-Q4" in page
    assert "at=2026-Q2" in page


@pytest.mark.parametrize(
    ("only", "codes"), [("", ["E1", "S1-1", "S1-2"]), (LATE, ["S1-1"]), (WAITING, ["S1-1"])]
)
def test_filters_keep_what_is_late_or_waits(
    any_district: District, only: str, codes: list[str]
) -> None:
    with any_district.database.read() as session:
        catalogue = any_district.context.catalogue(session)
        top = orgs.find_org(session, "E1")
        request = GridRequest(unit=Unit.YEAR, label="2026", every=True, only=only)
        grid = duty_grid(session, catalogue, ADMINISTRATOR, top, request, date(2026, 3, 12))

    assert [row.code for row in grid.rows if row.cells][:3] == codes


def test_the_workbook_has_the_same_rows(district: District, tmp_path: Path) -> None:
    answer = district.login(CLERK).get(MARCH.replace("/grid", "/grid.xlsx"))
    file = tmp_path / "grid.xlsx"
    file.write_bytes(answer.content)

    [sheet] = read_sheets(file)
    rows = [[cell.text for cell in row.cells.values()] for row in sheet.rows]
    assert rows[0][:2] == ["组织代码", "组织"]
    assert [row[0] for row in rows[1:4]] == ["E1", "S1", "S2"]
    assert "到期待登记 1，待办 2" in rows[2]


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        (ALICE, "/orgs/S1/grid", 200),
        (DANA, "/orgs/S1/grid", 200),
        (BOB, "/orgs/S1-1/grid", 200),
        (BOB, "/orgs/S1/grid", 404),
        (BOB, "/orgs/E1/grid.xlsx", 404),
        (CHARLIE, "/orgs/S1/grid", 404),
        (CHARLIE, "/orgs/S1/grid.xlsx", 404),
        (CLERK, "/orgs/NOBODY/grid", 404),
    ],
)
def test_only_who_is_above_sees_it(
    any_district: District, person: int, path: str, status: int
) -> None:
    assert any_district.login(person).get(path).status_code == status


def test_a_stranger_sees_nothing(district: District) -> None:
    assert district.client().get(MARCH).status_code == 403


def test_names_are_text(district: District) -> None:
    page = district.login(CLERK).get("/orgs/E1/grid?every=1&at=2026-03").text

    assert "<script>alert" not in page


def test_a_year_adds_its_months_up(district: District) -> None:
    page = district.login(CLERK).get("/orgs/E1/grid?unit=year&at=2026").text

    assert "！ 逾期 1" in page
    assert "✓ 0/5" in page
