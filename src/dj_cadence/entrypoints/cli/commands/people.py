"""burden, phone-list: what the product asks of people, and whom it cannot reach."""

from datetime import date
from typing import Annotated

import typer

from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.entrypoints.cli.arguments import AsJson, parse_month
from dj_cadence.entrypoints.cli.context import opened
from dj_cadence.entrypoints.cli.output import say_json, table
from dj_cadence.store.digest import burden as burdens
from dj_cadence.store.digest import phone_list as unreached
from dj_cadence.store.roster import orgs

_Everywhere = Annotated[str, typer.Option("--org", metavar="组织", help="连同下级；不写为全站")]
_Month = Annotated[
    date | None,
    typer.Option("--month", parser=parse_month, metavar="月", help="如 2026-03；默认本月"),
]


def burden(
    ctx: typer.Context, org: _Everywhere = "", month: _Month = None, *, as_json: AsJson = False
) -> None:
    """各组织一个月收到多少消息、需填写多少项。"""
    with opened(ctx) as site, site.site.database.read() as session:
        since = (month or site.today).replace(day=1)
        span = orgs.span(session, org)
        rows = burdens.burdens(session, *span, since, add_months(since, 1) - DAY)
    if as_json:
        for row in rows:
            say_json(
                {
                    "org": row.org,
                    "month": f"{since:%Y-%m}",
                    "messages": row.messages,
                    "fields": row.fields,
                }
            )
        return
    table(("组织", "消息", "需填写项数"), ((r.org_name, r.messages, r.fields) for r in rows))


def phone_list(ctx: typer.Context, org: _Everywhere = "", *, as_json: AsJson = False) -> None:
    """没有可用地址、需电话通知的人，和他们那里要办几项。"""
    with opened(ctx) as site, site.site.database.read() as session:
        channels = site.site.settings.channels
        span = orgs.span(session, org)
        rows = unreached.unreached(session, *span, channels, site.today)
    if as_json:
        for row in rows:
            shown = {"org": row.code, "office": row.office, "person": row.person}
            say_json({**shown, "phone": row.phone, "open": row.open, "overdue": row.overdue})
        return
    table(
        ("组织", "职务", "姓名", "电话", "待办", "其中逾期"),
        ((r.org_name, r.office, r.person, r.phone, r.open, r.overdue) for r in rows),
    )
