"""What a message and a digest show, literally."""

from datetime import date

from dj_cadence.domain.digest.digest import DigestChild, DigestLine, DigestView, Numbers
from dj_cadence.domain.messages.view import Item, MessageView

MONDAY = date(2026, 3, 2)


ITEM = Item(
    task_id=1,
    org_name="第一小学党支部",
    title="主题党日",
    period="2026年3月",
    opens=date(2026, 3, 1),
    planned=date(2026, 3, 5),
    due=date(2026, 3, 31),
    state="open",
    reminder_step="list",
    provisional=False,
    target=1,
    done=0,
    unit="次",
    office="书记",
    relay="",
    basis="《山东省中小学校党建工作基本要求》“组织建设”部分",
    instructions="组织党员学习，做好记录。",
    overdue_days=0,
)


VIEW = MessageView(
    site_name="某县学校党建",
    person_name="李老师",
    day=MONDAY,
    late=False,
    items=(),
    digests=(),
    link="https://dj.example.cn/t/abc",
)


DIGEST = DigestView(
    org_code="A",
    org_name="某县教育工委",
    week="2026-W10",
    day=MONDAY,
    since=date(2026, 2, 24),
    numbers=Numbers(2, 1, 3, 9, 1),
    change=1,
    newly_overdue=(
        DigestLine("第一小学党委", "第一小学党支部", "主题党日", "2026年2月", date(2026, 2, 27), 3),
    ),
    still_overdue=(
        DigestLine(
            "第一小学党委", "第二小学党支部", "党课", "2025年第四季度", date(2025, 12, 31), 61
        ),
    ),
    missed=(
        DigestLine(
            *("第一小学党委", "第二小学党支部", "支委会", "2026年1月"),
            *(date(2026, 1, 30), 0),
            reason="停课",
        ),
    ),
    children=(
        DigestChild("X", "第一小学党委", Numbers(2, 1, 3, 9, 1), 1),
        DigestChild("Y", "第二小学党委", Numbers(), 0),
    ),
    missing=("第三小学党支部没有换届日期，请补录。",),
)
