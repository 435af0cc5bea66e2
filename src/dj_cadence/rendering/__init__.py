"""Messages as text: templates/mail, templates/digest and templates/chat, filled in."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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

from dj_cadence.domain import labels
from dj_cadence.domain.digest.digest import (
    NOTHING,
    DigestChild,
    DigestDuty,
    DigestLine,
    DigestView,
    Numbers,
)
from dj_cadence.domain.messages.notifier import Audience
from dj_cadence.domain.messages.view import (
    LISTED,
    AlertView,
    ChannelAlertView,
    Item,
    MessageView,
    Rendered,
    for_group,
)
from dj_cadence.domain.organizations.page_address import organization_path
from dj_cadence.domain.reminders.plan import DECIDE
from dj_cadence.domain.tasks.task import State
from dj_cadence.problems import Problem
from dj_cadence.rendering import digest_filters
from dj_cadence.rendering.dates import day, short_day

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
    """1项下级逾期、2项逾期、1项到期待登记、4项待办."""
    below: int
    """How many are overdue further down and have come up to the reader."""
    to_look_at: bool
    """Whether nothing in it is the reader's own to do."""
    month: bool
    """Whether nothing but the month's list is in it."""
    nearest: Item | None
    """The next one that is not yet due."""
    digest_overdue: int
    digest_new: int
    digest_decisions: int
    """How much waits for the reader's decision."""


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
        self._environment.filters |= digest_filters.FILTERS
        self._environment.globals["states"] = labels.TASKS
        self._environment.globals["most_missing"] = digest_filters.MISSING_SHOWN
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
        self._own = folders[:-1]

    def mails_are_shipped(self) -> bool:
        """Whether a site has none of its own, which may do anything with a name."""
        return not any((folder / "mail").is_dir() for folder in self._own)

    def render_message(self, view: MessageView) -> Rendered:
        """The mail in all its forms. Raises jinja2's errors for a faulty template."""
        return self._render("mail/message", _words(view, view.items))

    def render_alert(self, view: AlertView) -> Rendered:
        """What administrators are told, in all its forms."""
        return self._render("mail/alert", {"alert": view})

    def render_channel_alert(self, view: ChannelAlertView) -> Rendered:
        """What administrators are told about a channel."""
        return self._render("mail/channel", {"alert": view})

    def _render(self, name: str, words: Mapping[str, object]) -> Rendered:
        text, html = (
            self._environment.get_template(f"{name}.{form}").render(words)
            for form in ("txt", "html")
        )
        return Rendered(
            subject=self._line(f"{name}.subject.txt", words),
            text=text.strip() + "\n",
            html=self._inliner.inline(html),
        )

    def render(self, view: MessageView, form: Audience, *, home: str) -> Rendered:
        """The message as a channel of that form carries it; `home` is the site's own address."""
        match form:
            case Audience.MAIL:
                return self.render_message(view)
            case Audience.CHAT:
                named = [item for item in view.items if not item.confidential]
                words = {**_words(view, named), "page_of": partial(digest_page, home)}
                subject = self._line("mail/message.subject.txt", words)
                return Rendered(subject, self._text("chat/personal.txt", words), "")
            case Audience.GROUP:
                told = for_group(view, home)
                listed = pressing(told.items)
                left_out = len(told.items) - len(listed)
                words = {"message": told, "groups": grouped(listed), "left_out": left_out}
                text = self._text("chat/group.txt", words)
                return Rendered(text.partition("\n")[0], text, "")

    def _line(self, name: str, words: Mapping[str, object]) -> str:
        return " ".join(self._environment.get_template(name).render(words).split())

    def _text(self, name: str, words: Mapping[str, object]) -> str:
        """Without the empty lines that a template leaves behind, but for single ones."""
        text = self._environment.get_template(name).render(words).strip()
        return re.sub(r"\n{3,}", "\n\n", text) + "\n"

    def render_in_chat(self, digest: DigestView, web_address: str) -> str:
        """A digest in a few lines that name no organization below, with a link to its page."""
        found = self._environment.get_template("chat/digest.txt")
        return found.render(digest=digest, link=digest_page(web_address, digest)).strip() + "\n"

    def check(self) -> list[Problem]:
        """Faults in the templates of messages, found by reading and by filling in each."""
        names = self._environment.list_templates(
            filter_func=lambda name: name.startswith(("mail/", "digest/", "chat/"))
        )
        found = [_problem(partial(self._environment.get_template, name), name) for name in names]
        if not any(found):
            found = [
                _problem(partial(self.render, view, form, home=view.link), form)
                for view in _SAMPLES
                for form in Audience
            ]
            found += [
                _problem(partial(self.render_in_chat, digest, view.link), "chat")
                for view in _SAMPLES
                for digest in view.digests
            ]
            found += [_problem(partial(self.render_alert, view), "mail") for view in _ALERTS]
            found += [
                _problem(partial(self.render_channel_alert, view), "mail") for view in _CHANNELS
            ]
        return list(dict.fromkeys(problem for problem in found if problem))


