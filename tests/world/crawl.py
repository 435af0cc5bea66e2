"""Opens every address that a page leads to, and says which do not answer as they should."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from tests.world.web_district import Browser

_ELSEWHERE = ("mailto:", "tel:", "data:", "javascript:")
NUMBERS = r"/\d+|=\d+"
"""An organization's tasks and messages are alike."""
CODES = rf"{NUMBERS}|/orgs/[^/?]+"
"""So are organizations."""
_ADDRESSES = ("href", "src", "action", "formaction", "srcset", "poster")


class _Links(HTMLParser):
    """Every address that stands in the markup, with what stands in a letter's frame."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _ADDRESSES and value is not None:
                self.found.append(value)
            elif name == "id" and value:
                self.ids.add(value)
            elif name == "srcdoc" and value:
                self.found += links(value)


def links(html: str) -> list[str]:
    """The addresses in a page."""
    reader = _Links()
    reader.feed(html)
    return reader.found


def crawl(client: Browser, *starts: str, each: int = 0, alike: str = NUMBERS) -> dict[str, int]:
    """Every address that `starts` lead to, with what it answered; forms by their address alone.

    Of addresses that differ only in what `alike` matches, `each` are opened; without it, all.
    """
    home = str(client.base_url)
    waiting, answered, opened = list(starts), dict[str, int](), Counter[str]()
    while waiting:
        address = urljoin(home, urldefrag(waiting.pop(0)).url)
        if address in answered:
            continue
        opened[shape := re.sub(alike, "#", address)] += 1
        if each and "#" in shape and opened[shape] > each:
            continue
        page = client.get(address, follow_redirects=True)
        answered[address] = page.status_code
        if "html" in page.headers.get("content-type", ""):
            waiting += _own(links(page.text), str(page.url), home)
        elif "calendar" in page.headers.get("content-type", ""):
            waiting += _own(_in_calendar(page.text), str(page.url), home)
    return answered


def _in_calendar(text: str) -> Iterator[str]:
    unfolded = text.replace("\r\n ", "")
    yield from re.findall(r"https?://[^\s\\]+", unfolded)


def _own(found: Iterator[str] | list[str], page: str, home: str) -> Iterator[str]:
    """Those that lead to this site, as whole addresses; a calendar's by the way it is fetched."""
    for link in found:
        if link.startswith(_ELSEWHERE):
            continue
        whole = urljoin(page, link.replace("webcal:", f"{urlsplit(home).scheme}:"))
        if urlsplit(whole).netloc == urlsplit(home).netloc:
            yield whole


def broken(answered: dict[str, int]) -> dict[str, int]:
    return {address: status for address, status in answered.items() if status != 200}
