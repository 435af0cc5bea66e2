"""Letters for one channel: claimed a batch at a time, and written."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from dj_cadence.domain.messages.claim import Claim
from dj_cadence.services.delivery.compose import ComposedLetter, Composer, NothingToSay
from dj_cadence.services.delivery.message_sources import RenderFailure
from dj_cadence.signing import message_subject
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import claims, letters, messages
from dj_cadence.store.reminders import notices
from dj_cadence.store.site import tokens

TOKEN_LIFE = timedelta(days=45)
"""Of a message's link, should its tasks last longer; each reminder brings another."""
_log = logging.getLogger(__name__)


class LetterSupply:
    """For one pass, which began at `now`. Each step is a transaction of its own."""

    def __init__(
        self, database: Database, composer: Composer, owner: str, channel: str, now: datetime
    ) -> None:
        self._database = database
        self._composer = composer
        self._owner = owner
        self._channel = channel
        self._now = now
        self._open: list[int] = []
        """The claimed messages whose notices may still be open."""

    def claim(
        self, at_most: int, until: datetime, *, asked_only: bool, avoiding: str
    ) -> list[Claim]:
        """What is to go out next, leased until then; see `claims.claim`."""
        with self._database.write(durable=False) as session:
            claimed = claims.claim(
                session,
                self._owner,
                self._channel,
                self._now,
                until,
                at_most=at_most,
                asked_only=asked_only,
                avoiding=avoiding,
            )
            unwritten = [claim.id for claim in claimed if claim.stored is None]
            notices.close_needless(session, message_ids=unwritten)
        self._open += [claim.id for claim in claimed]
        return claimed

    def write(
        self, claimed: Sequence[Claim]
    ) -> tuple[list[ComposedLetter], int, list[RenderFailure]]:
        """The letters, how many messages had nothing left to say, and which cannot be written.

        Letters that were just written are kept, with what their links open with.
        """
        made = self._composer.write(self._database, claimed, self._now)
        composed = [result for result in made if isinstance(result, ComposedLetter)]
        empty = [result.claim for result in made if isinstance(result, NothingToSay)]
        failures = [result for result in made if isinstance(result, RenderFailure)]
        self._keep(composed)
        if empty:
            with self._database.write(durable=False) as session:
                messages.settle(session, empty)
        for failure in failures:  # the reason may hold what the message says: not for the log
            _log.error("message_unwritable id=%d, see its attempts", failure.claim.id)
        return composed, len(empty), failures

    def _keep(self, composed: Sequence[ComposedLetter]) -> None:
        if fresh := [(letter.claim, letter.stored) for letter in composed if letter.stored]:
            links = [
                (letter.token, message_subject(letter.claim.id))
                for letter in composed
                if letter.token
            ]
            with self._database.write(durable=False) as session:
                letters.keep(session, fresh)
                tokens.remember(session, links, "message", self._now, self._now + TOKEN_LIFE)

    def close_notices(self, in_flight: Collection[int]) -> None:
        """Tell the notices of all messages but those `in_flight` what became of them."""
        if self._open:
            with self._database.write(durable=False) as session:
                notices.close_sent(session, self._open)
        self._open = [id_ for id_ in self._open if id_ in in_flight]
