"""Messages as text: the templates in templates/mail and templates/digest, filled in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from traceback import extract_tb

import css_inline
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateSyntaxError,
    select_autoescape,
)

from dj_cadence.domain.message import (
    AlertView,
    DigestChild,
    DigestLine,
    DigestView,
    Item,
    MessageView,
    Rendered,
)
from dj_cadence.domain.problem import Problem
from dj_cadence.domain.task import State

_WEEKDAYS = "一二三四五六日"
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


@dataclass(frozen=True, slots=True)
class Summary:
    """What the subject line says."""

    counts: str
    """2项逾期、1项待登记、4项待办."""
    month: bool
    """Whether nothing but the month's list is in it."""
    nearest: Item | None
    """The next one that is not yet due."""
    digest_overdue: int
    digest_new: int


class Templates:
    """Templates by name; an earlier folder hides the file of the same name in a later one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=select_autoescape(["html"], default_for_string=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"day": day, "short_day": short_day, "shorten": shorten}
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False)

    def render_message(self, view: MessageView) -> Rendered:
        """The message in all its forms. Raises jinja2's errors for a faulty template."""
        words = {"message": view, "groups": grouped(view.items), "summary": summary(view)}
        return self._render("mail/message", words)

    def render_alert(self, view: AlertView) -> Rendered:
        """What administrators are told, in all its forms."""
        return self._render("mail/alert", {"alert": view})

    def _render(self, name: str, words: Mapping[str, object]) -> Rendered:
        subject, text, html = (
            self._environment.get_template(f"{name}.{form}").render(words)
            for form in ("subject.txt", "txt", "html")
        )
        return Rendered(
            subject=" ".join(subject.split()),
            text=text.strip() + "\n",
            html=self._inliner.inline(html),
        )

    def check(self) -> list[Problem]:
        """Faults in the templates of messages, found by reading and by filling in each."""
        names = self._environment.list_templates(
            filter_func=lambda name: name.startswith(("mail/", "digest/"))
        )
        found = [_problem(partial(self._environment.get_template, name), name) for name in names]
        if not any(found):
            found = [_problem(partial(self.render_message, view), "mail") for view in _SAMPLES]
            found += [_problem(partial(self.render_alert, view), "mail") for view in _ALERTS]
        return list(dict.fromkeys(problem for problem in found if problem))


def _problem(work: Callable[[], object], name: str) -> Problem | None:
    try:
        work()
    except TemplateSyntaxError as error:
        return Problem(f"templates/{error.name}:{error.lineno}", f"模板写法有误：{error.message}")
    except UnicodeDecodeError:
        return Problem(f"templates/{name}", "不是 UTF-8 编码，请另存为 UTF-8")
    except Exception as error:  # noqa: BLE001  a template can call for anything
        return Problem(_place(error) or f"templates/{name}", f"模板填不出来：{error}")
    return None


def _place(error: Exception) -> str:
    """Where in a template `error` arose; jinja2 puts its lines into the traceback."""
    frames = [f for f in extract_tb(error.__traceback__) if not f.filename.endswith(".py")]
    if not frames:
        return ""
    return f"templates/{frames[-1].filename.rpartition('/templates/')[2]}:{frames[-1].lineno}"


def grouped(items: Iterable[Item]) -> tuple[Group, ...]:
    """By organization in the given order, then by what they ask, then by date."""
    by_org: dict[str, list[Item]] = {}
    for item in items:
        by_org.setdefault(item.org_name, []).append(item)
    return tuple(Group(org_name, _sections(own)) for org_name, own in by_org.items())


def _sections(items: list[Item]) -> tuple[Section, ...]:
    ordered = sorted(items, key=lambda item: (_RANKS.index(_section(item)), _target(item)))
    return tuple(Section(title, tuple(found)) for title, found in groupby(ordered, key=_section))


_RANKS = ("逾期", "待登记", "本月清单", "即将到期")


def _section(item: Item) -> str:
    if item.state == State.OVERDUE:
        return "逾期"
    if item.state == State.UNRECORDED:
        return "待登记"
    return "本月清单" if item.rung == "list" else "即将到期"


def _target(item: Item) -> date:
    return item.planned or item.due


def summary(view: MessageView) -> Summary:
    sections = [_section(item) for item in view.items]
    ahead = [item for item in view.items if _section(item) in _RANKS[2:]]
    counts = {
        "项逾期": sections.count("逾期"),
        "项待登记": sections.count("待登记"),
        "项待办": len(ahead),
    }
    return Summary(
        counts="、".join(f"{count}{what}" for what, count in counts.items() if count),
        month=set(sections) == {"本月清单"},
        nearest=min(
            ahead, key=lambda item: (_target(item) < view.day, _target(item)), default=None
        ),
        digest_overdue=sum(len(d.newly_overdue) + len(d.still_overdue) for d in view.digests),
        digest_new=sum(len(d.newly_overdue) for d in view.digests),
    )


def day(value: date, seen_on: date) -> str:
    """3月5日（周四）; with the year where it is not the one of `seen_on`."""
    year = "" if value.year == seen_on.year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日（周{_WEEKDAYS[value.weekday()]}）"


def short_day(value: date, seen_on: date) -> str:
    """5日 within the month of `seen_on`, else 4月5日, or 2027年4月5日 in another year."""
    if (value.year, value.month) == (seen_on.year, seen_on.month):
        return f"{value.day}日"
    year = "" if value.year == seen_on.year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日"


def shorten(text: str) -> str:
    """At most 16 characters, so that a subject line shows its end too."""
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"


def _samples() -> tuple[MessageView, ...]:
    """Invented messages that together reach every part of the templates."""
    seen_on = date(2026, 3, 2)

    def item(state: State, planned: date | None = None, relay: str = "") -> Item:
        return Item(
            task_id=1,
            org_name="示例党支部",
            title="主题党日",
            period="2026年3月",
            opens=date(2026, 3, 3),
            planned=planned,
            due=date(2026, 3, 31),
            state=state,
            rung="list",
            provisional=True,
            target=2,
            done=1,
            unit="次",
            office="书记",
            relay=relay,
            basis="基本要求 2.4",
            instructions="做好记录。",
            overdue_days=1,
        )

    line = DigestLine("示例党支部", "主题党日", "2026年2月", date(2026, 2, 27), 3)
    digest = DigestView(
        "A",
        "示例党委",
        "2026-W10",
        seen_on,
        (line,),
        (line,),
        (DigestChild("B", "示例党支部", 1, 1, 1, 1),),
        ("缺少换届日期。",),
    )
    every = (
        *(item(state) for state in (State.OPEN, State.UNRECORDED, State.OVERDUE)),
        item(State.OPEN, date(2026, 3, 5), "王老师"),
    )
    contents = [(every, (digest,)), (every, ()), *(((one,), ()) for one in every), ((), ())]
    return tuple(
        MessageView("示例站点", "李老师", seen_on, True, items, digests, "https://example.cn/t/x")
        for items, digests in contents
    )


_SAMPLES = _samples()
_ALERTS = (
    AlertView("示例站点", ("a.yaml:1:1: 缺少 title",), "/site"),
    AlertView("示例站点", (), "/site"),
)
