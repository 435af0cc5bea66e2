import re
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.domain.letter import Attachment, Letter, Sender
from dj_cadence.domain.mime import build, is_address
from dj_cadence.errors import DeliveryError

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
        LETTER,
        message_id=f"m1.{'5eed' * 20}@example.cn",
        headers=(("List-Unsubscribe", address),),
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
def test_addresses(address: str) -> None:
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
    with pytest.raises(DeliveryError, match="“dj”不是可用的邮箱地址"):
        build(LETTER, Sender("党建节拍", "dj"))


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
