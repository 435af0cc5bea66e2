"""Mail that came back: read from both kinds of box, and what becomes of the address."""

import logging
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from mailbox import Maildir
from pathlib import Path

import pytest
import trustme
from sqlalchemy import select

from dj_cadence.errors import Refused
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery.bounces import collect_bounces
from dj_cadence.services.site import Site
from dj_cadence.settings.schema import BouncesTable
from dj_cadence.store import schema
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import addresses
from dj_cadence.store.roster import people
from dj_cadence.transport.mailbox import BounceBox, open_box
from tests.world import queue as rows
from tests.world.queue import MINUTE, MORNING, SHIPPED, Recorder, fill, send_all
from tests.world.servers.imap_server import PASSWORD, USERNAME, ImapMailbox, imap_server

ORDINARY = b"From: li@example.cn\nSubject: Re: reminder\n\nThank you.\n"


def report(message_id: str, status: str = "5.1.1") -> bytes:
    return f"""\
From: MAILER-DAEMON@mx.example.cn
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.cn

Final-Recipient: rfc822; p1@example.cn
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 User unknown

--b
Content-Type: text/rfc822-headers

Message-ID: <{message_id}>

--b--
""".replace("\n", "\r\n").encode()


FIRST = rows.message_id(1).encode()
BOUNCE = report(rows.message_id(1))


def _site(database: Database, box: BounceBox | None) -> Site:
    settings = replace(rows.SETTINGS, channels={})
    opened = (lambda: box) if box else None
    return Site(settings, database, lambda: Templates([SHIPPED]), dict, opened)


@pytest.fixture
def maildir_box(tmp_path: Path) -> BounceBox:
    box = Maildir(tmp_path / "bounces")
    for mail in (ORDINARY, BOUNCE, report("m2.0ther@example.cn")):
        box.add(mail)
    return open_box(BouncesTable(folder="bounces").model_dump(), tmp_path)