def digest_page(home: str, digest: DigestView) -> str:
    return f"{home}{organization_path(digest.org_code)}/digest"


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


def _words(view: MessageView, items: Sequence[Item]) -> dict[str, object]:
    """What a template fills in, where `items` may be told one by one."""
    listed = pressing(items)
    return {
        "message": view,
        "groups": grouped(listed),
        "left_out": len(items) - len(listed),
        "summary": summary(view),
    }


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
    return tuple(Section(title, tuple(found)) for title, found in groupby(ordered, key=_section))


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


def summary(view: MessageView) -> Summary:
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
    return Summary(
        counts="、".join(f"{count}{what}" for what, count in counts.items() if count),
        below=sections.count(_BELOW),
        to_look_at=all(item.level for item in view.items),
        month=set(sections) == {"本月清单"},
        nearest=min(
            ahead, key=lambda item: (_target(item) < view.day, _target(item)), default=None
        ),
        digest_overdue=sum(digest.numbers.overdue for digest in view.digests),
        digest_decisions=sum(digest_filters.how_many(digest.decisions) for digest in view.digests),
        digest_new=sum(digest.numbers.newly_overdue for digest in view.digests),
    )


def shorten(text: str) -> str:
    """At most 16 characters, so that a subject line shows its end too."""
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"


def _sample(state: State, planned: date | None = None, relay: str = "") -> Item:
    return Item(
        task_id=1,
        org_name="示例党支部",
        title="主题党日",
        period="2026年3月",
        opens=date(2026, 3, 3),
        planned=planned,
        due=date(2026, 3, 31),
        state=state,
        reminder_step="list",
        provisional=True,
        target=2,
        done=1,
        unit="次",
        office="书记",
        relay=relay,
        basis="《山东省中小学校党建工作基本要求》“组织建设”部分",
        instructions="做好记录。",
        overdue_days=1,
    )


def _samples() -> tuple[MessageView, ...]:
    """Invented messages that together reach every part of the templates."""
    seen_on = date(2026, 3, 2)
    line = DigestLine("示例党委", "示例党支部", "主题党日", "2026年2月", date(2026, 2, 27), 3)
    numbers = Numbers(2, 1, 1, 1, 1, 1)
    digest = DigestView(
        org_code="A",
        org_name="示例教育工委",
        week="2026-W10",
        day=seen_on,
        since=date(2026, 2, 24),
        numbers=numbers,
        change=1,
        children=(DigestChild("B", "示例党委", numbers, -1), DigestChild("C", "甲", NOTHING, 0)),
        duties=(DigestDuty("主题党日", numbers),),
        newly_overdue=(line,),
        still_overdue=(replace(line, count=2, period=""),),
        missed=(replace(line, reason="停课"),),
        decisions=(line,),
        own=(line,),
        missing=("缺少换届日期。",),
    )
    kept = replace(digest, numbers=NOTHING, change=None, listed=False)
    every = (
        *(_sample(state) for state in (State.OPEN, State.UNRECORDED, State.OVERDUE)),
        _sample(State.OPEN, date(2026, 3, 5), "王老师"),
    )
    told = replace(every[2], reported=("示例党委",), passed_over=("示例总支",))
    below = replace(told, level=2, reported=())
    every = (*every, told, below)
    contents = [(every, (digest, kept)), (every, ()), *(((one,), ()) for one in every), ((), ())]
    plain = tuple(
        MessageView("示例站点", "李老师", seen_on, True, items, digests, "https://example.cn/t/x")
        for items, digests in contents
    )
    asked = tuple(
        replace(
            view,
            contact="示例党委王老师（0531-1）",
            took_over=True,
            first="person",
            role="示例党支部书记",
            host="示例教育工委",
        )
        for view in plain
    )
    held = tuple(replace(view, late=False, held=("寒假",), first="address") for view in asked)
    many = replace(plain[0], items=every * (LISTED // len(every) + 1), more_digests=3)
    return (*plain, *asked, *held, many)


_SAMPLES = _samples()
_ALERTS = (
    AlertView("示例站点", ("a.yaml:1:1: 缺少 title",), "/site"),
    AlertView("示例站点", (), "/site"),
)
_CHANNELS = tuple(
    ChannelAlertView(
        "示例站点", "email", "邮件", "3月2日08:31", "3月2日09:31", "550 no", 3, is_over=is_over
    )
    for is_over in (False, True)
)
