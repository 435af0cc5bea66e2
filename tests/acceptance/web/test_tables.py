"""Tables on the pages can be read aloud: every heading says something, and of what it is one."""

import html5lib
import pytest

from tests.world.web_district import CLERK, District

PAGES = [
    "/orgs/E1/digest",
    "/orgs/S1-1",
    "/orgs/E1/people",
    "/orgs/S1-1/wall",
    "/outbox",
    "/access",
    "/",
]


@pytest.mark.parametrize("path", PAGES)
def test_no_heading_is_empty(district: District, path: str) -> None:
    page = district.login(CLERK).get(path)
    assert page.status_code == 200
    headings = list(html5lib.parse(page.text, namespaceHTMLElements=False).iter("th"))
    assert [heading for heading in headings if not "".join(heading.itertext()).strip()] == []
    assert {heading.get("scope") for heading in headings} <= {"col", "row"}