@pytest.fixture
def server_context(tmp_path: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def _imap(port: int, site: Path, **changed: object) -> BounceBox:
    options = {
        "host": "127.0.0.1",
        "port": port,
        "username": USERNAME,
        "password": PASSWORD,
        "ca_file": "ca.pem",
        "timeout_seconds": 2.0,
    }
    return open_box(BouncesTable(**{**options, **changed}).model_dump(), site)  # type: ignore[arg-type]


@pytest.fixture
def imap_mailbox() -> ImapMailbox:
    return ImapMailbox([ORDINARY, BOUNCE, report("m2.0ther@example.cn")])


@pytest.fixture
def imap_box(
    imap_mailbox: ImapMailbox, server_context: ssl.SSLContext, tmp_path: Path
) -> Iterator[BounceBox]:
    with imap_server(imap_mailbox, server_context) as port:
        yield _imap(port, tmp_path)


@pytest.mark.parametrize("kind", ["maildir", "imap"])
def test_a_box_gives_its_unread_mail_and_marks_what_was_handled(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    box: BounceBox = request.getfixturevalue(f"{kind}_box")
    given: list[bytes] = []

    def handle(content: bytes) -> bool:
        given.append(content)
        return FIRST in content

    box.read(handle)
    first = len(given)
    box.read(handle)

    again = given[first:]
    assert sum(FIRST in mail for mail in given[:first]) == 1
    assert len(again) == first - 1  # all but the one that was handled
    assert not any(FIRST in mail for mail in again)


def test_nothing_is_lost_from_the_box(maildir_box: BounceBox, tmp_path: Path) -> None:
    maildir_box.read(lambda content: FIRST in content)

    assert len(list((tmp_path / "bounces" / "new").iterdir())) == 2
    (handled,) = (tmp_path / "bounces" / "cur").iterdir()
    assert handled.name.endswith(":2,S")


def test_an_address_whose_mail_came_back_is_used_no_more(
    database: Database, maildir_box: BounceBox
) -> None:
    fill(database, 2)
    send_all(database, Recorder())

    assert collect_bounces(_site(database, maildir_box), MORNING) == 1

    reason = "退信：5.1.1 550 User unknown"
    with database.read() as session:
        query = select(schema.address.c.value, schema.address.c.state, schema.address.c.reason)
        found = [tuple(row) for row in session.execute(query.order_by(schema.address.c.id))]
        reachable = people.addresses(session, [1, 2])
    assert found == [("p1@example.cn", "bad", reason), ("p2@example.cn", "ok", "")]
    assert reachable == {2: {"email": "p2@example.cn"}}
    assert rows.attempts(database) == [
        (1, 1, "sent", f"250 ok；{reason}"),
        (2, 1, "sent", "250 ok"),
    ]


def test_a_bounce_told_twice_is_noted_once(database: Database, tmp_path: Path) -> None:
    fill(database, 1)
    send_all(database, Recorder())
    box = Maildir(tmp_path / "bounces")
    box.add(BOUNCE)
    box.add(BOUNCE)
    site = _site(database, open_box(BouncesTable(folder="bounces").model_dump(), tmp_path))

    assert collect_bounces(site, MORNING) == 1
    assert rows.attempts(database) == [(1, 1, "sent", "250 ok；退信：5.1.1 550 User unknown")]


def _collect(database: Database, folder: Path, now: datetime, *mails: bytes) -> int:
    box = Maildir(folder / "bounces")
    for mail in mails:
        box.add(mail)
    settings = BouncesTable(folder="bounces").model_dump()
    return collect_bounces(_site(database, open_box(settings, folder)), now)


def _states(database: Database) -> dict[str, str]:
    with database.read() as session:
        query = select(schema.address.c.value, schema.address.c.state)
        return dict(map(tuple, session.execute(query)))


@pytest.mark.parametrize(
    "mail",
    [
        report("m1.5eed@example.cn"),
        report(f"m1.{'0' * 20}.5eed@example.cn"),
        report(rows.message_id(1).replace("m1.", "m2.")),
        report(rows.message_id(1)).replace(b"rfc822; p1@", b"rfc822; p2@"),
        report(rows.message_id(2)),
        report(rows.message_id(1)).replace(b"Final-Recipient", b"X-Recipient"),
        report(rows.message_id(9)),
    ],
    ids=["in sequence", "guessed", "of another", "to another", "number", "to nobody", "none"],
)
def test_a_forged_report_strikes_nobody_off(
    database: Database, tmp_path: Path, mail: bytes
) -> None:
    fill(database, 2)
    send_all(database, Recorder())

    assert _collect(database, tmp_path, MORNING, mail) == 0

    assert _states(database) == {"p1@example.cn": "ok", "p2@example.cn": "ok"}
    assert {row[3] for row in rows.attempts(database)} == {"250 ok"}


def test_a_report_that_comes_again_overrides_no_mending(database: Database, tmp_path: Path) -> None:
    fill(database, 1)
    send_all(database, Recorder())
    assert _collect(database, tmp_path, MORNING, BOUNCE) == 1
    with database.write() as session:
        addresses.mend(session, "email", "p1@example.cn", MORNING + 60 * MINUTE)

    other = BOUNCE.replace(b"Subject:", b"Message-ID: <again@mx>\r\nSubject:")
    for n, mail in enumerate((BOUNCE, BOUNCE, other), start=7):
        assert _collect(database, tmp_path, MORNING + n * 10 * MINUTE, mail) == (mail is other)

    assert _states(database) == {"p1@example.cn": "ok"}


def test_a_report_of_long_ago_is_none(database: Database, tmp_path: Path) -> None:
    fill(database, 1)
    send_all(database, Recorder())

    assert _collect(database, tmp_path, MORNING + timedelta(days=15), BOUNCE) == 0
    assert _states(database) == {"p1@example.cn": "ok"}


def test_a_full_mailbox_further_on_is_left_alone(database: Database, tmp_path: Path) -> None:
    fill(database, 1)
    send_all(database, Recorder())
    full = report(rows.message_id(1), "5.2.2").replace(b"550 User unknown", b"552 Mailbox full")

    assert _collect(database, tmp_path, MORNING, full) == 1
    assert _states(database) == {"p1@example.cn": "aside"}


def test_policy_strikes_no_address_off(database: Database, tmp_path: Path) -> None:
    fill(database, 1)
    send_all(database, Recorder())
    Maildir(tmp_path / "bounces").add(report(rows.message_id(1), "5.7.1"))
    site = _site(database, open_box(BouncesTable(folder="bounces").model_dump(), tmp_path))

    collect_bounces(site, MORNING)

    assert rows.attempts(database)[0][3] == "250 ok；退信：5.7.1 550 User unknown"
    with database.read() as session:
        assert people.addresses(session, [1]) == {1: {"email": "p1@example.cn"}}


def test_the_box_is_looked_into_every_ten_minutes(
    database: Database, maildir_box: BounceBox
) -> None:
    fill(database, 1)
    send_all(database, Recorder())
    site = _site(database, maildir_box)
    collect_bounces(site, MORNING - 5 * MINUTE)
    with database.write() as session:
        session.execute(schema.address.update().values(state="ok"))

    assert collect_bounces(site, MORNING) == 0
    assert collect_bounces(site, MORNING + 5 * MINUTE) == 0  # it has been read before
    assert collect_bounces(_site(database, None), MORNING) == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "geheim"}, "读不了退信邮箱：服务器不接受登录或命令"),
        ({"mailbox": "Nowhere"}, "读不了退信邮箱：服务器不接受登录或命令"),
        ({"ca_file": None}, "读不了退信邮箱：服务器证书不受信任"),
        ({"host": "127.0.0.9"}, "读不了退信邮箱：Connection refused"),
        ({"host": "", "folder": "nowhere"}, "读不了退信邮箱：没有文件夹"),
    ],
)
def test_a_box_that_cannot_be_read_stops_nothing_and_tells_no_secret(
    sqlite_database: Database,
    imap_mailbox: ImapMailbox,
    server_context: ssl.SSLContext,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    changed: dict[str, object],
    said: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    fill(sqlite_database, 1)
    with imap_server(imap_mailbox, server_context) as port:
        box = _imap(port, tmp_path, **changed)

        assert collect_bounces(_site(sqlite_database, box), MORNING) == 0
        with pytest.raises(Refused, match=said) as caught:
            box.read(lambda _content: True)

    assert f"bounces_not_read reason={said}" in caplog.text
    for secret in ("geheim", PASSWORD):
        assert secret not in caplog.text + str(caught.value) + repr(box)
