"""What people read, to the letter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.chinese import short_day, shortest_day
from dj_cadence.domain.messages.notifier import Audience
from dj_cadence.domain.messages.view import Item, MessageView, Rendered
from dj_cadence.domain.tasks.task import State
from dj_cadence.rendering import templates as rendered_by
from dj_cadence.rendering.grouping import grouped, shorten
from dj_cadence.rendering.template_check import check_templates
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery.skeletons import SharedRenderer
from tests.world.queue import SHIPPED
from tests.world.views import DIGEST, ITEM, MONDAY, VIEW


def _item(**changes: object) -> Item:
    return replace(ITEM, **changes)


def _view(*items: Item, **changes: object) -> MessageView:
    values = {name: getattr(VIEW, name) for name in MessageView.__slots__}
    return MessageView(**{**values, "items": items, **changes})


OVERDUE = _item(title="党课", state="overdue", due=date(2026, 2, 13), overdue_days=17)
UNRECORDED = _item(title="支委会", state="unrecorded", due=date(2026, 2, 27), planned=None)
GROUPS = _item(
    title="党小组会", planned=None, target=3, done=1, unit="组", relay="王老师（党小组长）"
)
UP = _item(
    title="按期换届",
    state="overdue",
    due=date(2026, 2, 22),
    overdue_days=8,
    level=2,
    passed_over=("第一小学党委",),
)
TERM = _item(
    org_name="第二小学党支部",
    title="按期换届",
    period="2024年5月10日起的一届",
    planned=None,
    opens=date(2026, 11, 10),
    due=date(2027, 5, 10),
    reminder_step="m-5",
    provisional=True,
    basis="",
    instructions="",
)


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates([SHIPPED])


@pytest.mark.parametrize(
    ("view", "subject"),
    [
        (_view(ITEM), "党建提醒：主题党日，计划5日"),
        (_view(OVERDUE), "党建提醒：党课已逾期17天"),
        (_view(UNRECORDED), "党建提醒：支委会到期待登记"),
        (_view(GROUPS), "党建提醒（请代转）：党小组会，最迟31日"),
        (_view(TERM), "党建提醒：按期换届，最迟2027年5月10日"),
        (_view(ITEM, GROUPS), "党建提醒：3月有2项待办，最近一项5日主题党日"),
        (_view(ITEM, GROUPS, late=True), "党建提醒（补发）：3月有2项待办，最近一项5日主题党日"),
        (_view(OVERDUE, UNRECORDED), "党建提醒：1项逾期、1项到期待登记"),
        (_view(TERM, OVERDUE, ITEM), "党建提醒：1项逾期、2项待办，最近一项5日主题党日"),
        (_view(digests=(DIGEST,)), "党建工作周报：2项逾期，其中新增1项"),
        (_view(ITEM, digests=(DIGEST,)), "党建工作周报：2项逾期，其中新增1项；本级1项待办"),
        (_view(), "党建提醒：测试消息"),
        (_view(UP), "逾期报告：第一小学党支部按期换届已逾期8天"),
        (_view(UP, UP), "逾期报告：最久8天，2项下级逾期"),
        (_view(UP, ITEM), "党建提醒：1项下级逾期、1项待办，最近一项5日主题党日"),
        (_view(UP, digests=(DIGEST,)), "党建工作周报：2项逾期，其中新增1项；另有1项下级逾期"),
        (_view(ITEM, took_over=True), "任职提醒：您接手时有1项待办，最近一项5日主题党日"),
        (
            _view(_item(title="听取党支部建设工作情况汇报（本学期）")),
            "党建提醒：听取党支部建设工作情况汇报（本…，计划5日",
        ),
    ],
)
def test_the_subject_says_it_all(templates: Templates, view: MessageView, subject: str) -> None:
    assert templates.render_message(view).subject == subject


def test_a_bundle_is_rendered_as_plain_text(templates: Templates) -> None:
    rendered = templates.render_message(_view(ITEM, TERM, OVERDUE, GROUPS))

    assert (
        rendered.text
        == """\
