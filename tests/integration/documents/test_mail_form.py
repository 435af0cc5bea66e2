"""Every mail is what RFC 5322 and HTML say, and keeps to what mail clients show."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import pytest

from dj_cadence.domain.messages.notifier import Audience, Letter, Sender
from dj_cadence.domain.messages.view import MessageView
from dj_cadence.rendering.template_check import SAMPLES
from dj_cadence.rendering.templates import Templates
from dj_cadence.transport import mime
from tests.world.queue import SHIPPED

SENDER = Sender("党建节拍（某县教育工委）", "dj@example.cn")
ONCE = {"date", "from", "to", "subject", "message-id", "in-reply-to", "references"}
FIELD = re.compile(rb"[!-9;-~]+:( [!-~][ -~]*)?\r\n([ \t]+[!-~][ -~]*\r\n)*")
MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>")
BLOCKS = {"html", "head", "body", "div", "p", "h2", "h3", "ul", "li"}
TAGS = BLOCKS | {"a", "b", "br", "meta", "span", "style", "title"}
TAGS |= {"table", "tbody", "td", "th", "tr"}
ATTRIBUTES = {"style", "class", "href", "lang", "charset", "name", "content", "width"} | {
    "cellspacing"
}
UNSAFE_STYLES = re.compile(
    r"position|float|flex|grid|url\(|@import|expression|behavior", re.IGNORECASE
)


def views() -> list[MessageView]:
    """Every part of the templates, also with names that HTML and headers have to escape."""
    hostile = [
        replace(
            view,
            person_name='李<b>&"老师\r\nBcc: x@y.cn',
            items=tuple(
                replace(item, title="<script>alert(1)</script>" * 5, org_name="a&b<i>" * 40)
                for item in view.items
            ),
        )
        for view in SAMPLES
    ]
    return [*SAMPLES, *hostile]


def mail(view: MessageView) -> bytes:
    rendered = Templates([SHIPPED]).render(view, Audience.MAIL, home="https://dj.example.cn")
    letter = Letter(
        message_id=f"m1.{'5eed' * 8}@mail.some-education-office.example.cn",
        to="li@example.cn",
        to_name=view.person_name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        date="2026-03-02T08:30:00+08:00",
        headers=(
            ("Auto-Submitted", "auto-generated"),
            ("References", f"<t1.2026-03.{'5eed' * 8}@mail.some-education-office.example.cn>"),
            ("List-Unsubscribe", f"<mailto:dj@example.cn?subject=unsubscribe%20{'P' * 60}>"),
        ),
    )
    return mime.build(letter, SENDER)


@pytest.fixture(params=range(len(views())))
def content(request: pytest.FixtureRequest) -> bytes:
    return mail(views()[request.param])


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def html_of(content: bytes) -> str:
    part = parsed(content).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_lines_and_characters_are_those_of_rfc_5322(content: bytes) -> None:
    assert content.isascii()
    assert b"\x00" not in content
    assert content.endswith(b"\r\n")
    lines = content.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    head, _, body = content.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert max(map(len, lines)) <= 998
    long = [line.split(b":")[0] for line in head.split(b"\r\n") if len(line) > 78]
    assert set(long) <= {b"Message-ID", b"References", b"List-Unsubscribe"}  # not to be folded


def test_every_header_is_well_formed_and_there_as_often_as_it_may_be(content: bytes) -> None:
    head = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    assert re.fullmatch(rb"(?:" + FIELD.pattern + rb")+", head)
    message = parsed(content)
    names = [name.lower() for name in message]
    assert {name: names.count(name) for name in ONCE if names.count(name) != 1} == {
        "in-reply-to": 0
    }
    assert names.count("mime-version") == names.count("list-unsubscribe") == 1
    assert "bcc" not in names
    assert MESSAGE_ID.fullmatch(str(message["Message-ID"]))
    assert MESSAGE_ID.fullmatch(str(message["References"]))
    assert str(message["List-Unsubscribe"]).isascii()
    assert message["Date"].datetime.isoformat() == "2026-03-02T08:30:00+08:00"


def test_a_strict_parser_finds_no_defect(content: bytes) -> None:
    message = parsed(content)
    assert [part.defects for part in message.walk() if part.defects] == []
    assert [value.defects for value in message.values() if value.defects] == []
    kinds = [
        (part.get_content_type(), part["Content-Transfer-Encoding"]) for part in message.walk()
    ]
    assert kinds == [
        ("multipart/alternative", None),
        ("text/plain", "base64"),
        ("text/html", "base64"),
    ]


def elements(html: str) -> list[ET.Element]:
    """Of the document, which a strict parser must take without one error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document: Any = parser.parse(html)
    return list(document.iter())


def test_the_html_is_valid_and_of_tags_that_mail_clients_know(content: bytes) -> None:
    found = elements(html_of(content))

    assert {str(element.tag) for element in found} - TAGS == set()
    attributes = {name for element in found for name in element.attrib}
    assert attributes - ATTRIBUTES == set()
    assert next(element for element in found if element.tag == "html").get("lang") == "zh-CN"
    assert next(element for element in found if element.tag == "title").text


def test_nothing_in_it_is_fetched_or_acts(content: bytes) -> None:
    found = elements(html_of(content))
    links = [element.get("href", "") for element in found if element.tag == "a"]
    styles = [element.get("style", "") for element in found]
    styles += [element.text or "" for element in found if element.tag == "style"]

    assert [link for link in links if not link.startswith("https://")] == []
    assert [style for style in styles if UNSAFE_STYLES.search(style)] == []


def test_the_check_would_find_what_it_looks_for() -> None:
    with pytest.raises(Exception, match="Unexpected end tag"):
        elements("<!DOCTYPE html><html><head><title>x</title></head><body></b></body></html>")
    found = elements(
        "<!DOCTYPE html><html lang=zh><head><title>x</title></head>"
        '<body><form></form><p style="position: fixed">x</p></body></html>'
    )
    assert {element.tag for element in found} - TAGS == {"form"}
    assert UNSAFE_STYLES.search(str(found[-1].get("style")))
    assert not re.fullmatch(FIELD, b"Subject: \xe5\x85\x9a\r\n")
    assert not re.fullmatch(FIELD, b"Sub ject: x\r\n")
