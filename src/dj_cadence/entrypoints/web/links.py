"""The links that arrive in a message, and logging in by one. A GET changes nothing."""

from collections.abc import Mapping
from http import HTTPStatus

from sqlalchemy.orm import Session
from starlette.responses import Response

from dj_cadence.entrypoints.web import acts
from dj_cadence.entrypoints.web.session import sign_in, sign_out
from dj_cadence.entrypoints.web.visit import Visit, go_to
from dj_cadence.errors import Refused
from dj_cadence.services import evidence
from dj_cadence.services.access import Visitor, may_act, may_see, person_visitor, subject_of
from dj_cadence.services.pages import OpenedMessage, opened_message
from dj_cadence.services.sight import readable
from dj_cadence.store import tokens
from dj_cadence.store.task_views import TaskRow, tasks


def message(visit: Visit) -> Response:
    """The tasks of one message as they stand now."""
    return _message(visit, said=acts.SAID.get(visit.request.query_params.get("said", ""), ""))


def act_in_message(visit: Visit) -> Response:
    """An act on a task of the message, as the person it was sent to."""
    try:
        with visit.read() as session:
            _, own = _mine(visit, session)
        acts.keep_papers(visit, own)
        with visit.write() as session:
            person, own = _mine(visit, session)
            said = acts.perform(visit, session, person, own=own, below={})
    except Refused as error:
        return _message(visit, refusal=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return go_to(f"/t/{visit.path('token')}?said={said}")


def login(visit: Visit) -> Response:
    """A button only: programs that look into links must not use them up."""
    with visit.read() as session:
        person_id = subject_of(session, visit.path("token"), "login", visit.now)
        person = person_visitor(session, person_id)
    return visit.page("login.html", person=person)


def consume_login(visit: Visit) -> Response:
    """Log the browser in; the link is spent."""
    with visit.write() as session:
        person_id = subject_of(session, visit.path("token"), "login", visit.now)
        tokens.revoke(session, visit.path("token"), visit.now)
    response = go_to("/")
    sign_in(response, visit.settings, person_id, visit.now)
    return response


def logout(_visit: Visit) -> Response:
    response = go_to("/")
    sign_out(response)
    return response


def _message(
    visit: Visit, *, said: str = "", refusal: str = "", status: int = HTTPStatus.OK
) -> Response:
    with visit.read() as session:
        found = opened(visit, session)
        rows = rows_of(visit, session, found)
        allowed = _allowed(visit, session, found, rows)
        papers = evidence.of_tasks(session, (row.id for row in rows))
    return visit.page(
        "message.html",
        status,
        opened=found,
        tasks=rows,
        papers=papers,
        allowed=allowed,
        said=said,
        refusal=refusal,
        base=f"/t/{visit.path('token')}",
    )


def _mine(visit: Visit, session: Session) -> tuple[Visitor, Mapping[int, TaskRow]]:
    """The message's person, and the tasks on which they may act today."""
    found = opened(visit, session)
    return found.person, _allowed(visit, session, found, rows_of(visit, session, found))


def opened(visit: Visit, session: Session) -> OpenedMessage:
    message_id = subject_of(session, visit.path("token"), "message", visit.now)
    return opened_message(session, message_id)


def rows_of(visit: Visit, session: Session, found: OpenedMessage) -> list[TaskRow]:
    """The message's tasks that its person still sees: an office may have changed hands."""
    catalogue = visit.catalogue
    rows = tasks(session, catalogue, today=visit.today, ids=found.task_ids)
    orgs = {row.org_id for row in rows}
    seen = {org for org in orgs if may_see(session, found.person, org, visit.today)}
    mine = [row for row in rows if row.org_id in seen]
    return readable(session, found.person, mine, visit.today)


def _allowed(
    visit: Visit, session: Session, found: OpenedMessage, rows: list[TaskRow]
) -> dict[int, TaskRow]:
    """The tasks on which the message's person may act today, by id."""
    orgs = {row.org_id for row in rows}
    own = {org for org in orgs if may_act(session, found.person, org, visit.today)}
    return {row.id: row for row in rows if row.org_id in own}
