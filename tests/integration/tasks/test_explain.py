"""The whole derivation of a task, in Chinese."""

from datetime import date

import pytest
from sqlalchemy import update

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.delivery.deliver import deliver
from dj_cadence.services.digest.views import digests_of_a_pass
from dj_cadence.services.explain import explain
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.services.tasks.superior_decisions import postpone
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import address
from tests.world.engine import (
    B1,
    EVERYTHING,
    SHANGHAI,
    Channel,
    a_site,
    advance_to,
    apply,
    at,
    load,
    roll,
    the_task,
)

MONDAY = date(2026, 3, 2)


def lines(database: Database, task_id: int, today: date) -> list[str]:
    with database.read() as session:
        return explain(session, EVERYTHING, task_id, today=today, zone=SHANGHAI)


def test_it_says_why_the_task_exists_and_where_its_dates_come_from(planned: Database) -> None:
    task = the_task(planned, "party_day", "B1", "2026-04")

    assert lines(planned, task.id, MONDAY) == [
        f"任务 {task.id}：第一党支部 · 主题党日 · 2026年4月",
        "状态：未开始",
        "",
        "一、为什么有这项任务",
        "  规则 party_day，对应《山东省中小学校党建工作基本要求》“组织建设”部分，由书记办理。",
        "  承担：党支部。",
        *[line for line in lines(planned, task.id, MONDAY) if line.startswith("  依据：")],
        "",
        "二、日期怎么来的",
        "  周期：2026年4月，2026年4月1日（周三）至2026年4月30日（周四）。",
        "  截止日：周期内最后一个工作日，2026年4月30日（周四）。",
        "  计划日：本组织固定日为“5日”，即2026年4月5日（周日）。",
        "  2026年4月5日（周日）不是工作日，在周期内顺延到2026年4月7日（周二）。",
        (
            "  因此：2026年4月1日（周三）起办理，计划日2026年4月7日（周二），"
            "截止2026年4月30日（周四）。"
        ),
        "",
        "三、有过哪些变动",
        "  没有变动。",
        "",
        "四、发过哪些提醒",
        "  还没有提醒。",
        "",
        "五、接下来",
        "  2026年4月1日（周三）再次提醒书记；2026年4月1日（周三）开始办理。",
    ]


def test_it_names_a_document_with_its_article_and_how_sure_it_is(planned: Database) -> None:
    task = the_task(planned, "party_day", "B1", "2026-04")

    (basis,) = [line for line in lines(planned, task.id, MONDAY) if line.startswith("  依据：")]

    assert "基本要求" in basis
    assert "2.4" in basis


def test_it_tells_what_was_changed_by_whom_and_why(planned: Database) -> None:
    task = the_task(planned, "party_day", "B1", "2026-04")
    load(planned, [{**B1, "theme_day": "10日"}], today=MONDAY)
    roll(planned, EVERYTHING, MONDAY)
    with planned.write() as session:
        set_planned(
            session,
            EVERYTHING,
            task.id,
            Actor("李书记", at(MONDAY), MONDAY),
            on=date(2026, 4, 23),
            at="14:30",
        )

    said = lines(planned, task.id, MONDAY)

    start = said.index("三、有过哪些变动") + 1
    assert said[start : start + 2] == [
        (
            "  2026-03-02 dj-cadence：日期变动（计划日2026-04-07 → 2026-04-10），"
            "组织情况或换届日期有变化。"
        ),
        "  2026-03-02 李书记：确定日期（计划日2026-04-10 → 2026-04-23）。",
    ]
    assert "计划日2026年4月23日（周四） 14:30（由本组织自行确定）" in "\n".join(said)


def test_it_tells_what_was_said_to_whom_with_what_outcome(planned: Database) -> None:
    with planned.write() as session:
        session.execute(
            update(address).where(address.c.value == "wu@example.cn").values(state="bad")
        )
    advance_to(planned, EVERYTHING, MONDAY)
    rules, site = EVERYTHING, a_site(planned, Channel())
    bundle(planned, rules, site.settings, now=at(MONDAY))
    deliver(
        planned,
        templates=site.templates,
        notifiers=site.notifiers,
        catalogue=rules,
        settings=site.settings,
        owner="test",
        now=at(MONDAY),
        digest_view=digests_of_a_pass(rules, site.settings, MONDAY),
    )

    def told(org: str) -> list[str]:
        said = lines(planned, the_task(planned, "party_day", org, "2026-03").id, MONDAY)
        return said[said.index("四、发过哪些提醒") + 1 : said.index("五、接下来") - 1]

    attempt = "    2026-03-02 08:30 第1次投递：已发送"
    assert told("B1") == [
        "  2026-03-02 给书记，李书记（邮件）：已并入后一条",
        attempt,
        "  2026-03-02 给书记，李书记（邮件）：已发送",
        attempt,
    ]
    assert told("T") == ["  2026-03-02 给书记：没有可通知的人"]


def test_a_settled_task_has_nothing_to_come(planned: Database) -> None:
    advance_to(planned, EVERYTHING, MONDAY)
    task = the_task(planned, "party_day", "T", "2026-03")
    with planned.write() as session:
        done(session, EVERYTHING, task.id, Actor("x", at(MONDAY), MONDAY), on=MONDAY)

    assert lines(planned, task.id, MONDAY)[1] == "状态：已完成，2026年3月2日（周一）办理"
    assert lines(planned, task.id, MONDAY)[-1] == "  已办结，不再提醒。"


def test_a_term_is_derived_from_its_election(planned: Database) -> None:
    task = the_task(planned, "term", "B1", "term-2023-08-31")

    said = lines(planned, task.id, MONDAY)

    assert said[said.index("二、日期怎么来的") + 1 :][:4] == [
        "  基准：上次换届日期2023年8月31日（周四）。",
        "  任期3年，2026年8月31日（周一）届满（法定期限，不因节假日移动）。",
        "  届满前6个月（2026年2月28日（周六））起办理。",
        "  因此：2026年2月28日（周六）起办理，计划日未定，截止2026年8月31日（周一）。",
    ]


def test_what_a_superior_granted_is_part_of_the_derivation(planned: Database) -> None:
    task = the_task(planned, "term", "B1", "term-2023-08-31")
    with planned.write() as session:
        actor = Actor("张", at(MONDAY), MONDAY)
        postpone(session, EVERYTHING, task.id, actor, until=date(2027, 2, 28), reason="批复")

    said = lines(planned, task.id, MONDAY)

    assert said[said.index("三、有过哪些变动") - 3 :][:2] == [
        "  上级批准延期，截止日由2026年8月31日（周一）改为2027年2月28日（周日）。",
        "  因此：2026年2月28日（周六）起办理，计划日未定，截止2027年2月28日（周日）。",
    ]


def test_an_unknown_task_is_refused(planned: Database) -> None:
    with pytest.raises(Refused, match="没有编号为 999 的任务"):
        lines(planned, 999, MONDAY)


def test_applying_nothing_new_leaves_no_trace(planned: Database) -> None:
    task = the_task(planned, "party_day", "T", "2026-03")
    apply(planned, EVERYTHING)

    assert "  没有变动。" in lines(planned, task.id, MONDAY)
