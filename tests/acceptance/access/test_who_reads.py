"""Nothing about whom one may not read stands in any answer: every address, for every visitor."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

import pytest
from httpx2 import Response
from sqlalchemy import select
from starlette.routing import Mount, Route

from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.services.site import Site
from dj_cadence.signing import make_token
from dj_cadence.store.schema import evidence, message, org, person, task
from tests.world.village import Village, secrets_in
from tests.world.web_district import Browser

ORGS = {
    "E": "云溪教育工委",
    "S": "青禾党委",
    "G": "青禾总支",
    "B1": "朝阳支部",
    "B2": "暮山支部",
    "P": "朝阳小组",
    "T": "明湖支部",
    "A": "镇街党委",
}
PEOPLE = {
    "E": ("郁工委", "殷干事"),
    "S": ("宋党委",),
    "G": ("顾总支",),
    "B1": ("白朝阳", "卞干事", "旧书记"),
    "B2": ("贝暮山",),
    "P": ("裴小组",),
    "T": ("唐明湖", "陶干事", "涂委员"),
    "A": ("安镇街",),
}
SEES = {
    "": "",
    "old": "",
    "b1": "B1 P",
    "b2": "B2",
    "p": "P",
    "t": "T",
    "g": "G B1 B2 P",
    "s": "S G B1 B2 P",
    "a": "A G T",
    "e": "E S G B1 B2 P T A",
}
"""What each may open; nobody logged in and a former holder: nothing."""
REPORTS_TO = {
    "B1": "G S",
    "B2": "G S",
    "P": "B1",
    "T": "E A",
    "G": "S A",
    "S": "E",
    "A": "E",
    "E": "",
}
"""Whose superiors and approvers are named to those who stand in an organization or above it."""
STANDS_IN = {
    "b1": "B1 P", "b2": "B2", "p": "P", "t": "T",
    "g": "G B1 B2 P", "s": "S G B1 B2 P", "a": "A",
}  # fmt: skip
CONTACTS = {
    "b1": "顾总支", "b2": "顾总支", "g": "宋党委", "p": "白朝阳",
    "t": "殷干事", "s": "殷干事", "a": "殷干事", "old": "旧书记",
}  # fmt: skip
"""Whom a message names to ask, the one above; and who is gone is still called by their name."""
NEAR = {
    "b1": "B1", "b2": "B2", "t": "T",  "s": "S B1 B2", "a": "A T"
}  # fmt: skip
"""Where each reads what is about persons: in their own organization, and where they approve."""
OWN = ("b1@example.cn", "b2@example.cn", "t@example.cn")
LISTED = 6
"""Tasks of each organization whose page is opened, cases among them."""


@pytest.mark.parametrize("who", SEES)
def test_no_answer_names_what_the_visitor_may_not_see(
    village: Village, village_site: Site, who: str
) -> None:
    sees, stands = SEES[who].split(), STANDS_IN.get(who, "").split()
    named = {*sees, *(above for code in stands for above in REPORTS_TO[code].split())}
    hidden = [name for code, name in ORGS.items() if code not in named]
    hidden += [
        name
        for code, names in PEOPLE.items()
        if code not in sees
        for name in names
        if name != CONTACTS.get(who)
    ]
    assert "" not in hidden
    answers = _answers(village, village_site, who)
    assert len(answers) > 100
    for path, text in answers.items():
        assert [name for name in hidden if name in text] == [], (who, path)


@pytest.mark.parametrize("who", SEES)
def test_what_is_about_a_person_is_read_by_the_organization_and_its_approver(
    village: Village, village_site: Site, who: str
) -> None:
    found: dict[str, set[str]] = {}
    for path, text in _answers(village, village_site, who).items():
        said = secrets_in(re.sub("<option.*?</option>", "", text))  # what a form offers is no case
        if said:
            found.setdefault(re.sub(r"/\d+$", "/N", path.split("?")[0]), set()).update(said)

    allowed = {
        f"/orgs/{code}{tail}"
        for code in NEAR.get(who, "").split()
        for tail in ("", "/tasks/N", "/evidence/N", "/cases")
    }
    assert {path: words for path, words in found.items() if path not in allowed} == {}
    expected = {f"/orgs/{code}" for code in NEAR.get(who, "").split() if code in ("B1", "B2", "T")}
    assert {path for path in found if re.fullmatch("/orgs/[^/]+", path)} == expected
    if who not in NEAR:
        assert found == {}


def test_no_message_says_what_is_about_a_person(village: Village) -> None:
    letters = village.sent
    assert {one["form"] for one in letters} == {"mail", "chat", "group"}
    for one in letters:
        files = [_unzipped(bytes.fromhex(content)) for _, content in one["files"]]
        said = "\n".join([one["subject"], one["text"], one["html"], *files])
        assert secrets_in(said) == set(), one
        assert "号事项" not in one["subject"]
        if one["form"] != "mail" or one["to"] not in OWN:
            assert not re.search(r"第\d+号事项", said), one


def test_the_organization_is_told_the_number_and_superiors_how_many(village: Village) -> None:
    to_b1 = [one["text"] for one in village.sent if one["to"] == "b1@example.cn"]
    to_g = [one["text"] for one in village.sent if one["to"] == "g@example.cn"]
    digest = next(text for text in reversed(to_g) if "涉及个人的事项" in text)
    to_clerk = [one["text"] for one in village.sent if one["to"] == "tc"]

    assert any(re.search(r"涉及个人的事项（第\d+号事项）", text) for text in to_b1)
    assert "朝阳支部：涉及个人的事项，9月14日（周一）到期，逾期63天" in digest
    assert "涉及个人的事项：逾期1项" in digest
    assert "有2项涉及个人，内容不在聊天里列出，请点链接查看。" in to_clerk[-1]


def test_a_superior_is_told_on_the_page_how_many_there_are(
    village: Village, village_site: Site
) -> None:
    page = village.browser(village_site, "g").get("/orgs/B1").text

    assert re.search(r"另有\d+项涉及个人的事项，内容只有本组织和审批它的组织能看。", page)
    assert "另有" not in village.browser(village_site, "s").get("/orgs/B1").text


def test_a_letter_about_a_person_is_closed_to_those_above(
    village: Village, village_site: Site
) -> None:
    with village_site.database.read() as session:
        to_b1 = select(message.c.id).join(person).where(person.c.key == "b1")
        of_monday = to_b1.where(message.c.day == date(2026, 11, 16))
        last = session.scalars(of_monday.order_by(message.c.id.desc())).first()

    assert (
        "涉及个人的事项，只有收件人能看内容"
        in village.browser(village_site, "g").get(f"/outbox/{last}").text
    )
    assert "涉及个人的事项（第" in village.browser(village_site, "b1").get(f"/outbox/{last}").text


_READ: dict[str, dict[str, str]] = {}


def _answers(village: Village, site: Site, who: str) -> dict[str, str]:
    """What every address says to a visitor, read once."""
    if who not in _READ:
        browser = village.browser(site, who)
        paths = list(_addresses(site, who, browser))
        _READ[who] = {path: _text(browser.get(path)) for path in paths}
    return _READ[who]


def _addresses(site: Site, who: str, browser: Browser) -> Iterator[str]:
    """Every address that answers a GET, filled in with all that there is."""
    routes = [route for route in browser.app.routes if not isinstance(route, Mount)]
    asked = [one for one in routes if isinstance(one, Route) and "GET" in (one.methods or {"GET"})]
    known = {
        "/": [""], "/outbox": [""], "/healthz": [""], "/metrics": [""], "/access": [""],
        "/orgs/{code}": [""], "/orgs/{code}/people": [""],
        "/orgs/{code}/digest": ["", "?week=2026-W45"], "/orgs/{code}/digest.xlsx": [""],
        "/orgs/{code}/grid": ["", "?unit=year&every=1"], "/orgs/{code}/grid.xlsx": ["?unit=year"],
        "/orgs/{code}/announce": [""], "/orgs/{code}/cases": [""], "/orgs/{code}/quiet": [""],
        "/login": [""], "/orgs/{code}/wall": ["", "?month=2026-11"], "/orgs/{code}/wall.xlsx": [""],
        "/orgs/{code}/papers/{kind}.docx": ["", "?month=2027-01", "?month=2027-02"],
        "/orgs/{code}/tasks/{id}": [""], "/orgs/{code}/evidence/{id}": [""],
        "/outbox/{id}": [""], "/feeds/{token}.ics": [""], "/t/{token}": [""],
        "/t/{token}/evidence/{id}": [""], "/login/{token}": [""],
        "/orgs/{code}/announce/{act}": [], "/orgs/{code}/cases/{act}": [],
        "/orgs/{code}/quiet/{act}": [], "/orgs/{code}/{act}": [], "/t/{token}/{act}": [],
        "/access/{what}": [],
        "/feed": [], "/logout": [],  # lead to the page of a form, and say nothing
    }  # fmt: skip
    for route in asked:
        if route.path.startswith("/manage"):
            continue  # for administrators only, who see everything
        for query in known[route.path]:  # a new address has to be thought of here
            yield from (path + query for path in _filled(route.path, site, who, browser))


def _filled(path: str, site: Site, who: str, browser: Browser) -> Iterator[str]:
    """An address with all that there is in the place of its names."""
    if path.startswith("/login/"):
        return
    if path.startswith("/feeds/"):
        pages = ["/", *(f"/orgs/{code}" for code in ORGS)]
        yield from sorted({one for page in pages for one in _FEED.findall(browser.get(page).text)})
        return
    links = [link.removeprefix("/t/") for link in _links(site, who)]
    places = {"{code}": [quote(code) for code in ORGS], "{kind}": [*DocumentKind], "{token}": links}
    filled = [path]
    for name, values in places.items():
        if name in path:
            filled = [one.replace(name, value) for one in filled for value in values]
    for one in filled:
        yield from (one.replace("{id}", number) for number in _numbers(one, site))


def _numbers(path: str, site: Site) -> list[str]:
    """What `{id}` may stand for in an address."""
    if "{id}" not in path:
        return [""]
    with site.database.read() as session:
        if "/evidence/" in path:
            found = session.scalars(select(evidence.c.id))
        elif path.startswith("/outbox/"):
            found = session.scalars(select(message.c.id).order_by(message.c.id.desc()).limit(30))
        else:
            code = path.split("/")[2]
            theirs = select(task.c.id).join(org).where(org.c.code == code)
            spoken = theirs.where(task.c.state.in_(("overdue", "done")))
            found = session.scalars(spoken.order_by(task.c.subject_id, task.c.id).limit(LISTED))
        return [str(number) for number in found]


_FEED = re.compile(r"(/feeds/[\w-]+\.ics)")


def _links(site: Site, who: str) -> list[str]:
    """The links in the visitor's own last messages."""
    with site.database.read() as session:
        mine = select(message.c.id).join(person).where(person.c.key == (who or "nobody"))
        last = session.scalars(mine.order_by(message.c.id.desc()).limit(5)).all()
    key = site.settings.key
    return [f"/t/{make_token(key, 'message', f'message:{number}', 1)}" for number in last]


def _text(response: Response) -> str:
    if response.content.startswith(b"PK"):
        return _unzipped(response.content)
    return response.text.replace("\r\n ", "")  # the lines of a calendar are folded


def _unzipped(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name).decode(errors="replace") for name in archive.namelist()]
    return "\n".join(re.sub(r"<[^>]+>", "", part) for part in parts)
