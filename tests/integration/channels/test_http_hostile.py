"""Services over HTTP that drag on or never come to an end, with a notifier that posts to them."""

import ssl
import time
from pathlib import Path

import pytest
import trustme

from dj_cadence.domain.messages.notifier import Sender
from dj_cadence.errors import DeliveryError
from dj_cadence.notifiers import webhook
from dj_cadence.transport import bounded_client
from dj_cadence.transport.bounded_client import BoundedClient
from dj_cadence.transport.socket_reader import TooMuch
from tests.world.servers.scripted_server import Peer, Script, scripted_server
from tests.world.servers.smtp_server import LETTER

SECONDS = 0.5
CHUNKS = "Transfer-Encoding: chunked"


def asked(peer: Peer) -> None:
    """Hear a request to its end."""
    size = 0
    while line := peer.hear():
        name, _, value = line.partition(":")
        size = int(value) if name.lower() == "content-length" else size
    peer.lines.read(size)


def answers(*lines: str) -> Script:
    def script(peer: Peer) -> None:
        asked(peer)
        peer.say(*lines)

    return script


def drips_headers(peer: Peer) -> None:
    answers("HTTP/1.1 200 OK")(peer)
    peer.drip(b"X-Slow: a\r\n")


def drips_a_body(peer: Peer) -> None:
    answers("HTTP/1.1 200 OK", "Content-Length: 1000000", "")(peer)
    peer.drip(b"x")


def drips_a_body_of_unknown_length(peer: Peer) -> None:
    answers("HTTP/1.1 200 OK", "Connection: close", "")(peer)
    peer.drip(b"x")


def never_stops(peer: Peer) -> None:
    answers("HTTP/1.1 200 OK", "Content-Length: 3000000000", "")(peer)
    peer.pour(b"x" * 100_000)


def never_stops_in_chunks(peer: Peer) -> None:
    answers("HTTP/1.1 200 OK", CHUNKS, "")(peer)
    peer.pour(b"2710\r\n" + b"x" * 10_000 + b"\r\n")


def never_stops_its_headers(peer: Peer) -> None:
    answers("HTTP/1.1 200 OK")(peer)
    peer.pour(b"X-More: x\r\n" * 10_000)


def is_silent(peer: Peer) -> None:
    asked(peer)
    peer.hang()


LATE, TOO_MUCH = "Webhook：等待超时，结果不明", "Webhook：对方的答复没完没了，结果不明"


@pytest.mark.parametrize(
    ("script", "reply"),
    [
        (drips_headers, LATE),
        (drips_a_body, LATE),
        (drips_a_body_of_unknown_length, LATE),
        (is_silent, LATE),
        (never_stops, TOO_MUCH),
        (never_stops_in_chunks, TOO_MUCH),
        (never_stops_its_headers, "Webhook：对方断开了连接，结果不明"),
    ],
)
def test_a_service_that_drags_on_is_left_in_time(script: Script, reply: str) -> None:
    options = {"secret": "s", "timeout_seconds": SECONDS}
    with scripted_server(script) as port:
        options |= {"url": f"http://127.0.0.1:{port}/"}
        notifier = webhook.open_notifier(options, Sender("", "dj@example.cn"), Path())
        began = time.monotonic()
        with pytest.raises(DeliveryError) as caught:
            notifier.send(LETTER)
        took = time.monotonic() - began

    assert (caught.value.reply, caught.value.unknown) == (reply, True)
    assert took < SECONDS + 1


def test_an_encrypted_answer_that_drags_on_is_left_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    def encrypted(peer: Peer) -> None:
        peer.encrypt(context)
        drips_headers(peer)

    client = BoundedClient(SECONDS)
    with scripted_server(encrypted) as port:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            client.ask("GET", f"https://localhost:{port}/")
        took = time.monotonic() - began
        client.close()

    assert took < SECONDS + 1


def test_an_unreachable_service_was_handed_nothing(tmp_path: Path) -> None:
    with scripted_server(is_silent) as port:
        pass
    options = {"secret": "s", "url": f"http://127.0.0.1:{port}/"}
    notifier = webhook.open_notifier(options, Sender("", "dj@example.cn"), tmp_path)

    with pytest.raises(DeliveryError) as caught:
        notifier.send(LETTER)

    assert (caught.value.reply, caught.value.unknown) == ("Webhook：连接不上", False)


def test_an_answer_may_be_as_long_as_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_client, "MOST_BYTES", 100)
    client = BoundedClient(5)
    sizes = (100, 101)
    scripts = [answers("HTTP/1.1 200 OK", f"Content-Length: {n}", "", "x" * n) for n in sizes]
    with scripted_server(*scripts) as port:
        response, body = client.ask("GET", f"http://127.0.0.1:{port}/")
        assert (response.status_code, len(body)) == (200, 100)
        client.close()
        client = BoundedClient(5)
        with pytest.raises(TooMuch):
            client.ask("GET", f"http://127.0.0.1:{port}/")
        client.close()


def test_a_connection_is_kept_and_its_deadline_begins_anew() -> None:
    def three_times(peer: Peer) -> None:
        for _ in range(3):
            time.sleep(0.3)
            answers("HTTP/1.1 200 OK", "Content-Length: 4", "", "ok")(peer)
        peer.hang()

    client = BoundedClient(0.8)
    with scripted_server(three_times) as port:
        address = f"http://127.0.0.1:{port}/"
        found = [client.ask("GET", address)[1] for _ in range(3)]
        with pytest.raises(TimeoutError):
            client.ask("GET", address)
        client.close()

    assert found == [b"ok\r\n"] * 3