李老师同志：

您有1项逾期、3项待办。办完点这里登记，不用密码：
https://dj.example.cn/t/abc

━━ 第一小学党支部 ━━

【逾期】
1. 党课（2026年3月）
   最迟2月13日（周五），已逾期17天
   组织党员学习，做好记录。
   依据：《山东省中小学校党建工作基本要求》“组织建设”部分

【本月清单】
1. 主题党日（2026年3月）
   计划3月5日（周四），最迟3月31日（周二）
   组织党员学习，做好记录。
   依据：《山东省中小学校党建工作基本要求》“组织建设”部分
2. 党小组会（2026年3月）
   最迟3月31日（周二）
   共3组，已完成1组
   请代为转告王老师（党小组长）
   组织党员学习，做好记录。
   依据：《山东省中小学校党建工作基本要求》“组织建设”部分

━━ 第二小学党支部 ━━

【即将到期】
1. 按期换届（2024年5月10日起的一届）
   11月10日（周二）起，最迟2027年5月10日（周一）（日期暂定）

—
有疑问请问上级党组织。上面的链接只供您本人使用，请勿转发。
"""
    )


def test_an_escalation_is_rendered_as_plain_text(templates: Templates) -> None:
    rendered = templates.render_message(_view(UP, contact="某市教育工委周干事（0531-8888）"))

    assert (
        rendered.text
        == """\
李老师同志：

您有1项下级逾期。点这里查看，不用密码：
https://dj.example.cn/t/abc

━━ 第一小学党支部 ━━

【下级逾期，请督促】
由他们办理和登记，您不用替办。可以打开看看办到哪一步、打电话问一声、督促办理。
1. 按期换届（2026年3月）
   最迟2月22日（周日），已逾期8天
   第一小学党委无法联系，所以直接报您
   依据：《山东省中小学校党建工作基本要求》“组织建设”部分

—
有疑问请联系某市教育工委周干事（0531-8888）。上面的链接只供您本人使用，请勿转发。
"""
    )


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"reported": ("甲党委",)}, "   已报甲党委\n"),
        ({"reported": ("乙工委",), "passed_over": ("甲党委",)}, "   已报乙工委；甲党委无法联系\n"),
        ({"passed_over": ("甲党委",)}, "   甲党委无法联系\n"),
        ({"level": 2, "passed_over": ("甲党委",)}, "   甲党委无法联系，所以直接报您\n"),
    ],
)
def test_each_side_reads_who_else_was_told(
    templates: Templates, changes: dict[str, object], remark: str
) -> None:
    view = _view(_item(state="overdue", overdue_days=3, **changes))

    assert remark in templates.render_message(view).text
    assert remark.strip() in templates.render_message(view).html
    assert remark.strip() in templates.render(view, Audience.CHAT, home="x").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"late": True}, "前几天没能发出的提醒，今天合并补发。"),
        ({"held": ("寒假",)}, "暂缓提醒期（寒假）已过，期间的提醒合并发给您。"),
        ({"took_over": True}, "您新到任，这些是本组织现在要办的事，已随职务交接给您。"),
    ],
)
def test_a_message_says_why_it_comes_now(
    templates: Templates, changes: dict[str, object], sentence: str
) -> None:
    view = _view(ITEM, **changes)

    assert f"\n{sentence}\n" in templates.render_message(view).text
    assert sentence in templates.render_message(view).html
    assert f"\n{sentence}\n" in templates.render(view, Audience.CHAT, home="x").text


def test_a_digest_is_rendered_as_plain_text(templates: Templates) -> None:
    rendered = templates.render_message(_view(digests=(DIGEST,), late=True))

    assert (
        rendered.text
        == """\
李老师同志：

前几天没能发出的提醒，今天合并补发。

━━ 某县教育工委 党建工作周报 ━━

