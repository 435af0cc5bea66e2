"""Codes as people type them: on the pages, in commands, in links; whatever they are made of."""

import re
from html import unescape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import update

from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.store.schema import org
from tests.world.terminal import Terminal
from tests.world.web_district import ALICE, BOB, Browser, District

AWKWARD = ["一小/一支部", "S1?x=1#top", "50%", "..", ".", "a\\b;c", "%2F", "<b>&\"'", "S1-1.xlsx"]


def answers(client: Browser, page: str) -> dict[str, int]:
    """How each address below a page that it links to answers."""
    links = {unescape(one) for one in re.findall(r'href="(/orgs/[^"#]*)', client.get(page).text)}
    below = [link for link in links if link.startswith(f"{page}/")]
    return {link.removeprefix(page): client.get(link).status_code for link in below}


@pytest.mark.parametrize("code", AWKWARD)
def test_every_address_of_an_organization_opens(district: District, code: str) -> None:
    bob, page = district.login(BOB), organization_path(code)
    plain = answers(bob, "/orgs/S1-1")
    assert plain["/wall"] == HTTPStatus.OK
    with district.database.write() as session:
        session.execute(update(org).where(org.c.code == "S1-1").values(code=code))

    assert answers(bob, page) == plain

    answer = bob.send_form(page, f"{page}/done", task="3", on="2026-03-05", note="", amount="1")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?said=done")
    assert bob.get(answer.headers["location"]).status_code == HTTPStatus.OK
    assert district.state(3) == "done"
    assert page in district.login(ALICE).get("/").text


@pytest.mark.parametrize("typed", ["s1-1", "Ｓ１－１", " S1-1", "S1–1", "S1-1\u200b"])
def test_a_page_is_found_by_its_code_as_it_is_typed(district: District, typed: str) -> None:
    bob = district.login(BOB)
    assert bob.get(organization_path(typed)).status_code == HTTPStatus.OK
    assert bob.get(organization_path("s1-9")).status_code == HTTPStatus.NOT_FOUND
    assert bob.get(organization_path("s2")).status_code == HTTPStatus.NOT_FOUND
    assert unquote(organization_path("s1-1")) == "/orgs/s1-1"


@pytest.mark.parametrize("typed", ["qh", "ＱＨ", "Q\u00a0H", "\ufeffqH"])
def test_commands_take_a_code_as_it_is_typed(look: Terminal, typed: str, tmp_path: Path) -> None:
    exact = look("tasks", "--org", "QH", "--json")
    assert exact.objects
    assert look("tasks", "--org", typed, "--json").out == exact.out
    for words in (
        ("digest", typed),
        ("burden", "--org", typed),
        ("phone-list", "--org", typed),
        ("feed", typed),
        ("wall", "--org", typed, "--out", tmp_path / "a.xlsx"),
    ):
        assert look(*words).code == 0
    unknown = look("tasks", "--org", "qh0")
    assert unknown.code == 1
    assert "没有代码为“qh0”的组织" in unknown.err
