"""tick, simulate, digest, feed: the engine by hand."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from dj_cadence.domain.labels import TASKS
from dj_cadence.entrypoints.cli.arguments import (
    AsJson,
    From,
    Misuse,
    Org,
    Until,
    ending,
    option,
    parse_instant,
)
from dj_cadence.entrypoints.cli.context import Opened, opened
from dj_cadence.entrypoints.cli.output import say, say_json, write_file
from dj_cadence.errors import Refused

Out = Annotated[Path | None, option("--out", "文件", "写到文件")]

_EVENTS = {
    "opened": "开始办理",
    "notice": "产生提醒",
    "message": "发出消息",
    "unrecorded": f"转为{TASKS['unrecorded']}",
    "overdue": TASKS["overdue"],
    "escalated": "直接报上级",
    "digest": "发出周报",
    "done": "登记完成",
}

_WHY = {"late": "，补发", "held": "，暂缓提醒期后合并", "newcomer": "，新到任"}
"""Why a message comes now."""


def tick(
    ctx: typer.Context,
    at: Annotated[str, option("--at", "时刻", "当作这个时刻；默认现在")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="走到将来的时刻时确认")] = False,
) -> None:
    """让引擎走一遍：更新任务、产生提醒、发送。"""
    from dj_cadence.services.operations.clock_guard import check_clock, read_clock
    from dj_cadence.services.operations.tick import tick_by_hand

    with opened(ctx) as site:
        now = parse_instant(at) if at else site.now
        if not at:
            check_clock(site.site, read_clock())
        if now > site.now and not yes:
            raise Refused(
                f"{at} 还没有到：提前走到那一刻会发出消息、让任务逾期，而且不能撤回。"
                "只想看看请用 simulate；确实要走请加 --yes。"
            )
        report = tick_by_hand(site.site, now, "tick")
    say(f"检查任务 {report.advanced} 项，生成消息 {report.bundled} 封，发出 {report.sent} 封。")


def simulate(
    ctx: typer.Context,
    since: From = None,
    until: Until = None,
    answer: Annotated[str, option("--answer", "方式", "never、on-time 或 late:天数")] = "never",
    *,
    as_json: AsJson = False,
) -> None:
    """在副本上走一遍一段日子，看会发生什么；不发送任何东西。"""
    from dj_cadence.services.simulation.simulate import parse_answer
    from dj_cadence.services.simulation.simulate import simulate as walk

    if since is None or until is None or since > until:
        raise Misuse("请用 --from 和 --until 给出起止日期，起在前、止在后。")
    people = parse_answer(answer)
    with opened(ctx) as site:
        walk(site.site, since, until, people, say_json if as_json else _tell)


def _tell(event: Mapping[str, object]) -> None:
    name = str(event["event"])
    if name == "summary":
        say(f"{event['from']} 至 {event['until']}：")
        counts = event["events"]
        assert isinstance(counts, Mapping)
        say("　" + "，".join(f"{_EVENTS[key]} {count}" for key, count in counts.items()) + "。")
        say(f"　收到消息最多的人有 {event['most_message_days']} 天收到消息。")
        return
    about = (
        f"{event['to']}（{len(list(event['tasks']))} 项）"  # type: ignore[call-overload]
        if name == "message"
        else f"{event['org']} → {event['to']}"
        if name == "digest"
        else f"{event.get('org', '')} {event.get('duty', '')} {event.get('period', '')}"
    )
    why = "".join(word for key, word in _WHY.items() if event.get(key))
    say(f"{str(event['at'])[:16].replace('T', ' ')} {_EVENTS[name]}：{about}{why}")


def digest(
    ctx: typer.Context,
    org: Org,
    week: Annotated[str, option("--week", "周", "如 2026-W48；默认本周")] = "",
    out: Annotated[Path | None, option("--out", "文件", "写到 .txt、.html 或 .xlsx 文件")] = None,
    *,
    chat: Annotated[bool, typer.Option("--chat", help="只要能贴进群里的几行")] = False,
    send: Annotated[bool, typer.Option("--send", help="现在就发给读周报的人")] = False,
) -> None:
    """看一个上级组织的周报；过去的周只有数字。"""
    from dj_cadence.domain.dates.iso_week import week_label
    from dj_cadence.rendering.workbooks import digest_workbook
    from dj_cadence.services.digest.making import as_message, requested_digest
    from dj_cadence.services.roster.named import find_org
    from dj_cadence.services.rules.applied import applied_catalogue

    with opened(ctx) as site:
        if week and week != week_label(_week(week)):
            raise Misuse(f"“{week}”不是一周，应写成 2026-W48 这样。")
        if send and week not in ("", week_label(site.today)):
            raise Refused(f"只能发送本周（{week_label(site.today)}）的周报。")
        form = ending(out, ".txt", ".html", ".xlsx") if out else ".txt"
        with site.site.database.read() as session:
            rules, above = applied_catalogue(session), find_org(session, org)
            view = requested_digest(
                session, rules, site.settings, above, today=site.today, week=week
            )
            message = as_message(session, site.site, view, above)
        templates = site.site.templates
        if chat:
            _deliver(templates.render_in_chat(view, site.settings.web_address), out)
        elif form == ".xlsx":
            _deliver(digest_workbook(view), out)
        else:
            shown = templates.render_message(message)
            text = f"{shown.subject}\n\n{shown.text}"
            _deliver(shown.html if form == ".html" else text, out)
        if send:
            _send_digest(site, org)


def _week(label: str) -> date:
    """The Monday of a week, or a day that belongs to no such label."""
    from dj_cadence.domain.dates.iso_week import first_day_of_week

    try:
        return first_day_of_week(label)
    except ValueError:
        return date.min


def _deliver(content: str | bytes, out: Path | None) -> None:
    """Print text, or write a file."""
    if out is None:
        say(str(content))
    else:
        write_file(content, out)


def _send_digest(site: Opened, org: str) -> None:
    from dj_cadence.services.digest.making import order_digest
    from dj_cadence.services.operations.clock_guard import check_clock, read_clock
    from dj_cadence.services.operations.tick import tick_by_hand

    check_clock(site.site, read_clock())
    with site.acting("") as act:
        to = order_digest(act.session, act.catalogue, site.site, act.org(org), now=site.now)
    tick_by_hand(site.site, site.now, "digest")
    say(f"已交给 {to} 的通知渠道。")


def feed(
    ctx: typer.Context,
    org: Org = "",
    out: Out = None,
    person: Annotated[str, option("--person", "人员", "这个人各项职务的日历：人员编号或地址")] = "",
    *,
    rotate: Annotated[bool, typer.Option("--rotate", help="换新地址，旧的立即失效")] = False,
) -> None:
    """日历订阅：给出地址，或把日历写到文件。"""
    from dj_cadence.services.feeds import address
    from dj_cadence.services.feeds.cache import Feeds
    from dj_cadence.services.rules.applied import applied_catalogue

    with opened(ctx) as site:
        database, settings = site.site.database, site.settings
        subject = _feed_subject(site, org, person)
        if rotate:
            with database.write() as session:
                address.rotate(session, settings, subject, site.now)
        url = address.feed_address(database, settings, subject, site.now)
        if out is not None:  # the copy that is kept of it belongs to an address
            content = Feeds(database, settings, applied_catalogue).body(subject, site.now)
            write_file(content, out)
        else:
            say(url)


def _feed_subject(site: Opened, org: str, person: str) -> str:
    """Whose calendar is meant. With both, the person must hold an office there."""
    from dj_cadence.services.access.permissions import holds_at
    from dj_cadence.services.roster.named import find_org, find_person

    if not org and not person:
        raise Misuse("请写组织代码，或用 --person 写明人员。")
    with site.site.database.read() as session:
        org_id = find_org(session, org).id if org else 0
        if not person:
            return f"org:{org_id}"
        person_id = find_person(session, person).id
        if org and not holds_at(session, person_id, [org_id], site.today):
            raise Refused(f"{person} 今天在 {org} 没有任职。只用 --person 可得到其各项职务的日历。")
        return f"person:{person_id}"
