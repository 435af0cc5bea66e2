"""A message has an upper size, says what it leaves out, and where that stands."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from dj_cadence.domain.digest.digest import DigestChild, Numbers
from dj_cadence.domain.messages.notifier import Audience
from dj_cadence.domain.messages.view import LISTED, Item, MessageView
from dj_cadence.rendering.digest_filters import CHILDREN_IN_MAIL, MISSING_SHOWN
from dj_cadence.rendering.grouping import pressing, summary
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery import message_sources
from dj_cadence.services.operations.tick import tick
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import message, notice
from tests.world.engine import Channel, a_site, at, holds, load
from tests.world.queue import SHIPPED
from tests.world.views import DIGEST, ITEM, VIEW

MANY = 20_000
MOST_BYTES = 500_000
HOME = "https://dj.example.cn"


def items(number: int) -> tuple[Item, ...]:
    """Of five hundred branches, forty a branch; the last branch alone is late."""
    branches = max(number // 40, 1)
    late = {"state": "overdue", "due": date(2026, 1, 30), "overdue_days": 31}
    return tuple(
        replace(
            ITEM,
            task_id=n,
            org_name=f"第{n % branches}党支部",
            **(late if n % branches == branches - 1 else {}),  # type: ignore[arg-type]
        )
        for n in range(number)
    )


def rendered(view: MessageView, form: Audience) -> tuple[str, str]:
    found = Templates([SHIPPED]).render(view, form, home=HOME)
    return found.text, found.html


@pytest.mark.parametrize("form", Audience)
def test_a_bundle_of_twenty_thousand_is_a_mail_like_others(form: Audience) -> None:
    view = replace(VIEW, items=items(MANY))
    text, html = rendered(view, form)
    assert len(text.encode()) + len(html.encode()) < MOST_BYTES
    left_out = MANY - LISTED - (40 if form is Audience.GROUP else 0)
    assert f"另有{left_out}项没有列出" in text
    if form is Audience.MAIL:
        assert f"另有{left_out}项没有列出" in html
        assert html.count(VIEW.link) == 2, "the button, and where the rest stands"
    if form is not Audience.GROUP:  # which names nobody who is late
        assert "第499党支部" in text, "what is most pressing is listed, wherever it stands"


def test_the_counts_are_of_all() -> None:
    assert summary(replace(VIEW, items=items(MANY)))["counts"] == "40项逾期、19960项待办"


@pytest.mark.parametrize("form", Audience)
def test_a_message_that_is_not_too_long_leaves_nothing_out(form: Audience) -> None:
    text, html = rendered(replace(VIEW, items=items(LISTED)), form)
    assert "没有列出" not in text + html


def test_what_is_about_a_person_is_counted_once_in_a_chat() -> None:
    private = replace(ITEM, confidential=True)
    text, _ = rendered(replace(VIEW, items=(*items(LISTED + 5), private, private)), Audience.CHAT)
    assert "另有5项没有列出" in text
    assert "另有2项涉及个人" in text


def order(found: Sequence[Item]) -> list[int]:
    return [item.task_id for item in found]


def test_the_most_pressing_stay_and_in_their_order() -> None:
    late = replace(ITEM, state="overdue", overdue_days=3)
    soon = replace(ITEM, reminder_step="before", planned=date(2026, 3, 3))
    given = [replace(one, task_id=n) for n, one in enumerate([ITEM, soon, late, ITEM, late, soon])]
    assert order(pressing(given, 3)) == [0, 2, 4]
    assert order(pressing(given, 6)) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("form", [Audience.MAIL])
def test_a_digest_of_a_thousand_below_has_an_end(form: Audience) -> None:
    children = tuple(
        DigestChild(f"C{n}", f"第{n}党支部", Numbers(overdue=n), 0) for n in range(1, 1001)
    )
    missing = tuple(f"第{n}党支部：缺少换届日期" for n in range(4000))
    own = tuple(replace(DIGEST.newly_overdue[0], title=f"事项{n}") for n in range(500))
    digest = replace(DIGEST, children=children, missing=missing, own=own)
    text, html = rendered(replace(VIEW, digests=(digest,) * 2, more_digests=148), form)
    assert len(text.encode()) + len(html.encode()) < MOST_BYTES
    for said in (text, html):
        assert "第1000党支部" in said, "those with most overdue are told of"
        assert f"另有{1000 - CHILDREN_IN_MAIL}个组织没有列出" in said
        assert f"另有{4000 - MISSING_SHOWN}条没有列出" in said
        assert "另有148个组织的周报没有列出" in said


def test_what_a_mail_leaves_out_is_sent_all_the_same(
    shipped_district: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for one digest and three items, to a reader of two digests with more to do."""
    monkeypatch.setattr(message_sources, "DIGESTS", 1)
    monkeypatch.setattr(pressing, "__defaults__", (3,))
    load(shipped_district, (), [holds("S", "党务工作者", "赵干事", "zhao@example.cn")])
    channel = Channel()
    site = a_site(shipped_district, channel)

    tick(site, at(date(2026, 4, 13)), owner="test")

    [mail] = [one for one in channel.letters if one.to == "zhao@example.cn"]
    assert "另有1个组织的周报没有列出" in mail.text
    assert len(mail.attachments) == 1
    assert any(re.search(r"另有\d+项没有列出", one.text) for one in channel.letters)
    with shipped_district.read() as session:
        hanging = select(notice.c.outcome).join(message, message.c.id == notice.c.message_id)
        assert set(session.scalars(hanging.where(message.c.state == "sent"))) == {"sent", "folded"}
        owed = select(notice.c.id).where(
            notice.c.outcome == "", notice.c.due_on <= date(2026, 4, 13)
        )
        assert session.scalars(owed).all() == []
