import pytest

from dj_cadence.errors import Blame
from dj_cadence.transport.bounce_report import parse_bounce
from dj_cadence.transport.message_id import make_message_id

KEY = b"the key of the site"
OURS = make_message_id(KEY, "5eed0123", 42, 0, "dj@example.cn")

HEADERS = f"""\
From: <dj@example.cn>
Message-ID: <{OURS}>
"""


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 <li@example.cn>:\n    User unknown",
    returned: str = "text/rfc822-headers",
    original: str = HEADERS,
) -> bytes:
    """A delivery report as mail servers write it."""
    return f"""\
From: MAILER-DAEMON@mx.example.cn
To: dj@example.cn
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.cn
Arrival-Date: Mon, 02 Mar 2026 08:30:00 +0800

Final-Recipient: rfc822; li@example.cn
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: {returned}

{original}
--b--
""".encode()


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_failure_names_our_message_and_its_reason(returned: str) -> None:
    found = parse_bounce(report(returned=returned))

    assert found is not None
    assert (found.message.number, found.message.site) == (42, "5eed0123")
    assert found.recipients == {"li@example.cn"}
    assert found.reason == "5.1.1 550 5.1.1 <li@example.cn>: User unknown"
    assert found.blame is Blame.ADDRESS


@pytest.mark.parametrize(
    ("status", "said", "blame"),
    [
        ("5.1.1", "550 User unknown", Blame.ADDRESS),
        ("5.2.2", "552 Mailbox full", Blame.MAILBOX),
        ("5.2.1", "550 disabled", Blame.MAILBOX),
        ("5.7.1 (spam)", "550 User unknown", Blame.CHANNEL),
        ("5.7.1", "550 blocked", Blame.CHANNEL),
        ("5.4.4", "unable to route", Blame.PASSING),
        ("4.4.7", "delivery time expired", Blame.PASSING),
        ("4.2.2", "over quota", Blame.MAILBOX),
        ("4.1.1", "User unknown", Blame.PASSING),
    ],
)
def test_what_came_back_is_judged_like_what_is_refused_at_once(
    status: str, said: str, blame: Blame
) -> None:
    found = parse_bounce(report(status=status, said=said))

    assert found is not None
    assert found.blame is blame


def test_only_the_holder_of_the_key_makes_an_id_that_is_believed() -> None:
    found = parse_bounce(report())
    guessed = parse_bounce(
        report(original="Message-ID: <m42.00000000000000000000.5eed0123@a.cn>\n")
    )

    assert found is not None
    assert guessed is not None
    assert (found.message.is_genuine(KEY), guessed.message.is_genuine(KEY)) == (True, False)
    assert not found.message.is_genuine(b"another key")


def test_another_edition_of_a_message_has_another_id() -> None:
    ids = {make_message_id(KEY, "5eed", 1, edition, "dj@example.cn") for edition in range(3)}
    others = {make_message_id(KEY, "5eed", 1, edition, "dj@example.cn") for edition in range(3)}

    assert len(ids) == 3
    assert ids == others


def test_a_mail_that_no_parser_gets_to_the_end_of_reports_nothing() -> None:
    nested = "".join(
        f"Content-Type: multipart/report; boundary=b{n}\n\n--b{n}\n" for n in range(3000)
    )

    assert parse_bounce(nested.encode()) is None


@pytest.mark.parametrize(
    "mail",
    [
        report(action="delayed", status="4.4.1"),
        report(action="delivered", status="2.0.0"),
        report(original="Message-ID: <x42.5eed@example.cn>\n"),
        report(original="Subject: nothing of ours\n"),
        b"Subject: Re: reminder\n\nThank you.\n",
        b"Content-Type: multipart/report; boundary=b\n\nno parts\n",
        b"",
        b"\xff\x00",
    ],
)
def test_every_other_mail_is_none(mail: bytes) -> None:
    assert parse_bounce(mail) is None