逾期2项（新增1，较上期+1），本周到期3项，已完成9项，未按期开展1项

【新增逾期】1项
1. 第一小学党支部：主题党日（2026年2月），2月27日（周五）到期，逾期3天

【此前逾期仍未办】1项
1. 第二小学党支部：党课（2025年第四季度），2025年12月31日（周三）到期，逾期61天

【未按期开展】1项
1. 第二小学党支部：支委会（2026年1月），1月30日（周五）到期。原因：停课

【下级情况】
第一小学党委：逾期2项（新增1，较上期+1），本周到期3项，已完成9项，未按期开展1项

【需要补全】
· 第三小学党支部没有换届日期，请补录。

—
有疑问请问上级党组织。
"""
    )


def test_the_weekly_digest_goes_into_a_chat_in_its_short_form(templates: Templates) -> None:
    view = _view(digests=(DIGEST,))
    rendered = templates.render(view, Audience.CHAT, home="https://dj.example.cn")
    assert (
        rendered.text
        == f"""\
{view.person_name}同志：党建工作周报如下。

{templates.render_in_chat(DIGEST, "https://dj.example.cn")}"""
    )


def test_a_digest_in_a_chat_names_no_organization_below(templates: Templates) -> None:
    assert (
        templates.render_in_chat(DIGEST, "https://dj.example.cn")
        == """\
