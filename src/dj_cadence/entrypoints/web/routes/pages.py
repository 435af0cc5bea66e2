"""The pages of a person who is logged in, and of the administrator."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.dates.arithmetic import add_years
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.organizations.page_address import organization_path
from dj_cadence.domain.tasks.task import State
from dj_cadence.entrypoints.web.paging import CARDS, LINES
from dj_cadence.entrypoints.web.refusal import Refusal, refusal
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to, whole_number
from dj_cadence.entrypoints.web.routes import task_actions
from dj_cadence.entrypoints.web.routes.subscription import subscription
from dj_cadence.entrypoints.web.security import LETTER_POLICY
from dj_cadence.errors import Refused
from dj_cadence.services.access import page_queries
from dj_cadence.services.access.permissions import may_act, may_grant, oversees
from dj_cadence.services.access.sight import readable
from dj_cadence.services.delivery import log
from dj_cadence.services.delivery.administrators import is_administrator
from dj_cadence.services.delivery.alarms import shut_channels
from dj_cadence.services.documents.letters import reported
from dj_cadence.services.documents.term_letters import (
    ELECTION,
    has_letters,
    offered,
    reminder_months,
)
from dj_cadence.services.documents.wall_plan import hung_up
from dj_cadence.services.feeds.address import standing_address
from dj_cadence.services.operations.file_watch import rule_file_trouble
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import evidence
from dj_cadence.services.tasks.explain import history
from dj_cadence.services.tasks.joint_tasks import companions
from dj_cadence.services.tasks.last_word import last_words
from dj_cadence.store.tasks.task_list import TaskRow, tasks

WHOLE_TREE = 400
"""Organizations on one page; a larger tree is shown by its two upper levels."""


@dataclass(frozen=True, slots=True)
class Sections:
    """An organization's tasks in the order in which they matter to it."""

    overdue: list[TaskRow]
    unrecorded: list[TaskRow]
    open: list[TaskRow]
    submitted: list[TaskRow]
    upcoming: list[TaskRow]
    settled: list[TaskRow]


_SECTIONS = {
    "overdue": {State.OVERDUE},
    "unrecorded": {State.UNRECORDED},
    "open": {State.RETURNED, State.OPEN},
    "submitted": {State.SUBMITTED},
    "upcoming": {State.PLANNED},
    "settled": {State.DONE, State.MISSED, State.WAIVED},
}
_WITH_FORMS = ("overdue", "unrecorded", "open", "submitted")


def start(visit: RequestContext) -> Response:
    """The visitor's organizations; for strangers how to get in."""
    with visit.read() as session:
        values = {} if visit.visitor.is_stranger else _overview(visit, session)
    if not values:
        return visit.page("stranger.html")
    subject, address = f"person:{visit.visitor.person_id}", values.pop("address")
    return visit.page(
        "start.html",
        feed=subscription(visit, subject, address) if visit.visitor.person_id else None,
        feed_changed=visit.request.query_params.get("said", "") == "feed",
        **values,
    )


def _overview(visit: RequestContext, session: Session) -> dict[str, Any]:
    visitor, settings = visit.visitor, visit.settings
    lines = page_queries.organizations(session, visitor, visit.catalogue, visit.today)
    folded = len(lines) > WHOLE_TREE
    shown = page_queries.folded(lines, depth=1) if folded else lines
    manages = visitor.administrator or is_administrator(session, settings, visitor.person_id)
    subject = f"person:{visitor.person_id}"
    return {
        "lines": visit.paging.part(shown, WHOLE_TREE),
        "total": page_queries.total(lines),
        "number": len(lines),
        "folded": folded,
        "decisions": page_queries.decisions(session, visitor, visit.catalogue, visit.today),
        "stuck": log.quarantined(session) if manages else 0,
        "trouble": rule_file_trouble(session) if manages else None,
        "shut": shut_channels(session, visit.settings, visit.now) if manages else (),
        "address": standing_address(session, settings, subject) if visitor.person_id else None,
    }


def organization(visit: RequestContext) -> Response:
    return _organization(visit, said=visit.request.query_params.get("said", ""))


def act_in_organization(visit: RequestContext) -> Response:
    """Whatever the forms on the organization's page are for."""

    def allowed(session: Session) -> task_actions.Allowed:
        return task_actions.Allowed(visit.visitor, *_open_to(visit, session))

    if task_actions.CHANGE in visit.form:
        return _organization(visit, refused=refusal(visit))
    try:
        return task_actions.answer(visit, allowed, organization_path(visit.code))
    except Refused as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _organization(visit, refused=refusal(visit, error), status=status)


def back_to_organization(visit: RequestContext) -> Response:
    """The address of a form, opened by itself: the page on which the form stands."""
    if visit.path("act") not in (*task_actions.NAMES, "feed"):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return go_to(organization_path(visit.code))


def back_to_start(_visit: RequestContext) -> Response:
    return go_to("/")


def _open_to(
    visit: RequestContext, session: Session
) -> tuple[task_actions.Tasks, task_actions.Tasks]:
    """The organization's tasks: those on which the visitor may act, and those to grant about."""
    found = visit.organization(session)
    who = (session, visit.visitor, found.id, visit.today)
    known = {row.id: row for row in _rows(visit, session, found)[0]}
    return known if may_act(*who) else {}, known if may_grant(*who) else {}


