"""The daemon with a site's own notifier that never comes back from a letter."""

from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select, update

from dj_cadence.store.schema import address, attempt, message
from tests.world.daemons import rehearsal
from tests.world.daemons.rehearsal import FIRST, Rehearsal, at, mails

NEVER = '''"""A notifier that hangs in every letter."""

from threading import Event

from dj_cadence.domain.messages.notifier import Traits


class Never:
    traits = Traits(deadline_seconds=250)

    def send(self, letter):
        Event().wait()

    def close(self):
        pass


def open_notifier(options, sender, folder):
    return Never()
'''
TOML = '\n[channels.hotline]\nnotifier = "never"\n'


def test_the_other_channel_sends_day_by_day_and_sigterm_ends_it(tmp_path: Path) -> None:
    log = tmp_path / "accepted"
    with rehearsal.counting_server(log) as port:
        engine = rehearsal.found_site(tmp_path / "site", port, "")
        one = Rehearsal(engine, log, Random(0))
        (one.folder / "notifiers").mkdir(exist_ok=True)
        (one.folder / "notifiers" / "never.py").write_text(NEVER, "utf-8")
        with (one.folder / "site.toml").open("a", encoding="utf-8") as settings:
            settings.write(TOML)
        with engine.database.write() as session:
            every_second = update(address).where(address.c.person_id % 2 == 0)
            session.execute(every_second.values(channel="hotline"))

        with one.running():
            one.pass_at(at(FIRST, 8, 30))
            on_the_first_day = one.accepted()
            for later in range(1, 23):  # when what ends with March is near, all are written to
                one.pass_at(at(FIRST + timedelta(days=later), 8, 30))
            on_all = one.accepted()
            codes = one.terminate()

    with engine.database.read() as session:
        of = {channel: message.c.channel == channel for channel in ("email", "hotline")}
        states = set(session.scalars(select(message.c.state).where(of["email"])))
        tried = select(attempt.c.outcome).join(message).where(of["hotline"])
        outcomes = session.scalars(tried).all()
    assert 0 < on_the_first_day < on_all
    assert states == {"sent"}
    assert outcomes == ["unknown"]
    assert codes == [0]
    assert len({mail["id"] for mail in mails(log)}) == len(mails(log))
    engine.database.engine.dispose()