某县教育工委 党建工作周报（3月2日（周一））
逾期2项（新增1，较上期+1），本周到期3项，已完成9项，未按期开展1项
需要补全的资料1条。
明细：https://dj.example.cn/orgs/A/digest
"""
    )


def test_the_page_says_the_same_and_loads_nothing(templates: Templates) -> None:
    html = templates.render_message(_view(ITEM, OVERDUE, digests=(DIGEST,))).html

    for words in (
        "主题党日",
        "计划3月5日（周四），最迟3月31日（周二）",
        "已逾期17天",
        "第二小学党支部",
    ):
        assert words in html
    assert html.count('href="https://dj.example.cn/t/abc"') == 1
    assert html.count("http") == 1
    for tag in ("<img", "<style", "<link", "<script", 'class="late" style=""'):
        assert tag not in html
    assert 'style="' in html


def test_names_cannot_carry_markup(templates: Templates) -> None:
    rendered = templates.render_message(_view(_item(org_name="<b>甲</b>", title="甲\n乙")))

    assert "&lt;b&gt;甲&lt;/b&gt;" in rendered.html
    assert "<b>甲</b>" in rendered.text
    assert rendered.subject == "党建提醒：甲 乙，计划5日"


def test_the_same_view_is_always_the_same_text(templates: Templates) -> None:
    view = _view(ITEM, TERM, digests=(DIGEST,))

    assert templates.render_message(view) == Templates([SHIPPED]).render_message(view)


def test_a_site_replaces_one_file_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "message.subject.txt").write_text("我们的提醒", encoding="utf-8")

    rendered = Templates([tmp_path, SHIPPED]).render_message(_view(ITEM))

    assert rendered.subject == "我们的提醒"
    assert rendered.text.startswith("李老师同志：")


def test_the_shipped_templates_are_sound(templates: Templates) -> None:
    assert check_templates(templates) == []


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (
            "好\n{% if %}",
            ":2",
            "模板写法有误：Expected an expression, got 'end of statement block'",
        ),
        ("好\n\n{{ message.nothing }}", ":3", "模板填不出来："),
        ("{% if message.digests %}{{ summary.x }}{% endif %}", ":1", "模板填不出来："),
    ],
)
def test_a_faulty_template_is_told_by_its_line(
    tmp_path: Path, text: str, place: str, message: str
) -> None:
    file = tmp_path / "templates" / "mail" / "message.txt"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")

    (problem,) = check_templates(Templates([tmp_path / "templates", SHIPPED]))

    assert problem.place == f"templates/mail/message.txt{place}"
    assert problem.message.startswith(message)


def test_a_template_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "message.txt").write_bytes("党建".encode("gb18030"))

    (problem,) = check_templates(Templates([tmp_path, SHIPPED]))

    assert str(problem) == "templates/mail/message.txt: 不是 UTF-8 编码，请另存为 UTF-8"


def test_days_are_written_with_weekday_and_with_another_year() -> None:
    assert short_day(date(2026, 3, 5), MONDAY) == "3月5日（周四）"
    assert short_day(date(2027, 1, 1), MONDAY) == "2027年1月1日（周五）"
    assert shortest_day(date(2026, 3, 31), MONDAY) == "31日"
    assert shortest_day(date(2026, 4, 1), MONDAY) == "4月1日"
    assert shortest_day(date(2027, 3, 1), MONDAY) == "2027年3月1日"
    assert shorten("一二三四五六七八九十一二三四五六") == "一二三四五六七八九十一二三四五六"
    assert shorten("一二三四五六七八九十一二三四五六七") == "一二三四五六七八九十一二三四五…"


# --- shapes ---------------------------------------------------------------------------------------

NAMES = (
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30).map(str.strip).filter(bool)
)


@settings(deadline=None)
@given(
    person=NAMES,
    orgs=st.tuples(NAMES, NAMES),
    link=NAMES,
    contact=NAMES | st.just(""),
    state=st.sampled_from(State),
)
def test_names_put_in_afterwards_read_the_same(
    templates: Templates, person: str, orgs: tuple[str, str], link: str, contact: str, state: State
) -> None:
    items = tuple(
        replace(ITEM, org_name=name, task_id=n, state=state) for n, name in enumerate(orgs)
    )
    view = replace(VIEW, person_name=person, link=link, contact=contact, items=items)

    filled, whole = _shared(templates, view), templates.render_message(view)

    assert (filled.subject, filled.text) == (whole.subject, whole.text)
    assert _read(filled.html) == _read(whole.html)


def _shared(templates: Templates | SharedRenderer, view: MessageView) -> Rendered:
    """The view with its names put in afterwards."""
    whose = (view.person_name, view.link, view.contact)
    names = (*whose, *(item.org_name for item in view.items))

    def view_of(others: Sequence[str]) -> MessageView:
        items = zip(view.items, others[3:], strict=True)
        return replace(
            view,
            person_name=others[0],
            link=others[1],
            contact=others[2],
            items=tuple(replace(item, org_name=name) for item, name in items),
        )

    said = (view.day, tuple(replace(item, org_name="", task_id=0) for item in view.items))
    renderer = (
        SharedRenderer(templates.render_message) if isinstance(templates, Templates) else templates
    )
    return renderer.render(said, names, view_of).rendered()


def _read(html: str) -> str:
    """As a reader takes it: there are several ways to write a quotation mark."""
    return html5lib.serialize(html5lib.parse(html), quote_attr_values="always")


def test_messages_that_differ_in_names_are_filled_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    templates = Templates([SHIPPED])
    calls = []
    monkeypatch.setattr(rendered_by, "grouped", lambda items: (calls.append(1), grouped(items))[1])
    views = [
        replace(VIEW, person_name=name, link=f"https://x/{n}", items=(replace(ITEM, task_id=n),))
        for n, name in enumerate(("甲", "乙", "丙"))
    ]

    renderer = SharedRenderer(templates.render_message)
    texts = [_shared(renderer, view).text for view in views]

    assert len(calls) == 1
    assert [text.partition("：")[0] for text in texts] == ["甲同志", "乙同志", "丙同志"]
    assert [f"https://x/{n}" in text for n, text in enumerate(texts)] == [True] * 3


def test_a_mark_in_what_is_said_stays_what_it_is(templates: Templates) -> None:
    view = replace(VIEW, items=(replace(ITEM, title="\ue000\ue005", instructions="\ue001"),))

    assert _shared(templates, view) == templates.render_message(view)
