"""The pages of a person who is logged in, and of the administrator."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.dates.arithmetic import add_years
from dj_cadence.domain.organizations.organization import Organization, organization_path
from dj_cadence.domain.tasks.task import IN_TIME, SETTLED, State
from dj_cadence.entrypoints.web.request_context import CARDS, LINES, RequestContext, whole_number
from dj_cadence.entrypoints.web.routes import task_actions
from dj_cadence.entrypoints.web.routes.subscription import subscription
from dj_cadence.entrypoints.web.security import LETTER_POLICY
from dj_cadence.services.access.permissions import (
    may_act,
    may_announce,
    may_grant,
    oversees,
    readable,
    reads_personal,
)
from dj_cadence.services.delivery import log
from dj_cadence.services.delivery.alarms import shut_channels
from dj_cadence.services.documents.letters import (
    ELECTION,
    DocumentWriter,
    has_letters,
    hung_up,
    offered,
    reported,
)
from dj_cadence.services.feeds.address import standing_address
from dj_cadence.services.operations.file_watch import rule_file_trouble
from dj_cadence.services.pages import outbox as messages
from dj_cadence.services.pages import overview
from dj_cadence.services.pages.task_history import task_history
from dj_cadence.services.site import Session, state_of
from dj_cadence.services.tasks import evidence
from dj_cadence.services.tasks.joint_tasks import companions
from dj_cadence.services.tasks.listing import TaskRow, last_words, tasks

WHOLE_TREE = 400
"""Organizations on one page; a larger tree is shown by its two upper levels."""


_SECTIONS = {
    "overdue": {State.OVERDUE},
    "unrecorded": {State.UNRECORDED},
    "open": IN_TIME,
    "submitted": {State.SUBMITTED},
    "upcoming": {State.PLANNED},
    "settled": SETTLED - {State.WITHDRAWN},
}
"""An organization's tasks in the order in which they matter to it."""
_WITH_FORMS = ("overdue", "unrecorded", "open", "submitted")


def start(ctx: RequestContext) -> Response:
    """The visitor's organizations; for strangers how to get in."""
    with ctx.read() as session:
        values = {} if ctx.visitor.is_stranger else _overview(ctx, session)
    if not values:
        row, _ = state_of(ctx.database)
        sending = row.sending and row.sending_paused_on is None
        return ctx.page("logged_out.html", sending=sending)
    subject, address = f"person:{ctx.visitor.person_id}", values.pop("address")
    return ctx.page(
        "start.html",
        feed=subscription(ctx, subject, address) if ctx.visitor.person_id else None,
        feed_changed=ctx.request.query_params.get("said", "") == "feed",
        **values,
    )


def _overview(ctx: RequestContext, session: Session) -> dict[str, Any]:
    visitor, settings = ctx.visitor, ctx.settings
    lines = overview.organizations(session, visitor, ctx.catalogue, ctx.today)
    folded = len(lines) > WHOLE_TREE
    shown = overview.folded(lines, depth=1) if folded else lines
    subject = f"person:{visitor.person_id}"
    return {
        "lines": ctx.paging.part(shown, WHOLE_TREE),
        "total": overview.total(lines),
        "number": len(lines),
        "folded": folded,
        "decisions": overview.decisions(session, visitor, ctx.catalogue, ctx.today),
        "stuck": log.quarantined(session) if ctx.administers else 0,
        "trouble": rule_file_trouble(session) if ctx.administers else None,
        "shut": shut_channels(session, ctx.settings, ctx.now) if ctx.administers else (),
        "address": standing_address(session, settings, subject) if visitor.person_id else None,
    }


def organization(
    ctx: RequestContext, *, refused: task_actions.Refusal | None = None, status: int = HTTPStatus.OK
) -> Response:
    with ctx.read() as session:
        visitor, today, org = ctx.visitor, ctx.today, ctx.organization(session)
        every, kept_back = _rows(ctx, session, org)
        hanging = {row.due.replace(day=1) for row in hung_up(every)}
        sections, numbers = _sections(ctx, every, refused.task if refused else 0)
        rows = [row for some in sections.values() for row in some]
        below = overview.below(session, visitor, org.id, today)
        values = {
            "org": org,
            "above": overview.above(session, visitor, org.position, today),
            "below": ctx.paging.part(below, LINES),
            "number_below": len(below),
            "may_act": (acts_here := may_act(session, visitor, org.id, today)),
            "may_grant": (is_above := may_grant(session, visitor, org.id, today)),
            "letters": ELECTION if has_letters(every) else (),
            "letters_now": offered(every, today, own=acts_here, replies=is_above),
            "reported_years": [
                year for year in (today.year, today.year - 1) if reported(every, year, today)
            ],
            "wall_year": today.year in {month.year for month in hanging},
            "wall_month": today.replace(day=1) in hanging,
            "kept_back": kept_back,
            "oversees": oversees(session, visitor, org.id, today),
            "announces": below and may_announce(session, visitor, org.id, today),
            "reads_cases": reads_personal(session, visitor, org.id, today),
            "papers": evidence.of_tasks(session, (row.id for row in rows), visitor.key),
            "last": last_words(session, rows),
            "reminder_months": DocumentWriter(
                session, ctx.catalogue, org, visitor, today
            ).reminder_months(add_years(today, 1)),
        }
        address = standing_address(session, ctx.settings, f"org:{org.id}")
        joint = companions(session, ctx.catalogue, visitor, org, rows, today) if acts_here else {}
    said = ctx.request.query_params.get("said", "")
    return ctx.page(
        "organization.html",
        status,
        sections=sections,
        numbers=numbers,
        feed=subscription(ctx, f"org:{org.id}", address) if values["oversees"] else None,
        said=task_actions.SAID.get(said, ""),
        feed_changed=said == "feed",
        refused=refused,
        also=joint,
        base=organization_path(org.code),
        **values,
    )


