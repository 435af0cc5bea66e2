"""Sends the messages that are due: claim, write, freeze, then one by one send and record.

Each step is its own transaction, and none is open while a template or a server works. The
outcome of one letter and the beginning of the next are one commit, so that whenever the
process dies at most one letter is in the dark: the one that was on its way.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic

from sqlalchemy import select
from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.letter import Notifier, traits
from dj_cadence.errors import DeliveryError
from dj_cadence.rendering import Templates
from dj_cadence.services.letters import Composer, DigestOf, Fault, Written, token_subject
from dj_cadence.settings import Settings
from dj_cadence.store import ledger, rates, recovery, tokens
from dj_cadence.store.database import Database
from dj_cadence.store.ledger import Claim
from dj_cadence.store.schema import site

LEASE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(days=120)
_log = logging.getLogger(__name__)
_Record = Callable[[Session, Claim, str, datetime], None]
_COUNTED: Mapping[_Record, str] = {
    ledger.sent: "sent",
    ledger.postponed: "postponed",
    ledger.refused: "gave_up",
}


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """What became of the messages of one pass."""

    sent: int = 0
    postponed: int = 0
    gave_up: int = 0
    settled: int = 0
    """Had nothing left to say."""


def recover(database: Database, today: date, now: datetime) -> None:
    """Take back the messages of processes that died. To be called before bundling.

    What may have gone out is sent again with the same content, as the person's message
    of `today`; what may have gone out twice waits for a person.
    """
    with database.write() as session:
        quarantined = recovery.recover(session, today, now)
    for message_id in quarantined:
        _log.error("message_quarantined id=%d", message_id)


def supersede_stale(database: Database, today: date) -> int:
    """Free what was not sent on its day for today's bundle. After `recover`, before bundling."""
    with database.write() as session:
        return recovery.supersede_stale(session, today)


def deliver(
    database: Database,
    *,
    templates: Templates,
    notifiers: Mapping[str, Notifier],
    catalogue: Catalogue,
    settings: Settings,
    owner: str,
    now: datetime,
    digest_view: DigestOf,
) -> DeliveryCounts:
    """Send all that is due at `now`, and close the notifiers (they are keyed by channel).

    `owner` names this process in the leases. Any number of processes may do this at once.
    What a process that died left behind is taken back by `recover`, not here.
    """
    with database.read() as session:
        site_uid = session.execute(select(site.c.uid)).scalar_one()
    forms = {channel: traits(notifier).form for channel, notifier in notifiers.items()}
    composer = Composer(templates, catalogue, settings, site_uid, digest_view, forms)
    one_pass = _Pass(database, notifiers, composer, owner, now)
    try:
        one_pass.run()
    finally:
        for notifier in notifiers.values():
            notifier.close()
    return DeliveryCounts(**one_pass.counts)


@dataclass(frozen=True)
class _Pass:
    database: Database
    notifiers: Mapping[str, Notifier]
    composer: Composer
    owner: str
    now: datetime
    counts: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=monotonic)

    def run(self) -> None:
        while self._send_batch():
            pass

    def _send_batch(self) -> bool:
        """One batch from claim to outcome; False where nothing is due any more."""
        stop_at = monotonic() + LEASE.total_seconds() / 2
        with self.database.write() as session:
            claims = ledger.claim(session, self.owner, self.now, self._lease_end())
            empty = ledger.trim(session, claims)
        self.counts["settled"] += len(empty)
        letters = self._write([claim for claim in claims if claim.id not in empty])
        self._send(letters, stop_at)
        return bool(claims)

    def _write(self, claims: Sequence[Claim]) -> deque[Written]:
        made = self.composer.write(self.database, claims, self.now)
        letters = deque(found for found in made if isinstance(found, Written))
        faults = [found for found in made if isinstance(found, Fault)]
        with self.database.write() as session:
            ledger.freeze(session, [letter.claim for letter in letters])
            for letter in letters:
                self._remember_link(session, letter.claim.id)
            for fault in faults:
                ledger.unwritable(session, fault.claim, fault.reason, self.now)
        for fault in faults:  # the reason may hold what the message says: not for the log
            _log.error("message_unwritable id=%d, see its attempts", fault.claim.id)
        self.counts["postponed"] += len(faults)
        return letters

    def _remember_link(self, session: Session, message_id: int) -> None:
        tokens.remember(
            session,
            self.composer.token(message_id),
            purpose="message",
            subject=token_subject(message_id),
            generation=1,
            now=self.now,
            expires_at=self.now + TOKEN_LIFE,
        )

    def _send(self, letters: deque[Written], stop_at: float) -> None:
        with self.database.write(durable=False) as session:
            current = self._begin_next(session, letters)
        while current:
            record, reply = self._try(current)
            with self.database.write(durable=False) as session:
                record(session, current.claim, reply, self.now)
                if monotonic() > stop_at:  # a slow server: others may have what we hold too long
                    ledger.hand_back(session, [letter.claim for letter in letters])
                    letters.clear()
                following = self._begin_next(session, letters)
            self._report(current, record)
            current = following

    def _begin_next(self, session: Session, letters: deque[Written]) -> Written | None:
        """The next letter that is still ours to send, now written down as on its way."""
        while letters:
            letter = letters.popleft()
            if free_at := self._free_at(session, letter.claim):
                ledger.wait(session, letter.claim, free_at)
            elif ledger.begin(session, letter.claim, self.now, self._lease_end()):
                return letter
        return None

    def _free_at(self, session: Session, claim: Claim) -> datetime | None:
        """From when the channel may be used for this; None: now, and its limit counts it."""
        notifier = self.notifiers.get(claim.channel)
        limit = traits(notifier).limit if notifier else None
        if limit is None:
            return None
        bucket = f"{claim.channel} {claim.address}" if limit.per_address else claim.channel
        return rates.take(session, bucket, limit, self._instant())

    def _try(self, letter: Written) -> tuple[_Record, str]:
        """Send it; returns how the outcome is to be recorded, and the channel's answer."""
        notifier = self.notifiers.get(letter.claim.channel)
        if notifier is None:
            return ledger.postponed, f"没有设置渠道“{letter.claim.channel}”"
        if letter.letter.form is not traits(notifier).form:  # a group must not get a letter
            return ledger.postponed, "渠道改了用途，旧消息不再从这里发出"
        try:
            return ledger.sent, notifier.send(letter.letter)
        except DeliveryError as error:
            return (ledger.refused if error.permanent else ledger.postponed), error.reply
        except Exception as error:  # noqa: BLE001  a site's own notifier may raise anything
            _log.error("notifier_failed channel=%s error=%s", letter.claim.channel, type(error))
            return ledger.postponed, f"渠道程序出错：{type(error).__name__}"

    def _report(self, letter: Written, record: _Record) -> None:
        self.counts[_COUNTED[record]] += 1

    def _lease_end(self) -> datetime:
        return self._instant() + LEASE

    def _instant(self) -> datetime:
        """It takes time to send, and limits and leases count from the moment itself."""
        return self.now + timedelta(seconds=monotonic() - self.started)
