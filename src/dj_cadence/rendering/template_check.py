"""Whether the templates of messages can be filled in, tried with invented messages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from traceback import extract_tb

from jinja2 import TemplateSyntaxError

from dj_cadence.domain.digest.digest import (
    NOTHING,
    DigestChild,
    DigestDuty,
    DigestLine,
    DigestView,
    Numbers,
)
from dj_cadence.domain.messages.notifier import Audience
from dj_cadence.domain.messages.view import LISTED, AlertView, ChannelAlertView, Item, MessageView
from dj_cadence.domain.tasks.task import State
from dj_cadence.problems import Problem
from dj_cadence.rendering.templates import Templates


def check_templates(templates: Templates) -> list[Problem]:
    """Faults in the templates of messages, found by reading and by filling in each."""
    loads = [(name, partial(templates.load, name)) for name in templates.message_names()]
    problems = [_problem(load, name) for name, load in loads]
    if not any(problems):
        fills: list[tuple[str, Callable[[], object]]] = []
        for view in SAMPLES:
            fills += [
                (form, partial(templates.render, view, form, home=view.link)) for form in Audience
            ]
            fills += [
                ("chat", partial(templates.render_in_chat, digest, view.link))
                for digest in view.digests
            ]
        fills += [("mail", partial(templates.render_alert, view)) for view in _ALERTS]
        problems = [_problem(fill, name) for name, fill in fills]
    return list(dict.fromkeys(problem for problem in problems if problem))


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
    contents = [(every, (digest, kept)), (every, ()), *(((item,), ()) for item in every), ((), ())]
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


SAMPLES = _samples()
_ALERTS: tuple[AlertView | ChannelAlertView, ...] = (
    AlertView("示例站点", ("a.yaml:1:1: 缺少 title",), "/site"),
    AlertView("示例站点", (), "/site"),
    *(
        ChannelAlertView(
            "示例站点", "email", "邮件", "3月2日08:31", "3月2日09:31", "550 no", 3, is_over=is_over
        )
        for is_over in (False, True)
    ),
)
