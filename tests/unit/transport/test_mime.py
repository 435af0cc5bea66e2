import re
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.domain.messages.notifier import Attachment, Letter, Sender
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.mail_address import is_address
from dj_cadence.transport.mime import build

SENDER = Sender("党建节拍", "dj@example.cn")
LETTER = Letter(
    message_id="m1.5eed@example.cn",
    to="li@example.cn",
    to_name="李老师",
    subject="党建提醒：主题党日",
    text="正文\n",
    html="<p>正文</p>\n",
    date="2026-03-02T08:30:00+08:00",
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
LETTERS = st.builds(
    replace,
    st.just(LETTER),
    to_name=TEXTS,
    subject=TEXTS | st.text("党建提醒：abc ", min_size=60, max_size=400),
    text=TEXTS,
    html=TEXTS,
)
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")


@given(LETTERS)
@settings(max_examples=60, deadline=None)
def test_the_bytes_are_ascii_short_lined_and_depend_on_the_letter_alone(letter: Letter) -> None:
    content = build(letter, SENDER)

    assert content == build(replace(letter), SENDER)
    assert content.isascii()
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 78
    assert b"\r\n." not in b"\r\n" + content  # SMTP would have to double it
    assert all(len(word) <= 75 for word in ENCODED_WORD.findall(content))


@given(LETTERS)
@settings(max_examples=60, deadline=None)
def test_subject_and_names_read_back_as_written(letter: Letter) -> None:
    message = message_from_bytes(build(letter, SENDER))

    to_name, _, address = _decoded(message["To"]).rpartition("<")
    assert _decoded(message["Subject"]) == _one_line(letter.subject)
    assert to_name.strip() == _one_line(letter.to_name)
    assert address == "li@example.cn>"
    assert "Bcc" not in message


def _decoded(header: str) -> str:
    return str(make_header(decode_header(header)))


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", text).strip()


def test_who_has_no_name_is_written_to_by_address() -> None:
    head = build(replace(LETTER, to_name="\x00 "), SENDER).split(b"\r\n\r\n")[0]

    assert f"\r\nTo: <{LETTER.to}>\r\n".encode() in head


def test_a_long_message_id_or_list_header_stays_on_one_line() -> None:
    address = f"<https://dj.example.cn/{'u' * 100}>"
    letter = replace(
        LETTER, message_id=f"m1.{'5eed' * 20}@example.cn", headers=(("List-Unsubscribe", address),)
    )

    lines = build(letter, SENDER).split(b"\r\n")

    assert f"Message-ID: <{letter.message_id}>".encode() in lines
    assert f"List-Unsubscribe: {address}".encode() in lines


def test_another_message_has_another_boundary() -> None:
    first = message_from_bytes(build(LETTER, SENDER))
    second = message_from_bytes(build(replace(LETTER, message_id="m2.5eed@example.cn"), SENDER))

    assert first.get_boundary() != second.get_boundary()


def test_the_date_keeps_its_zone() -> None:
    message = message_from_bytes(build(LETTER, SENDER))

    assert message["Date"] == "Mon, 02 Mar 2026 08:30:00 +0800"


@pytest.mark.parametrize(
    "address",
    ["li@example.cn", "li.si+dj@mail.example.edu.cn", "root@localhost", "a" * 64 + "@example.cn"],
)
def test_valid_addresses_are_accepted(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "li",
        "li@@example.cn",
        ".li@example.cn",
        "li.@example.cn",
        "li@-example.cn",
        "li@example..cn",
        "李@example.cn",
        "li@例子.cn",
        "li@example.cn\n",
        "a" * 65 + "@example.cn",
        "li@" + "a." * 130 + "cn",
    ],
)
def test_what_is_no_address(address: str) -> None:
    assert not is_address(address)


def test_a_sender_that_is_no_address_is_refused() -> None:
    """And nobody who is written to is to blame."""
    with pytest.raises(DeliveryError, match="发件地址“dj”不是可用的邮箱地址") as caught:
        build(LETTER, Sender("党建节拍", "dj"))
    assert (caught.value.blame, caught.value.down) == (Blame.CHANNEL, True)


