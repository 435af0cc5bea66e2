"""What a group may hear: no late organization, no case, no link that acts."""

from dataclasses import replace
from datetime import date

from dj_cadence.domain.digest.digest import DigestChild, DigestLine, DigestView, Numbers
from dj_cadence.domain.messages.view import GroupDigest, Item, MessageView, discreet, for_group

DAY = date(2026, 3, 10)
LINE = DigestLine("第三小学", "第三小学党支部", "主题党日", "2026年2月", date(2026, 2, 27), 3)
ITEM = Item(
    task_id=1,
    org_name="第一小学党支部",
    title="主题党日",
    period="2026年3月",
    opens=date(2026, 3, 1),
    planned=None,
    due=DAY,
    state="open",
    reminder_step="list",
    provisional=False,
    target=1,
    done=0,
    unit="次",
    office="书记",
    relay="组织委员王老师",
    basis="",
    instructions="",
    overdue_days=0,
)


def test_what_is_about_a_person_is_only_counted() -> None:
    item = discreet(replace(ITEM, basis="信访工作条例", instructions="十五日内书面告知。"))
    assert (item.title, item.period, item.basis, item.instructions) == (
        "涉及个人的事项",
        ITEM.period,
        "",
        "",
    )
    assert discreet(replace(ITEM, level=2)).period == "内容不列出"
    view = MessageView("某区", "李老师", DAY, False, (ITEM, item), (), "https://dj.example.cn/t/x")
    told = for_group(view, "https://dj.example.cn")
    assert (len(told.items), told.unnamed) == (1, 1)


def test_a_group_hears_what_is_ahead_and_how_much_is_not() -> None:
    past = replace(ITEM, org_name="第二小学党支部", due=date(2026, 3, 9), state="unrecorded")
    moved = replace(past, due=date(2026, 3, 31), state="overdue")  # granted more time just now
    view = MessageView(
        site_name="某区教育系统",
        person_name="李老师",
        day=DAY,
        late=True,
        items=(ITEM, past, replace(past, state="overdue"), replace(ITEM, of_case=True), moved),
        digests=(
            DigestView(
                org_code="A",
                org_name="某区教育工委",
                week="2026-W11",
                day=DAY,
                since=date(2026, 3, 2),
                numbers=Numbers(3, 1),
                change=None,
                newly_overdue=(LINE,),
                still_overdue=(LINE, LINE),
                children=(DigestChild("B", "第三小学党支部", Numbers(3, 1), None),),
                missing=("第三小学党支部：书记空缺，请确定负责人",),
            ),
        ),
        link="https://dj.example.cn/t/secret",
    )

    told = for_group(view, "https://dj.example.cn")

    assert told.items == (replace(ITEM, relay=""),)
    assert (told.past_due, told.unnamed, told.late) == (3, 1, True)
    assert told.digests == (GroupDigest("某区教育工委", 3, 1, 1),)
    assert told.link == "https://dj.example.cn"
    for word in ("第二小学", "第三小学", "李老师", "王老师", "secret"):
        assert word not in repr(told)