def act_in_organization(ctx: RequestContext) -> Response:
    """Whatever the forms on the organization's page are for."""

    def allowed(session: Session) -> task_actions.Allowed:
        return task_actions.Allowed(ctx.visitor, *_open_to(ctx, session))

    show = partial(organization, ctx)
    return task_actions.answer(ctx, allowed, organization_path(ctx.code), show)


def _open_to(
    ctx: RequestContext, session: Session
) -> tuple[task_actions.Tasks, task_actions.Tasks]:
    """The organization's tasks: those on which the visitor may act, and those to grant about."""
    org = ctx.organization(session)
    who = (session, ctx.visitor, org.id, ctx.today)
    rows = {row.id: row for row in _rows(ctx, session, org)[0]}
    return rows if may_act(*who) else {}, rows if may_grant(*who) else {}


def history(ctx: RequestContext) -> Response:
    """What was said about one task, to whom, with what outcome, and what was done to it."""
    with ctx.read() as session:
        org = ctx.organization(session)
        number = whole_number(ctx.path("id"))
        rows, _ = _rows(ctx, session, org)
        row = next((row for row in rows if row.id == number), None)
        if row is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        zone = ctx.settings.time_zone
        lines, acted = task_history(session, ctx.visitor, org.id, row.id, ctx.today, zone)
    return ctx.page("task_history.html", org=org, task=row, lines=lines, acted=acted)


def outbox(ctx: RequestContext) -> Response:
    before = whole_number(ctx.request.query_params.get("before", ""))
    with ctx.read() as session:
        ctx.require_login()
        lines = messages.outbox(session, ctx.visitor, ctx.today, before)
    older = lines[-1]["id"] if len(lines) == messages.PAGE else None
    return ctx.page("outbox.html", lines=lines, older=older)


def letter(ctx: RequestContext) -> Response:
    """One message as it went out. Its links act as the addressee, so others do not see them."""
    with ctx.read() as session:
        ctx.require_login()
        number = whole_number(ctx.path("id"))
        sent = messages.sent_letter(
            session, ctx.visitor, ctx.catalogue, ctx.settings, number, ctx.now
        )
    if sent is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    response = ctx.page("letter.html", letter=sent, text=sent.text, html=sent.html, link=sent.link)
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


def _rows(ctx: RequestContext, session: Session, org: Organization) -> tuple[list[TaskRow], int]:
    """The organization's tasks that the visitor may read, and how many owed ones they may not."""
    rows = tasks(session, ctx.catalogue, today=ctx.today, org_code=org.code)
    shown = readable(session, ctx.visitor, rows, ctx.today)
    readable_ids = {row.id for row in shown}
    return shown, sum(row.id not in readable_ids and not row.state.is_settled for row in rows)


def _sections(
    ctx: RequestContext, rows: list[TaskRow], wanted: int
) -> tuple[dict[str, Sequence[TaskRow]], dict[str, int]]:
    """What of them stands on this page, and how many there are of each.

    `wanted`, if any, is the task that must stand on it.
    """
    since = add_years(ctx.today, -1)
    by_section = {name: [row for row in rows if row.state in of] for name, of in _SECTIONS.items()}
    by_section["settled"] = [row for row in reversed(by_section["settled"]) if row.due >= since]
    pressing = [row for name in _WITH_FORMS for row in by_section[name]]
    ctx.paging.turn_to([row.id for row in pressing], wanted, CARDS)
    here = {row.id for row in ctx.paging.part(pressing, CARDS)}
    shown = {
        name: [row for row in some if row.id in here]
        if name in _WITH_FORMS
        else ctx.paging.part(some, LINES)
        for name, some in by_section.items()
    }
    return shown, {name: len(some) for name, some in by_section.items()}