def test_a_letter_carries_files_under_their_names() -> None:
    file = Attachment("云溪区 2026-W10 周报.xlsx", "application/vnd.test", b"PK\x00\xff\r\n")
    letter = replace(LETTER, attachments=(file,))

    content = build(letter, SENDER)
    message = message_from_bytes(content)
    body, attached = message.get_payload()

    assert content == build(letter, SENDER)
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in body.get_payload()] == ["text/plain", "text/html"]
    assert attached.get_content_type() == file.media_type
    assert attached.get_filename() == file.name
    assert attached.get_payload(decode=True) == file.content


def _header(content: bytes, name: str) -> list[str]:
    """The lines of a header."""
    head = content.split(b"\r\n\r\n")[0].decode().replace("\r\n ", "\n ")
    found = next(line for line in head.split("\r\n") if line.startswith(f"{name}: "))
    return found.split("\n")


@pytest.mark.parametrize(
    ("name", "address", "lines"),
    [
        ("党建节拍", "dj@example.cn", ["From: =?utf-8?b?5YWa5bu66IqC5ouN?= <dj@example.cn>"]),
        ("DJ", "dj@example.cn", ["From: =?utf-8?b?REo=?= <dj@example.cn>"]),
        ("", "dj@example.cn", ["From: <dj@example.cn>"]),
        (
            "党建节拍（某县教育工委）",
            "dj@example.cn",
            [
                "From: =?utf-8?b?5YWa5bu66IqC5ouN77yI5p+Q5Y6/5pWZ6IKy5bel5aeU77yJ?=",
                " <dj@example.cn>",
            ],
        ),
        (
            "党建节拍",
            f"{'a' * 64}@example.cn",
            ["From: =?utf-8?b?5YWa5bu66IqC5ouN?=", f" <{'a' * 64}@example.cn>"],
        ),
    ],
)
def test_a_sender_stands_on_one_line_where_it_fits(
    name: str, address: str, lines: list[str]
) -> None:
    assert _header(build(LETTER, Sender(name, address)), "From") == lines


@given(TEXTS, st.integers(1, 64))
@settings(max_examples=100, deadline=None)
def test_an_address_is_alone_on_a_line_only_where_the_one_before_has_no_room(
    name: str, long: int
) -> None:
    address = f"{'a' * long}@cn"
    content = build(replace(LETTER, to=address, to_name=name), SENDER)
    *before, last = _header(content, "To")

    shown = _decoded(message_from_bytes(content)["To"]).rpartition("<")[0]
    assert shown.strip() == _one_line(name)
    if before and last == f" <{address}>":
        assert len(f"{before[-1]}{last}") > 78
    assert len(last) <= 78


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        (
            "report 2026-W10.xlsx",
            ['name="report 2026-W10.xlsx"'],
            'filename="report 2026-W10.xlsx"',
        ),
        (
            "周报.xlsx",
            ['name="=?utf-8?b?5ZGo5oqlLnhsc3g=?="'],
            "filename*=utf-8''%E5%91%A8%E6%8A%A5.xlsx",
        ),
        (
            '第"一"小学\\; a.xlsx',
            ['name="=?utf-8?b?56ysIuS4gCLlsI/lraZcOyBhLnhsc3g=?="'],
            "filename*=utf-8''%E7%AC%AC%22%E4%B8%80%22%E5%B0%8F%E5%AD%A6%5C%3B%20a.xlsx",
        ),
    ],
)
def test_the_name_of_a_file_is_there_for_old_and_new_clients(
    name: str, content_type: list[str], disposition: str
) -> None:
    part = _attached(name)

    assert part["Content-Type"].split(";\r\n ") == ["application/vnd.test", *content_type]
    assert part["Content-Disposition"] == f"attachment;\r\n {disposition}"


def _attached(name: str) -> Any:
    file = Attachment(name, "application/vnd.test", b"PK")
    message: Any = message_from_bytes(build(replace(LETTER, attachments=(file,)), SENDER))
    return message.get_payload()[1]


@given(st.text("某县第一高级中学 周报\"'\\;%*=()a.", min_size=1, max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_name_of_a_file_reads_back_in_both_ways(name: str) -> None:
    part = _attached(f"{name}.xlsx")
    filename = part.get_filename()
    old = str(make_header(decode_header(part.get_param("name").replace("\r\n", ""))))

    assert filename == old
    assert filename.endswith(".xlsx")
    assert len(filename.encode()) <= 255
    assert _one_line(f"{name}.xlsx").startswith(filename.removesuffix(".xlsx"))
    assert max(map(len, part.as_string().splitlines())) <= 998
