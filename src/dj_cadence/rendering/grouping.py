"""The items of a message in the order in which they are told, and its subject line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from dj_cadence.domain import labels
from dj_cadence.domain.messages.view import LISTED, Item, MessageView
from dj_cadence.domain.reminders.plan import DECIDE
from dj_cadence.domain.tasks.task import State
from dj_cadence.rendering import digest_filters

_LONGEST_TITLE = 16


@dataclass(frozen=True, slots=True)
class Section:
    """The items of one organization that ask for the same."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one organization, the most pressing first."""

    org_name: str
    sections: tuple[Section, ...]


def pressing(items: Sequence[Item], most: int = LISTED) -> tuple[Item, ...]:
    """As many as a message lists, the most pressing ones, in the given order."""
    if len(items) <= most:
        return tuple(items)
    ranked = sorted(range(len(items)), key=lambda place: _urgency(items[place]))
    return tuple(items[place] for place in sorted(ranked[:most]))


def grouped(items: Iterable[Item]) -> tuple[Group, ...]:
    """By organization in the given order, then by what they ask, then by date."""
    by_org: dict[str, list[Item]] = {}
    for item in items:
        by_org.setdefault(item.org_name, []).append(item)
    return tuple(Group(org_name, _sections(own)) for org_name, own in by_org.items())


def _sections(items: list[Item]) -> tuple[Section, ...]:
    ordered = sorted(items, key=_urgency)
    return tuple(
        Section(title, tuple(section_items))
        for title, section_items in groupby(ordered, key=_section)
    )


_BELOW = "下级逾期，请督促"
_LATE, _UNRECORDED = labels.TASKS["overdue"], labels.TASKS["unrecorded"]
_ASKED = "请先确认是否已经办过"
_DECIDE, _SENT_BACK = "待您确认", "上级退回，请重新办理"
_RANKS = (_DECIDE, _SENT_BACK, _BELOW, _LATE, _UNRECORDED, _ASKED, "本月清单", "即将到期")


def _section(item: Item) -> str:
    """The first that holds."""
    holds = (
        (item.reminder_step == DECIDE, _DECIDE),
        (item.sent_back, _SENT_BACK),
        (item.level, _BELOW),
        (item.state == State.OVERDUE, _LATE),
        (item.answer_by, _ASKED),
        (item.state == State.UNRECORDED, _UNRECORDED),
        (item.reminder_step == "list", "本月清单"),
    )
    return next((title for condition, title in holds if condition), "即将到期")


def _urgency(item: Item) -> tuple[int, date]:
    return _RANKS.index(_section(item)), _target(item)


def _target(item: Item) -> date:
    return item.planned or item.due


def summary(view: MessageView) -> dict[str, object]:
    """What the subject line says."""
    sections = [_section(item) for item in view.items]
    ahead = [item for item in view.items if _section(item) in _RANKS[-3:]]
    counts = {
        "项待您确认": sections.count(_DECIDE),
        "项被退回": sections.count(_SENT_BACK),
        "项下级逾期": sections.count(_BELOW),
        f"项{_LATE}": sections.count(_LATE),
        f"项{_UNRECORDED}": sections.count(_UNRECORDED),
        "项待确认是否办过": sections.count(_ASKED),
        f"项{labels.TASKS['open']}": len(ahead) - sections.count(_ASKED),
    }
    digests = view.digests
    return {
        # 1项下级逾期、2项逾期、1项到期待登记、4项待办
        "counts": "、".join(f"{count}{what}" for what, count in counts.items() if count),
        # how many are overdue further down and have come up to the reader
        "below": sections.count(_BELOW),
        # whether nothing in it is the reader's own to do
        "to_look_at": all(item.level for item in view.items),
        # whether nothing but the month's list is in it
        "month": set(sections) == {"本月清单"},
        # the next one that is not yet due
        "nearest": min(
            ahead, key=lambda item: (_target(item) < view.day, _target(item)), default=None
        ),
        "digest_overdue": sum(digest.numbers.overdue for digest in digests),
        "digest_new": sum(digest.numbers.newly_overdue for digest in digests),
        "digest_decisions": sum(digest_filters.how_many(digest.decisions) for digest in digests),
    }


def shorten(text: str) -> str:
    """At most 16 characters, so that a subject line shows its end too."""
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"
