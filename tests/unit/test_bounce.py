import pytest

from dj_cadence.domain.bounce import Bounce, parse_bounce

HEADERS = """\
From: <dj@example.cn>
Message-ID: <m42.5eed0123@example.cn>
"""


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
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
Diagnostic-Code: smtp; 550 5.1.1 <li@example.cn>:
    User unknown

--b
Content-Type: {returned}

{original}
--b--
""".encode()


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_failure_names_our_message_and_its_reason(returned: str) -> None:
    assert parse_bounce(report(returned=returned)) == Bounce(
        message=42,
        site="5eed0123",
        reason="5.1.1 550 5.1.1 <li@example.cn>: User unknown",
        about_recipient=True,
    )


def test_policy_is_not_the_fault_of_the_address() -> None:
    found = parse_bounce(report(status="5.7.1 (spam)"))

    assert found is not None
    assert not found.about_recipient


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
