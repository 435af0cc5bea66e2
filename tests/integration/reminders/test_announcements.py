"""What a superior lays over a duty for its subtree, on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from dj_cadence.domain.rules.duty import Tier, Vacation
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.digest.views import digest_view
from dj_cadence.services.explain import explain
from dj_cadence.services.rules.announce import Announcement, announce, take_back
from dj_cadence.services.tasks.record import set_planned
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import overrides
from tests.world.engine import (
    EVERYTHING,
    GROUPS,
    SETTINGS,
    SHANGHAI,
    acts,
    advance_to,
    at,
    catalogue,
    everything,
    roll,
    tasks,
    the_task,
)

TODAY = date(2026, 4, 2)


@pytest.fixture
def district(planned: Database) -> Database:
    """Planned as far as the engine looks ahead on 2026-04-02."""
    roll(planned, EVERYTHING, TODAY)
    return planned


def said(database: Database, duty: str, org: str, **how: object) -> str:
    with database.write() as session:
        asked = Announcement(**how)  # type: ignore[arg-type]
        period = announce(session, EVERYTHING, duty, org, Actor("x", at(TODAY), TODAY), asked)
    roll(database, EVERYTHING, TODAY)
    return period


def dates(database: Database, duty: str, label: str) -> dict[str, tuple[date | None, date, str]]:
    return {
        row.code: (row.planned, row.due, row.theme)
        for row in tasks(database, duty)
        if row.label == label
    }


def test_dates_and_theme_hold_for_the_subtree_and_the_period_only(district: Database) -> None:
    period = said(
        district, "winter", "S", due=date(2027, 2, 26), planned=date(2027, 1, 20), theme="对照党章"
    )

    announced = (date(2027, 1, 20), date(2027, 2, 26), "对照党章")
    usual = (None, date(2027, 3, 31), "")
    assert period == "2026"
    assert dates(district, "winter", "2026") == {"B1": announced, "B2": announced, "T": usual}


def test_the_nearer_superior_goes_before_the_farther(district: Database) -> None:
    said(district, "winter", "E", due=date(2027, 3, 15))
    said(district, "winter", "S", due=date(2027, 2, 26))

    found = dates(district, "winter", "2026")
    assert {code: due for code, (_, due, _) in found.items()} == {
        "B1": date(2027, 2, 26),
        "B2": date(2027, 2, 26),
        "T": date(2027, 3, 15),
    }


def test_an_announced_date_moves_the_same_task_and_explain_says_why(district: Database) -> None:
    before = the_task(district, "winter", "B1", "2026")

    said(district, "winter", "S", due=date(2027, 2, 26))

    after = the_task(district, "winter", "B1", "2026")
    assert (after.id, after.due, after.due_revision) == (before.id, date(2027, 2, 26), 1)
    with district.read() as session:
        told = explain(session, EVERYTHING, after.id, today=TODAY, zone=SHANGHAI)
    assert "  上级部署：最迟2027年2月26日（周五）。" in told


def test_the_history_names_the_announcement_as_what_moved_the_task(district: Database) -> None:
    said(district, "winter", "S", due=date(2027, 2, 26))

    moved = the_task(district, "winter", "B1", "2026")
    assert acts(district, moved.id) == [("move", "dj-cadence", "上级部署、规则或工作日历有变化")]


def test_what_is_switched_off_cannot_be_announced(district: Database) -> None:
    off = catalogue(replace(GROUPS, enabled=False))
    before = everything(district)

    with pytest.raises(Refused) as refused, district.write() as session:
        announce(
            session, off, "groups", "S", Actor("x", at(TODAY), TODAY), Announcement(adopt=True)
        )

    assert str(refused.value) == (
        "“党小组会”没有启用，部署不起作用；先在站点的规则里写 enabled: true 并应用。"
    )
    assert everything(district) == before


def test_announcing_again_replaces_what_was_announced(district: Database) -> None:
    said(district, "winter", "S", due=date(2027, 2, 26), theme="对照党章")
    said(district, "winter", "S", due=date(2027, 3, 10))

    assert dates(district, "winter", "2026")["B1"] == (None, date(2027, 3, 10), "对照党章")


def test_a_day_that_the_branch_set_itself_is_theirs(district: Database) -> None:
    mine = the_task(district, "winter", "B1", "2026")
    with district.write() as session:
        set_planned(
            session, EVERYTHING, mine.id, Actor("x", at(TODAY), TODAY), on=date(2026, 12, 9)
        )

    said(district, "winter", "S", due=date(2027, 2, 26), planned=date(2027, 1, 20))

    found = dates(district, "winter", "2026")
    assert (found["B1"][0], found["B2"][0]) == (date(2026, 12, 9), date(2027, 1, 20))


@pytest.mark.parametrize(
    ("duty", "org", "how", "reason"),
    [
        ("winter", "S", {"due": date(2027, 4, 1)}, "不在“组织生活会”的任何一个周期之内"),
        ("winter", "B1", {"due": date(2027, 2, 1)}, "第一党支部没有下级组织，无法部署。"),
        (
            "winter",
            "S",
            {},
            "请用 --due 写明最迟日期，或用 --adopt 采纳默认周期，或用 --vacation、--escalate。",
        ),
        (
            "winter",
            "S",
            {"due": date(2027, 2, 1), "planned": date(2027, 2, 2)},
            "2027年2月2日（周二）不在其中",
        ),
        ("term", "S", {"due": date(2027, 2, 1)}, "不按周期办理，不能部署日期"),
        (
            "party_day",
            "S",
            {"vacation": Vacation.WAIVE},
            "的周期由《山东省中小学校党建工作基本要求》“组织建设”部分规定，假期也不能免",
        ),
        ("wintr", "S", {"due": date(2027, 2, 1)}, "是否想写“winter”"),
    ],
)
def test_what_cannot_be_announced_changes_nothing(
    district: Database, duty: str, org: str, how: dict[str, object], reason: str
) -> None:
    before = everything(district)

    with pytest.raises(Refused) as refused:
        said(district, duty, org, **how)

    assert reason in str(refused.value)
    assert everything(district) == before


def test_every_fault_is_named_at_once_with_the_clause_and_the_nearest_period(
    district: Database,
) -> None:
    how = {"due": date(2027, 4, 1), "vacation": Vacation.WAIVE}
    clause = "周期由《山东省中小学校党建工作基本要求》“组织建设”部分规定"

    with pytest.raises(Refused) as refused:
        said(district, "winter", "B1", **how)

    assert str(refused.value).splitlines() == [
        "--org B1：第一党支部没有下级组织，无法部署。",
        (
            f"--due 2027-04-01：2027年4月1日（周四）不在“组织生活会”的任何一个周期之内；{clause}，"
            "只能提前，不能放宽。最近的是2026年，2026年10月1日（周四）至2027年3月31日（周三）。"
        ),
        f"--vacation waive：“组织生活会”的{clause}，假期也不能免。",
        "共 3 处错误，没有部署。",
    ]


def test_a_default_period_goes_upwards_once_a_superior_adopts_it(district: Database) -> None:
    late = date(2026, 7, 13)  # the second quarter's 党课 was due on 06-30
    roll(district, EVERYTHING, late)
    advance_to(district, EVERYTHING, late)

    before, titles = overdue_titles(district, "E", late), {"党课"}
    said(district, "lecture", "S", adopt=True)

    assert "党课" not in before
    assert overdue_titles(district, "S", late) >= titles
    assert overdue_titles(district, "E", late) >= titles


def overdue_titles(database: Database, org: str, today: date) -> set[str]:
    with database.read() as session:
        above = orgs.find_org(session, org)
        view = digest_view(session, EVERYTHING, SETTINGS, above.id, "2026-W29", today=today)
        return {line.title for line in (*view.newly_overdue, *view.still_overdue)}


def test_a_superior_lets_the_groups_rest_in_august(district: Database) -> None:
    rules = catalogue(replace(GROUPS, tier=Tier.B))

    with district.write() as session:
        actor = Actor("x", at(TODAY), TODAY)
        announce(session, rules, "groups", "S", actor, Announcement(vacation=Vacation.WAIVE))
    roll(district, rules, TODAY)

    states = {row.label: row.state for row in tasks(district, "groups")}
    assert (states["2026-06"], states["2026-08"]) == ("planned", "withdrawn")


def test_an_unknown_duty_and_organization_are_told_with_the_rest(district: Database) -> None:
    with pytest.raises(Refused) as refused:
        said(district, "wintr", "SS", planned=date(2026, 12, 1))

    assert str(refused.value).splitlines() == [
        "没有规则 wintr，是否想写“winter”？",
        "没有代码为“SS”的组织，是否想写“S”？",
        "请用 --due 写明最迟日期，或用 --adopt 采纳默认周期，或用 --vacation、--escalate。",
        "写计划日或主题时，要用 --due 写明最迟日期。",
        "共 4 处错误，没有部署。",
    ]


def test_an_unknown_organization_hides_no_fault_of_the_dates(district: Database) -> None:
    with pytest.raises(Refused) as refused:
        said(district, "lecture", "SS", due=date(2026, 6, 20), planned=date(2026, 7, 1))

    assert str(refused.value).splitlines() == [
        "没有代码为“SS”的组织，是否想写“S”？",
        (
            "--planned 2026-07-01：计划日应在2026年4月1日（周三）至2026年6月20日（周六）"
            "之间，2026年7月1日（周三）不在其中。"
        ),
        "共 2 处错误，没有部署。",
    ]


# --- taken back ----------------------------------------------------------------------------------


def taken_back(database: Database, duty: str, org: str, hour: int) -> None:
    with database.write() as session:
        take_back(session, EVERYTHING, duty, org, now=at(TODAY, hour))
    roll(database, EVERYTHING, TODAY)


def test_what_was_announced_last_is_taken_back_first(district: Database) -> None:
    usual = dates(district, "winter", "2026")
    for hour, day in ((9, date(2027, 2, 26)), (10, date(2027, 1, 29))):
        with district.write() as session:
            actor = Actor("x", at(TODAY, hour), TODAY)
            announce(
                session,
                EVERYTHING,
                "winter",
                "S",
                actor,
                Announcement(due=day, theme=f"{day.month}月前"),
            )
        roll(district, EVERYTHING, TODAY)

    found = []
    for hour in (11, 12):
        taken_back(district, "winter", "S", hour)
        found.append(dates(district, "winter", "2026")["B1"])

    assert found == [(None, date(2027, 2, 26), "2月前"), usual["B1"]]
    assert dates(district, "winter", "2026") == usual
    with pytest.raises(Refused, match="没有部署过“组织生活会”，没有可以撤回的"):
        taken_back(district, "winter", "S", 13)


def test_an_adoption_is_taken_back(district: Database) -> None:
    said(district, "lecture", "S", adopt=True)

    taken_back(district, "lecture", "S", 12)

    with district.read() as session:
        assert overrides.adopted(session) == []
