"""Decides for one channel and pass how many letters may go on, and learns from what comes back.

Verdicts about addresses are held until the pass is over: where many people are refused in the
same words, the channel is to blame, whatever the words say.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dj_cadence.domain.messages import circuit
from dj_cadence.domain.messages.circuit import Circuit
from dj_cadence.errors import Blame
from dj_cadence.services.delivery.worker.connection import FinishedDelivery
from dj_cadence.store.core.database import Database, DatabaseError
from dj_cadence.store.delivery import circuits, claims
from dj_cadence.transport.refusals.reply import wording

ALIKE = 3
"""So many people refused in the same words, and most of a pass, are the channel's fault."""
ALIKE_IN_A_ROW = 10
"""Or so many one after the other, whatever went out before."""
ABOUT_ADDRESS = (Blame.ADDRESS, Blame.MAILBOX)
_log = logging.getLogger(__name__)


def domain_of(address: str) -> str:
    """Empty for what is no e-mail address."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


@dataclass
class CircuitBreaker:
    """For one pass over one channel."""

    database: Database
    channel: str
    avoids: str = ""
    """The domain to which nothing more goes out in this pass."""
    suspects: list[tuple[str, FinishedDelivery]] = field(default_factory=list)
    """Letters that wait for `verdicts`, each with the words of its refusal."""
    _is_known: bool = False
    """Whether something is wrong with the channel, as far as this pass knows."""
    _refusals: int = 0
    """About us, since something was taken; also in earlier passes."""
    _unwritten: list[Callable[[], object]] = field(default_factory=list)
    _is_trial: bool = False
    """The channel is shut, and this pass sends its one letter."""
    _accepted: int = 0
    _others: int = 0
    """Came back for another reason than their own address."""
    _in_a_row: int = 0
    """Of the last suspects, so many were refused in the same words."""
    _domains: set[str] = field(default_factory=set)
    """Of the addresses refused about us since something was taken; empty: unknown."""
    _undecided: list[Callable[[], object]] = field(default_factory=list)
    """Refusals that shut the channel, unless letters to other domains get through."""
    _may_try_another: bool = False
    """The trial letter came back for its addressee's sake, which says nothing of us."""

    def room(self, now: datetime) -> int | None:
        """How many letters may be claimed now; None: as many as one likes.

        Of a shut channel one, by one process alone, when its time has come.
        """
        if self._is_trial:  # it is not back yet, or was refused
            another, self._may_try_another = self._may_try_another, False
            return 1 if another and len(self.suspects) < ALIKE else 0
        if self._undecided:
            return 1
        with self.database.read() as session:
            state = circuits.load(session, self.channel)
            if state and state.is_shut and state.domain:  # others come first
                others = claims.is_due_elsewhere(session, self.channel, now, state.domain)
                self.avoids = state.domain if others else ""
        self._is_known = state is not None
        self._refusals = state.refusals if state else 0
        self._domains = {state.domain} if state and state.refusals else set()
        if state is None or not state.is_shut:
            return None
        if not (self.avoids or state.may_try(now)):
            return 0
        later = now + timedelta(seconds=state.pause_seconds)
        with self.database.write() as session:
            self._is_trial = circuits.save(session, replace(state, next_try_at=later))
        return int(self._is_trial)

    def learn(self, finished: Sequence[FinishedDelivery], now: datetime) -> bool:
        """What came back, in its order; returns whether the channel is shut by it.

        Nothing is written down before `note`: what became of the letters themselves comes first.
        """
        is_shut = False
        for delivery in finished:
            if delivery.is_sent:
                self._take(now)
            elif delivery.blame in ABOUT_ADDRESS:
                is_shut |= self._suspect(delivery)
            else:
                self._others += 1
                self._in_a_row = 0
                if delivery.down or delivery.blame is Blame.CHANNEL:
                    many = circuit.ENOUGH if delivery.down else 1
                    is_shut |= self._refuse(delivery, now, many)
        return is_shut

    def note(self) -> None:
        """Write down what was learnt. That it cannot be is no reason to break off."""
        waiting, self._unwritten = self._unwritten, []
        try:
            for write in waiting:
                write()
        except DatabaseError as error:
            _log.warning("circuit_not_written channel=%s error=%s", self.channel, type(error))

    def verdicts(self, now: datetime) -> list[FinishedDelivery]:
        """At the end of the pass: those whose own address is to blame after all."""
        self._decide()
        self.note()
        if self._is_trial:
            return []
        counts = Counter(words for words, _ in self.suspects)
        passed = counts.total() + self._accepted + self._others
        alike = {words for words, many in counts.items() if many >= ALIKE and 2 * many > passed}
        if self._in_a_row >= ALIKE_IN_A_ROW:
            alike.add(self.suspects[-1][0])
        if blamed := [delivery for words, delivery in self.suspects if words in alike]:
            self.shut(blamed[-1].reply, now, len(blamed))
        return [delivery for words, delivery in self.suspects if words not in alike]

    def shut(self, reason: str, now: datetime, many: int, **more: Any) -> None:
        """Something about us was refused so many times; see `circuit.refused`."""
        self._is_known = is_unsaved = True
        after_some = self._accepted > 0
        while is_unsaved:
            with self.database.write() as session:
                known = circuits.load(session, self.channel)
                before = known or Circuit(self.channel, now, reason, 0, now)
                state = circuit.refused(before, reason, now, many, after_some=after_some, **more)
                is_unsaved = not circuits.save(session, state)
        if state.is_shut and not before.is_shut:
            _log.error("channel_shut channel=%s refusals=%d", self.channel, state.refusals)

    def _refuse(self, delivery: FinishedDelivery, now: datetime, many: int) -> bool:
        self._refusals += many
        self._domains.add("" if delivery.down else domain_of(delivery.claim.address))
        domain = next(iter(self._domains)) if len(self._domains) == 1 else ""
        more = {"retry_after": delivery.retry_after, "domain": domain}
        self._undecided.append(partial(self.shut, delivery.reply, now, many, **more))
        is_enough = self._refusals >= circuit.ENOUGH or self._is_trial
        if is_enough and domain and not self._is_trial:
            self.avoids = domain  # perhaps it is that domain's alone: the others will show
            return False
        self._decide()
        return is_enough

    def _decide(self) -> None:
        """What was refused counts for the channel."""
        self._unwritten += self._undecided
        self._undecided = []

    def _take(self, now: datetime) -> None:
        self._accepted += 1
        self._in_a_row = 0
        self._is_trial = False
        self._undecided, self._domains = [], set()
        if self._is_known or self._refusals:
            self._is_known, self._refusals = False, 0
            self._unwritten.append(partial(self._reopen, now))

    def _reopen(self, now: datetime) -> None:
        with self.database.write() as session:
            circuits.reopen(session, self.channel, now)
        _log.info("channel_takes_letters channel=%s", self.channel)

    def _suspect(self, delivery: FinishedDelivery) -> bool:
        to = delivery.claim.address
        text = wording(delivery.reply, (to, to.partition("@")[0]))
        alike = bool(self.suspects) and self.suspects[-1][0] == text and self._in_a_row > 0
        self._in_a_row = self._in_a_row + 1 if alike else 1
        self.suspects.append((text, delivery))
        self._may_try_another = self._is_trial
        return self._in_a_row >= ALIKE_IN_A_ROW
