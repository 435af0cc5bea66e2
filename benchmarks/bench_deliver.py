"""How fast messages go out, each figure beside a reference of the same run.

1. Claims in batches, outcomes committed one by one, on a channel that does nothing.
2. Bundled mails over the loopback, from the tick that renders them to the last commit,
   beside two loops over as many connections that send the same messages: one builds them
   with the standard library's email package, the other is handed ready bytes.
3. The same over one connection and over four, to a server that takes 20 ms for each answer.

All loops run in this one process, as the daemon does; the server has a process of its own.
"""

import argparse
import gc
import shutil
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from mail_district import SENDER, found
from null_channel import Null
from province import NOW
from sqlalchemy import func, select

from dj_cadence.domain.messages.claim import StoredLetter
from dj_cadence.domain.messages.notifier import Letter, OpenNotifier, Sender
from dj_cadence.errors import DeliveryError
from dj_cadence.notifiers import smtp
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.delivery.skeletons import unpack
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.settings import ChannelSettings
from dj_cadence.signing import message_token
from dj_cadence.store.core.database import open_database
from dj_cadence.store.schema import letter, message, skeleton
from dj_cadence.store.site import site as sites
from dj_cadence.transport import mime

_T = TypeVar("_T")
FROM = Sender("党建节拍", SENDER)
FAR_MILLISECONDS, FEW = 20, 600


class Busy(Null):
    def send(self, letter: Letter) -> str:
        raise DeliveryError("451 later")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mails", type=int, default=2000)
    asked.add_argument("--connections", type=int, default=2)
    given = asked.parse_args()
    gc.freeze()  # as the daemon does
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _ledger(_subfolder(folder, "ledger"), given.mails)
        _smtp(_subfolder(folder, "smtp"), given.mails, given.connections)
        _far(_subfolder(folder, "far"), min(given.mails, FEW))


def _subfolder(folder: str, name: str) -> Path:
    place = Path(folder, name)
    place.mkdir()
    return place


def _ledger(folder: Path, mails: int) -> None:
    """Written at a first try that the channel puts off, so that the second is the ledger alone."""
    channel: dict[str, OpenNotifier] = {"email": Busy}
    engine = found(folder, f"sqlite:///{folder}/ledger.db", mails, channel)
    _drain(engine, NOW)
    channel["email"] = Null
    began = perf_counter()
    sent = _drain(engine, NOW + timedelta(minutes=5))
    seconds = perf_counter() - began
    print(f"ledger, null channel: {sent:,} outcomes, {sent / seconds:,.0f}/s (goal 3,000)")
    engine.database.engine.dispose()


def _smtp(folder: Path, mails: int, connections: int) -> None:
    """Over one connection, as a site that says nothing of them has, and over several."""
    bundled = found(folder, f"sqlite:///{folder}/bundled.db", mails, {"email": Null})
    _bundle(bundled)
    bundled.database.engine.dispose()
    for many in sorted({1, connections}):
        with _server() as port:
            _sent_over(many, _copied(bundled, port, many), port)


def _far(folder: Path, mails: int) -> None:
    """What more connections are for."""
    bundled = found(folder, f"sqlite:///{folder}/bundled.db", mails, {"email": Null})
    _bundle(bundled)
    bundled.database.engine.dispose()
    speeds = []
    for many in (1, 4):
        with _server(FAR_MILLISECONDS) as port:
            engine = _copied(bundled, port, many)
            began = perf_counter()
            speeds.append(_drain(engine, NOW) / (perf_counter() - began))
            engine.database.engine.dispose()
    one, four = speeds
    print(f"{mails:,} mails to a server that takes {FAR_MILLISECONDS} ms for each answer")
    print(f"  one connection {one:,.0f}/s, four {four:,.0f}/s: {four / one:.2f} x (goal 3.6)")


