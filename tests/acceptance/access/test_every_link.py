"""Every address that a page, a message or a calendar leads to answers: for each kind of visitor."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dj_cadence.bootstrap import open_site
from dj_cadence.services.pages.message_links import live_links
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.signing import message_token
from dj_cadence.store.roster.people import find_person
from dj_cadence.store.schema import address, appointment, message, org
from tests.world.crawl import CODES, broken, crawl
from tests.world.sites.managed_site import FAR, LOCAL, browser
from tests.world.sites.small_roster import write_roster
from tests.world.terminal import NOW, TODAY, Terminal, type_command


def opened(folder: Path) -> Iterator[Site]:
    site = open_site(folder, {})
    yield site
    site.database.engine.dispose()


@pytest.fixture(scope="module")
def demo(demo_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    copy = Path(shutil.copytree(demo_site, tmp_path_factory.mktemp("links") / "demo"))
    assert Terminal(copy)("send", "on").code == 0
    yield from opened(copy)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on which nothing was done but to make it."""
    folder = tmp_path_factory.mktemp("links") / "empty"
    assert type_command("init", folder).code == 0
    yield from opened(folder)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with its roster and plan of this very day, on which nobody has done anything yet."""
    folder = tmp_path_factory.mktemp("links") / "begun"
    assert type_command("init", folder, "--starts-on", TODAY).code == 0
    toml, shell = folder / "site.toml", Terminal(folder)
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("administrator = false", "administrator = true"), encoding="utf-8")
    roster = write_roster(folder / "花名册.xlsx")
    for words in (("roster", "import", roster), ("plan", "--apply"), ("send", "on"), ("tick",)):
        answer = shell(*words)
        assert answer.code == 0, (words, answer.out, answer.err)
    yield from opened(folder)


def people(site: Site) -> dict[str, str]:
    """The address of one 书记 or 党务工作者 for each kind of organization."""
    query = (
        select(org.c.kind, func.min(address.c.value))
        .join(appointment, appointment.c.org_id == org.c.id)
        .join(address, address.c.person_id == appointment.c.person_id)
        .where(address.c.channel == "email", appointment.c.office.in_(["书记", "党务工作者"]))
        .group_by(org.c.kind)
    )
    with site.database.read() as session:
        return {row[0]: row[1] for row in session.execute(query)}


def message_link(site: Site, email: str) -> str:
    """The link of the newest message to a person that still opens something."""
    with site.database.read() as session:
        rules, person = applied_catalogue(session), find_person(session, email)
        found = live_links(session, rules, site.settings, person.id, NOW)
    return f"/t/{message_token(site.settings.key, found[0].message_id)}"


def test_every_link_answers_the_demonstrations_administrator(demo: Site) -> None:
    answered = crawl(browser(demo), "/", "/access", "/outbox", each=2)

    assert broken(answered) == {}
    assert len(answered) > 500


@pytest.mark.parametrize("kind", ["supervisor", "party_committee", "general_branch", "branch"])
def test_every_link_answers_whoever_holds_an_office(demo: Site, kind: str) -> None:
    answered = crawl(browser(demo, person=people(demo)[kind]), "/", each=4, alike=CODES)

    assert broken(answered) == {}
    assert len(answered) > 20


@pytest.mark.parametrize("kind", ["party_committee", "general_branch", "branch"])
def test_every_link_answers_whoever_comes_by_a_messages_link(demo: Site, kind: str) -> None:
    answered = crawl(browser(demo, client=FAR), message_link(demo, people(demo)[kind]), each=2)

    assert broken(answered) == {}
    assert any(address.endswith("/done") for address in answered)


@pytest.mark.parametrize("client", [LOCAL, FAR])
def test_a_site_on_which_nothing_is_yet(empty: Site, client: str) -> None:
    answered = crawl(browser(empty, client=client), "/")

    assert broken(answered) == {}
    assert any(address.endswith("/static/site.css") for address in answered)


@pytest.mark.parametrize("kind", ["", "supervisor", "general_branch", "branch"])
def test_every_link_answers_on_a_sites_first_day(begun: Site, kind: str) -> None:
    visitor = browser(begun, person=people(begun)[kind]) if kind else browser(begun)
    answered = crawl(visitor, "/", each=3)

    assert broken(answered) == {}
    assert len(answered) > 20


def test_the_messages_of_the_first_day_lead_somewhere(begun: Site) -> None:
    with begun.database.read() as session:
        ids = list(session.scalars(select(message.c.id).where(message.c.state == "sent")))
    links = [f"/t/{message_token(begun.settings.key, one)}" for one in ids]

    assert broken(crawl(browser(begun, client=FAR), *links)) == {}
    assert len(links) > 1
