"""One request with all that a page needs to answer it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from jinja2 import Environment
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dj_cadence.domain.access.visitor import ADMINISTRATOR, STRANGER, Visitor
from dj_cadence.domain.organizations.organization import Organization, code_in_path
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor, Way
from dj_cadence.entrypoints.pass_watch import PassWatch
from dj_cadence.entrypoints.web.security import form_token, is_local
from dj_cadence.entrypoints.web.session import secret_of
from dj_cadence.errors import Refused
from dj_cadence.loading.evidence_file import EvidenceFile, read_open
from dj_cadence.services.access.logins import Login, login_of, note_use
from dj_cadence.services.delivery.administrators import is_administrator
from dj_cadence.services.pages import overview
from dj_cadence.services.site import Database, Session, Site
from dj_cadence.settings import Settings

CARDS = 100
"""Tasks with their forms, of some three thousand bytes each."""
LINES = 200
"""Tasks or organizations of which a line is shown."""
_Row = TypeVar("_Row")


class Paging:
    """The page that is asked for. One that holds several lists shows as much of each."""

    def __init__(self, number: int) -> None:
        self.number = max(number, 1)
        self.pages = 1

    def turn_to(self, ids: Sequence[int], wanted: int, most: int) -> None:
        """Ask for the page on which `wanted` stands, where it is among them."""
        if wanted in ids:
            self.number = ids.index(wanted) // most + 1

    def part(self, rows: Sequence[_Row], most: int) -> Sequence[_Row]:
        """What of `rows` stands on this page, at `most` to a page."""
        self.pages = max(self.pages, -(-len(rows) // most))
        return rows[(self.number - 1) * most : self.number * most]


@dataclass(frozen=True)
class WebContext:
    """What the application is made of."""

    site: Site
    """Its database is opened for the pages, and is not the engine's."""
    templates_folders: Sequence[Path]
    """Searched in order: the site's own templates first, the shipped ones last."""
    catalogue: Callable[[Session], Catalogue]
    """The applied catalogue, looked up in the session of each request that needs it."""
    clock: Callable[[], datetime]
    """The present instant, aware UTC."""
    passes: PassWatch = field(default_factory=PassWatch)
    """What the engine in this process did; without one, no pass was made."""
    on_loopback: bool = False
    """Whether nobody but this machine reaches the application; else nobody is local."""

    @property
    def database(self) -> Database:
        return self.site.database

    @property
    def settings(self) -> Settings:
        return self.site.settings


