"""Boxes of returned mail that hold too much, and mail servers that never come to an end."""

import ssl
import time
from pathlib import Path

import pytest
import trustme

from dj_cadence.errors import Refused
from dj_cadence.settings.schema import BouncesTable
from dj_cadence.transport import mailbox
from dj_cadence.transport.mailbox import BounceBox, open_box
from tests.world.servers.imap_server import PASSWORD, USERNAME, ImapMailbox, imap_server
from tests.world.servers.scripted_server import Peer, Script, scripted_server

SECONDS = 1.0
REPORT = b"Subject: %d\r\nContent-Type: multipart/report; report-type=delivery-status\r\n\r\n"


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(found)
    return found


def box_at(port: int, folder: Path) -> BounceBox:
    table = BouncesTable(
        host="127.0.0.1",
        port=port,
        username=USERNAME,
        password=PASSWORD,
        ca_file="ca.pem",
        timeout_seconds=SECONDS,
    )
    return open_box(table.model_dump(), folder)


# --- too much ---------------------------------------------------------------------------------


def test_of_many_mails_the_newest_are_read_and_of_each_the_beginning(
    tmp_path: Path, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "_MOST_MAILS", 2)
    monkeypatch.setattr(mailbox, "_MOST_BYTES", 100)
    mails = [REPORT % n + b"x" * 1000 for n in range(4)]
    given: list[bytes] = []
    with imap_server(ImapMailbox(mails), context) as port:
        box_at(port, tmp_path).read(lambda content: bool(given.append(content)))
    (tmp_path / "bounces" / "new").mkdir(parents=True)
    for n, mail in enumerate(mails):
        (tmp_path / "bounces" / "new" / f"{n}.mail").write_bytes(mail)
    open_box(BouncesTable(folder="bounces").model_dump(), tmp_path).read(
        lambda content: bool(given.append(content))
    )

    assert given == [mail[:100] for mail in (*mails[2:], *mails[2:])]


def test_what_is_marked_keeps_its_content_and_its_other_flags(tmp_path: Path) -> None:
    whole = REPORT % 1 + b"x" * 1_000_000
    for place in ("new", "cur", "tmp"):
        (tmp_path / "bounces" / place).mkdir(parents=True)
    (tmp_path / "bounces" / "cur" / "1.a:2,FR").write_bytes(whole)
    (tmp_path / "bounces" / "new" / "2.b").write_bytes(whole)

    open_box(BouncesTable(folder="bounces").model_dump(), tmp_path).read(lambda _content: True)

    left = {path.name: path.read_bytes() for path in (tmp_path / "bounces").rglob("*.*")}
    assert left == {"1.a:2,FRS": whole, "2.b:2,S": whole}


# --- never an end -----------------------------------------------------------------------------


def imap(context: ssl.SSLContext, searched: Script, fetched: Script) -> Script:
    """A server that behaves until it is asked what there is, or for a mail."""

    def converse(peer: Peer) -> None:
        peer.encrypt(context)
        peer.say("* OK ready")
        while line := peer.hear():
            tag, command, *rest = line.split(" ")
            if command == "CAPABILITY":
                peer.say("* CAPABILITY IMAP4rev1")
            elif rest[:1] == ["SEARCH"]:
                searched(peer)
            elif rest[:1] == ["FETCH"]:
                fetched(peer)
            peer.say(f"{tag} OK done")

    return converse


def says(*lines: str) -> Script:
    return lambda peer: peer.say(*lines)


def one(peer: Peer) -> None:
    peer.say("* SEARCH 1")


def endless_literal(peer: Peer) -> None:
    peer.say("* 1 FETCH (UID 1 BODY[]<0> {3000000000}")
    peer.pour(b"x" * 100_000)


def endless_chatter(peer: Peer) -> None:
    peer.pour(b"* 1 EXISTS\r\n" * 10_000)


def dripping(peer: Peer) -> None:
    peer.drip(b"* 1 EXISTS\r\n")


TOO_MUCH = "读不了退信邮箱：对方的答复没完没了"
TOO_LONG = "读不了退信邮箱：等待超时"
NONSENSE = "读不了退信邮箱：服务器的答复看不懂"


@pytest.mark.parametrize(
    ("searched", "fetched", "said"),
    [
        (one, endless_literal, TOO_MUCH),
        (one, says("* 1 FETCH (UID 1 BODY[]<0> {1000000000000000000}"), TOO_MUCH),
        (one, says(f"* 1 FETCH (UID 1 BODY[]<0> {{{'9' * 5000}}}"), NONSENSE),
        (endless_chatter, one, TOO_MUCH),
        (dripping, one, TOO_LONG),
        (one, dripping, TOO_LONG),
        (Peer.hang, one, TOO_LONG),
    ],
    ids=["literal", "announced", "digits", "chatter", "dripping", "dripping mail", "silence"],
)
def test_a_server_without_end_is_left_in_time(
    tmp_path: Path,
    context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    searched: Script,
    fetched: Script,
    said: str,
) -> None:
    monkeypatch.setattr(mailbox, "_MOST_OF_ALL", 1_000_000)
    began = time.monotonic()
    with scripted_server(imap(context, searched, fetched)) as port:
        with pytest.raises(Refused) as caught:
            box_at(port, tmp_path).read(lambda _content: True)
        took = time.monotonic() - began

    assert str(caught.value) == said
    assert took < 4 * SECONDS + 2


def test_numbers_that_are_none_are_passed_over(tmp_path: Path, context: ssl.SSLContext) -> None:
    given: list[bytes] = []
    searched = says(f"* SEARCH x 0x1 -3 {'9' * 5000}")
    with scripted_server(imap(context, searched, one)) as port:
        box_at(port, tmp_path).read(lambda content: bool(given.append(content)))

    assert given == []