def told(visit: RequestContext) -> Response:
    """What was said about one task, to whom, with what outcome, and what was done to it."""
    with visit.read() as session:
        found = visit.organization(session)
        number = whole_number(visit.path("id"))
        rows, _ = _rows(visit, session, found)
        row = next((row for row in rows if row.id == number), None)
        if row is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        seen = page_queries.shown_above(session, visit.visitor, found.id, visit.today)
        zone = visit.settings.time_zone
        lines = log.told(session, row.id, zone, seen)
        acted = history(session, row.id, zone, seen[0])
    return visit.page("told.html", org=found, task=row, lines=lines, acted=acted)


def outbox(visit: RequestContext) -> Response:
    before = whole_number(visit.request.query_params.get("before", ""))
    with visit.read() as session:
        visit.require_login()
        lines = page_queries.outbox(session, visit.visitor, visit.today, before)
    older = lines[-1].id if len(lines) == page_queries.OUTBOX_PAGE else None
    return visit.page("outbox.html", lines=lines, older=older)


def letter(visit: RequestContext) -> Response:
    """One message as it went out. Its links act as the addressee, so others do not see them."""
    with visit.read() as session:
        visit.require_login()
        number = whole_number(visit.path("id"))
        found = page_queries.sent_letter(
            session, visit.visitor, visit.catalogue, visit.settings, number, visit.now
        )
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    response = visit.page(
        "letter.html",
        letter=found,
        text=found.text,
        html=found.html,
        link=found.link,
    )
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


def _organization(
    visit: RequestContext,
    *,
    said: str = "",
    refused: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    with visit.read() as session:
        visitor, today, found = visit.visitor, visit.today, visit.organization(session)
        every, kept_back = _rows(visit, session, found)
        sections, numbers = _sections(visit, every, refused.task if refused else 0)
        rows = [row for name in Sections.__slots__ for row in getattr(sections, name)]
        below = page_queries.below(session, visitor, found.id, today)
        values = {
            "org": found,
            "above": page_queries.above(session, visitor, found.position, today),
            "below": visit.paging.part(below, LINES),
            "number_below": len(below),
            "may_act": (acts_here := may_act(session, visitor, found.id, today)),
            "may_grant": (is_above := may_grant(session, visitor, found.id, today)),
            "letters": ELECTION if has_letters(every) else (),
            "letters_now": offered(every, today, own=acts_here, replies=is_above),
            "kept_back": kept_back,
            "oversees": oversees(session, visitor, found.id, today),
            "papers": evidence.of_tasks(session, (row.id for row in rows), visitor.key),
            "last": last_words(session, rows),
            "reminder_months": reminder_months(
                session,
                visit.catalogue,
                found.id,
                add_years(today, 1),
                visitor=visitor,
                today=today,
            ),
        }
        hanging = {row.due.replace(day=1) for row in hung_up(every)}
        values["wall_year"] = today.year in {month.year for month in hanging}
        values["wall_month"] = today.replace(day=1) in hanging
        years = (today.year, today.year - 1)
        values["reported_years"] = [year for year in years if reported(every, year, today)]
        subject = f"org:{found.id}"
        address = standing_address(session, visit.settings, subject)
        values["also"] = (
            companions(session, visit.catalogue, visitor, found, rows, today)
            if values["may_act"]
            else {}
        )
    return visit.page(
        "organization.html",
        status,
        sections=sections,
        numbers=numbers,
        feed=subscription(visit, subject, address) if values["oversees"] else None,
        said=task_actions.SAID.get(said, ""),
        feed_changed=said == "feed",
        refused=refused,
        base=organization_path(found.code),
        **values,
    )


def _rows(
    visit: RequestContext, session: Session, found: Organization
) -> tuple[list[TaskRow], int]:
    """The organization's tasks that the visitor may read, and how many owed ones they may not."""
    rows = tasks(session, visit.catalogue, today=visit.today, org_code=found.code)
    shown = readable(session, visit.visitor, rows, visit.today)
    known = {row.id for row in shown}
    return shown, sum(row.id not in known and not row.state.is_settled for row in rows)


def _sections(
    visit: RequestContext, rows: list[TaskRow], wanted: int
) -> tuple[Sections, dict[str, int]]:
    """What of them stands on this page, and how many there are of each.

    `wanted`, if any, is the task that must stand on it.
    """
    since = add_years(visit.today, -1)
    found = {name: [row for row in rows if row.state in of] for name, of in _SECTIONS.items()}
    found["settled"] = [row for row in reversed(found["settled"]) if row.due >= since]
    pressing = [row for name in _WITH_FORMS for row in found[name]]
    visit.paging.turn_to([row.id for row in pressing], wanted, CARDS)
    here = {row.id for row in visit.paging.part(pressing, CARDS)}
    shown = {
        name: [row for row in some if row.id in here]
        if name in _WITH_FORMS
        else list(visit.paging.part(some, LINES))
        for name, some in found.items()
    }
    return Sections(**shown), {name: len(some) for name, some in found.items()}
