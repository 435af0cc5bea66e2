"""What a request needs is looked up in one session: never is a second one opened inside it."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.routing import Mount, Route

from dj_cadence.entrypoints.web import make_app
from dj_cadence.services.feeds.address import feed_address
from dj_cadence.store.core.database import Database
from tests.world.web_district import ADDRESS, ALICE, BOB, DANA, NOW, Browser, District

PDF = b"%PDF-1.7\n%%EOF\n"


@dataclass(eq=False)
class Counted(Database):
    """Notes each session that is opened in a thread in which another one is open."""

    nested: list[str] = field(default_factory=list, init=False)
    opened: int = field(default=0, init=False)
    _depth: threading.local = field(default_factory=threading.local, init=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._counted("read"), super().read() as session:
            yield session

    @contextmanager
    def write(self, **kinds: Any) -> Iterator[Session]:
        with self._counted("write"), super().write(**kinds) as session:
            yield session

    @contextmanager
    def _counted(self, kind: str) -> Iterator[None]:
        outer = getattr(self._depth, "kinds", ())
        if outer:
            self.nested.append(" in ".join((kind, *outer)))
        self._depth.kinds, self.opened = (kind, *outer), self.opened + 1
        try:
            yield
        finally:
            self._depth.kinds = outer


@pytest.fixture
def counted(district: District) -> District:
    database = Counted(district.database.engine)
    return replace(district.over(database), database=database)


def _feed(district: District, _browser: Browser) -> str:
    settings = district.context.settings
    return feed_address(district.database, settings, "org:3", NOW).removeprefix(ADDRESS)


def _a_login(district: District, _browser: Browser) -> str:
    return district.login_path(DANA)


Address = str | Callable[[District, Browser], str]
_ORG = "/orgs/S1-1"
GETS: dict[str, Address] = {
    "/feeds/{token}.ics": _feed,
    "/": "/",
    "/orgs/{code}": _ORG,
    "/orgs/{code}/tasks/{id}": f"{_ORG}/tasks/1",
    "/orgs/{code}/digest": "/orgs/S1/digest",
    "/orgs/{code}/digest.xlsx": "/orgs/S1/digest.xlsx",
    "/orgs/{code}/grid": "/orgs/S1/grid",
    "/orgs/{code}/grid.xlsx": "/orgs/S1/grid.xlsx",
    "/orgs/{code}/wall": f"{_ORG}/wall",
    "/orgs/{code}/wall.xlsx": f"{_ORG}/wall.xlsx",
    "/orgs/{code}/people": f"{_ORG}/people",
    "/orgs/{code}/papers/{kind}.docx": f"{_ORG}/papers/year-end.docx?year=2026",
    "/orgs/{code}/evidence/{id}": f"{_ORG}/evidence/1",
    "/outbox": "/outbox",
    "/outbox/{id}": "/outbox/1",
    "/t/{token}": lambda district, _: district.link(1),
    "/t/{token}/evidence/{id}": lambda district, _: f"{district.link(1)}/evidence/1",
    "/login": "/login",
    "/login/{token}": _a_login,
    "/access": "/access",
    "/healthz": "/healthz",
    "/metrics": "/metrics",
}
POSTS: dict[str, tuple[Address, Address]] = {
    "/orgs/{code}/feed": (_ORG, f"{_ORG}/feed"),
    "/orgs/{code}/{act}": (_ORG, f"{_ORG}/done"),
    "/feed": ("/", "/feed"),
    "/t/{token}/{act}": (
        lambda district, _: district.link(1),
        lambda district, _: f"{district.link(1)}/done",
    ),
    "/login": ("/", "/login"),
    "/login/{token}": (_a_login, _a_login),
    "/logout": ("/", "/logout"),
    "/access/{what}": ("/access", "/access/logins"),
}
"""Where the form stands, and where it is sent."""


def _at(address: Address, district: District, browser: Browser) -> str:
    return address if isinstance(address, str) else address(district, browser)


_FORM_PAGES = r"/manage|/orgs/\{code\}/(announce|cases|quiet)"
"""Tried below, and in tests/acceptance/manage."""


def test_every_route_is_tried(counted: District) -> None:
    routes = make_app(counted.context).routes
    known = {
        (method, route.path)
        for route in routes
        if isinstance(route, Route) and not re.match(_FORM_PAGES, route.path)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert {route.path for route in routes if isinstance(route, Mount)} == {"/static"}
    ways_back = {("GET", path) for path in POSTS.keys() - GETS.keys() - {"/orgs/{code}/feed"}}
    assert known == ways_back | {("GET", path) for path in GETS} | {
        ("POST", path) for path in POSTS
    }


@pytest.mark.parametrize("path", GETS)
def test_a_page_opens_no_second_session(counted: District, path: str) -> None:
    browser = _with_paper(counted)
    address = _at(GETS[path], counted, browser)
    counted.database.opened = 0
    response = browser.get(address)
    assert response.status_code == 200, response.text
    assert counted.database.nested == []


def test_a_page_of_the_administration_opens_no_second_session(counted: District) -> None:
    browser = counted.client(address="127.0.0.1", host="localhost")
    pages = [
        route.path
        for route in make_app(counted.context).routes
        if isinstance(route, Route)
        and re.fullmatch("/manage(/[a-z]+)?", route.path)
        and "GET" in (route.methods or ())
    ]

    answers = {path: browser.get(path).status_code for path in pages}

    assert answers == dict.fromkeys(pages, 200)
    assert len(pages) > 5
    assert counted.database.nested == []


@pytest.mark.parametrize(
    ("person", "page"), [(ALICE, "S1/announce"), (BOB, "S1-1/cases"), (ALICE, "S1-1/quiet")]
)
def test_a_page_with_forms_opens_no_second_session(
    counted: District, person: int, page: str
) -> None:
    assert counted.login(person).get(f"/orgs/{page}").status_code == 200
    assert counted.database.nested == []


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("files", [False, True], ids=["plain", "with files"])
def test_an_act_opens_no_second_session(counted: District, path: str, *, files: bool) -> None:
    page, target = POSTS[path]
    browser = counted.login(BOB)
    form = _at(page, counted, browser)
    address = form if target is page else _at(target, counted, browser)
    fields = {"csrf": browser.csrf(form), "task": "3", "on": "2026-03-12", "seen": "0"}
    upload = {"evidence": ("a.pdf", PDF)} if files and "{act}" in path else None
    response = browser.post(address, data=fields, files=upload)
    assert response.status_code == 303, response.text
    assert counted.database.nested == []


def test_a_refused_act_opens_no_second_session(counted: District) -> None:
    browser = counted.login(BOB)
    for page in (_ORG, counted.link(1)):
        response = browser.send_form(page, f"{page}/done", task="3", on="never", seen="0")
        assert response.status_code == 422
    assert counted.database.nested == []


def _with_paper(district: District) -> Browser:
    """A browser of somebody above, after a paper was brought for the task of March."""
    bob = district.login(BOB)
    form = {"csrf": bob.csrf(_ORG), "task": "3", "on": "2026-03-12", "seen": "0"}
    done = bob.post(f"{_ORG}/done", data=form, files={"evidence": ("a.pdf", PDF)})
    assert done.status_code == 303
    return district.login(ALICE)