@dataclass
class RequestContext:
    """A request at one instant; the clock is read once for all of it.

    It has one session at a time: who visits, and by which rules, is looked up in the one that
    is open. A request that opened a second one would wait for it while it holds the first,
    and so many of them at once would wait for each other.
    """

    context: WebContext
    templates: Environment
    request: Request
    form: Mapping[str, str]
    now: datetime
    files: Sequence[UploadFile] = ()
    """Those that came with the form."""
    afterwards: Callable[[], object] | None = field(default=None, init=False)
    """What is to be done after the answer, which does not wait for it."""
    _open: Session | None = field(default=None, init=False)

    @property
    def database(self) -> Database:
        return self.context.database

    @property
    def settings(self) -> Settings:
        return self.context.settings

    @cached_property
    def today(self) -> date:
        return self.now.astimezone(self.settings.time_zone).date()

    def read(self) -> AbstractContextManager[Session]:
        """The request's session for looking. What is rendered is rendered after it."""
        return self._in(self.database.read())

    def write(self) -> AbstractContextManager[Session]:
        """The one transaction in which the request changes something."""
        return self._in(self.database.write())

    @contextmanager
    def _in(self, opened: AbstractContextManager[Session]) -> Iterator[Session]:
        with opened as session:
            self._open = session
            try:
                _ = self.administers  # every page names the visitor, and what they may do
                yield session
            finally:
                self._open = None

    @property
    def _session(self) -> Session:
        assert self._open, "looked up outside of the request's session"
        return self._open

    @cached_property
    def login(self) -> Login | None:
        """The login of the browser, if it has one that stands."""
        return login_of(self._session, secret_of(self.request), self.today, self.now)

    def later(self) -> Iterator[Callable[[], object]]:
        """What is to be done after the answer, each in a turn of its own."""
        login: Login | None = self.__dict__.get("login")  # where nobody asked, nobody is logged in
        if login is not None and login.is_stale:
            yield self.note_use
        if self.afterwards:
            yield self.afterwards

    def note_use(self) -> None:
        """Write it down, in a transaction of its own after the answer."""
        if self.login:
            with self.database.write(durable=False) as session:
                note_use(session, self.login.id, self.now)

    @cached_property
    def visitor(self) -> Visitor:
        """A person's login goes before the administrator's chair."""
        if self.login:
            return self.login.visitor
        seat = self.settings.local_administrator and self.context.on_loopback
        return ADMINISTRATOR if seat and is_local(self.request) else STRANGER

    @cached_property
    def administers(self) -> bool:
        """Whether the visitor may manage the site: at its machine, or named by its settings."""
        if self.visitor.administrator or not self.visitor.person_id:
            return self.visitor.administrator
        return is_administrator(self._session, self.settings, self.visitor.person_id)

    @property
    def actor(self) -> Actor:
        """The visitor, as what they do on a page is written down. Inside of the session."""
        return Actor(self.visitor.key, self.now, self.today, Way.PAGE)

    @property
    def papers(self) -> Iterator[EvidenceFile]:
        """The files as papers, read one by one. Raises Refused for one that is not kept."""
        for file in self.files:
            try:
                yield read_open(file.filename or "", file.file)
            except Refused as error:
                raise Refused(str(error), field="evidence") from error

    @cached_property
    def catalogue(self) -> Catalogue:
        return self.context.catalogue(self._session)

    @cached_property
    def form_token(self) -> str:
        """Bound to what lets the visitor in: the link, else the cookie, else the machine."""
        holder = self.path("token") or secret_of(self.request) or "local"
        return form_token(self.settings.key, holder)

    def path(self, name: str) -> str:
        """A part of the address; empty where the address has none of that name."""
        # NUL is the one character that a PostgreSQL text cannot hold.
        return str(self.request.path_params.get(name, "")).replace("\x00", "")

    @property
    def code(self) -> str:
        """The code of the organization in the address."""
        return code_in_path(self.path("code"))

    @cached_property
    def paging(self) -> Paging:
        """The page of its lists that is asked for."""
        return Paging(whole_number(self.request.query_params.get("page", "")))

    def date_field(self, name: str) -> date:
        """A date of the form. Raises Refused when it is none."""
        try:
            return date.fromisoformat(self.form.get(name, ""))
        except ValueError:
            raise Refused("请填写日期，例如 2026-03-05。", field=name) from None

    def require_login(self) -> None:
        """Raise HTTPException 403 for strangers."""
        if self.visitor.is_stranger:
            raise HTTPException(HTTPStatus.FORBIDDEN)

    def require_administrator(self) -> None:
        """Raise HTTPException 403 for all who do not administer the site."""
        if not self.administers:
            raise HTTPException(HTTPStatus.FORBIDDEN)

    def organization(self, session: Session) -> Organization:
        """The organization in the address. What may not be seen is not there."""
        self.require_login()
        org = overview.one(session, self.visitor, self.code, self.today)
        if org is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return org

    def page(self, template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
        """A page made from templates/web/."""
        return self.plain_page(
            template, status, visitor=self.visitor, administers=self.administers, **values
        )

    def plain_page(self, template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
        """The same where it cannot be looked up who visits."""
        shared = {
            "site_name": self.settings.name,
            "today": self.today,
            "csrf": self.form_token,
            "paging": self.paging,
            "refused": None,
        }
        html = self.templates.get_template(f"web/{template}").render(shared | values)
        return HTMLResponse(html, status_code=status)


def go_to(address: str) -> Response:
    """Answer a form: the browser fetches `address`, and reloading repeats nothing."""
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)


def attachment(name: str) -> dict[str, str]:
    """The header of a download under a name in any script (RFC 6266)."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def whole_number(text: str) -> int:
    """The id in a form or an address; 0, which no row has, where it is none."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