def _copied(bundled: Site, port: int, connections: int) -> Site:
    """The same, to be sent over so many connections."""
    folder = _subfolder(str(bundled.settings.folder), f"over-{connections}")
    file = shutil.copy(bundled.settings.folder / "bundled.db", folder)
    options = {"host": "127.0.0.1", "port": port, "security": "none"}
    channel = ChannelSettings("email", "smtp", {}, connections)
    settings = replace(
        bundled.settings, folder=folder, channels={"email": channel}, database=f"sqlite:///{file}"
    )
    notifiers = {"email": partial(smtp.open_notifier, options, FROM, folder)}
    copied = replace(
        bundled,
        settings=settings,
        database=open_database(settings.database),
        open_notifiers=lambda: notifiers,
    )
    tick(copied, NOW - timedelta(minutes=1), owner="bench")  # reads the rules; a copy sends nothing
    with copied.database.write() as session:
        sites.set_sending(session, sending=True, home=copied.home)
    return copied


def _sent_over(connections: int, engine: Site, port: int) -> None:
    began = perf_counter()
    sent = _drain(engine, NOW)
    ours = sent / (perf_counter() - began)
    letters = _letters(engine)
    assert len(letters) == sent
    ready = [(one.to, mime.build(one, FROM)) for one in letters]
    raw = _timed(ready, partial(_send_ready, port), connections)
    built = _timed(letters, partial(_send_built, port), connections)
    size = sum(len(content) for _, content in ready) // sent
    print(f"{sent:,} mails of {size:,} bytes, connections: {connections}; {ours:,.0f}/s")
    print(f"  {ours / built:.2f} x building and sending by the library, {built:,.0f}/s (goal 0.9)")
    print(f"  {ours / raw:.2f} x sending ready bytes, {raw:,.0f}/s ")
    engine.database.engine.dispose()


def _bundle(engine: Site) -> None:
    """Everything before sending: the tasks of the day, and what each person is to be told."""
    tick(engine, NOW - timedelta(minutes=1), owner="bench")
    with engine.database.read() as session:
        catalogue = applied_catalogue(session)
    bundle(engine.database, catalogue, engine.settings, now=NOW)


def _drain(engine: Site, now: datetime) -> int:
    """Pass after pass until nothing is sent any more; returns how many were."""
    before = -1
    while (sent := _count_sent(engine)) != before:
        before = sent
        tick(engine, now, owner="bench")
    return sent


def _count_sent(engine: Site) -> int:
    with engine.database.read() as session:
        return session.scalar(select(func.count()).where(message.c.state == "sent")) or 0


def _letters(engine: Site) -> list[Letter]:
    with engine.database.read() as session:
        query = select(letter.c.message_id, skeleton.c.content, letter.c.content)
        rows = session.execute(query.join_from(letter, skeleton)).all()
    key = engine.settings.key
    return [
        unpack(StoredLetter(said, content), message_token(key, id_)) for id_, said, content in rows
    ]


# --- the references -----------------------------------------------------------------------------


def _timed(work: Sequence[_T], send: Callable[[Sequence[_T]], None], connections: int) -> float:
    """How many a second, dealt out to as many threads as connections."""
    began = perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, [work[n::connections] for n in range(connections)]))
    return len(work) / (perf_counter() - began)


def _send_built(port: int, letters: Sequence[Letter]) -> None:
    with smtplib.SMTP("127.0.0.1", port, "bench") as connection:
        for letter in letters:
            connection.send_message(_built(letter))


def _built(letter: Letter) -> EmailMessage:
    mail = EmailMessage(SMTP)
    mail["From"] = f"{FROM.name} <{FROM.address}>"
    mail["To"] = f"{letter.to_name} <{letter.to}>"
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(datetime.fromisoformat(letter.date))
    mail["Message-ID"] = f"<{letter.message_id}>"
    for name, value in letter.headers:
        mail[name] = value
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


def _send_ready(port: int, ready: Sequence[tuple[str, bytes]]) -> None:
    with smtplib.SMTP("127.0.0.1", port, "bench") as connection:
        for to, content in ready:
            connection.sendmail(SENDER, [to], content)


@contextmanager
def _server(milliseconds: int = 0) -> Iterator[int]:
    program = [sys.executable, str(Path(__file__).with_name("sink.py")), str(milliseconds)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        yield int(process.stdout.readline())
        process.stdin.close()


if __name__ == "__main__":
    main()
