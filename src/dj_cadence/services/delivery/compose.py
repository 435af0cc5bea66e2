"""Claimed messages as what templates are handed, and as the letters that notifiers are."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.messages.claim import Claim, StoredLetter
from dj_cadence.domain.messages.notifier import Attachment, Audience, Letter
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import SHARED, Item, MessageView, discreet
from dj_cadence.domain.reminders.plan import ASKED, NEWCOMER
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.citation import basis_line
from dj_cadence.domain.tasks.task import State, last_answer_day, overdue_days
from dj_cadence.rendering.templates import Templates, digest_page
from dj_cadence.rendering.workbooks import XLSX, digest_workbook
from dj_cadence.services.access.link_tokens import MESSAGE_LIFE
from dj_cadence.services.delivery.message_sources import (
    DigestOf,
    MessageSources,
    RenderFailure,
    guarded,
    read_sources,
)
from dj_cadence.services.delivery.skeletons import Filled, SharedRenderer, pack, unpack, whole
from dj_cadence.settings import Settings
from dj_cadence.signing import message_subject, message_token
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import letters, messages
from dj_cadence.store.delivery.message_content import ItemBody, SuperiorTold
from dj_cadence.store.site import tokens
from dj_cadence.transport.message_id import make_message_id

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ComposedLetter:
    """A letter ready to go."""

    claim: Claim
    letter: Letter
    stored: StoredLetter | None = None
    """To be kept; None where it was written at an earlier try."""


@dataclass(frozen=True)
class Composer:
    """Writes the letters of one site."""

    templates: Templates
    catalogue: Catalogue
    settings: Settings
    site_uid: str
    digest_of: DigestOf
    form: Audience = Audience.MAIL
    """How the channel speaks that they are for."""

    def write(
        self, database: Database, claims: Sequence[Claim], now: datetime
    ) -> tuple[list[ComposedLetter], int, list[RenderFailure]]:
        """The letters, how many messages had nothing left to say, and which cannot be written.

        One written at an earlier try comes back as it was; the others are kept, with what their
        links open with. A fault in one message concerns that message only.
        """
        sources: dict[int, MessageSources | RenderFailure] = {}
        if unwritten := [claim for claim in claims if claim.stored is None]:
            with database.read() as session:
                contact = self.settings.contact
                sources = read_sources(session, unwritten, contact, self.digest_of)
        made_on = now.astimezone(self.settings.time_zone).isoformat(timespec="seconds")
        made = [self._written(claim, sources.get(claim.id), made_on) for claim in claims]
        composed = [result for result in made if isinstance(result, ComposedLetter)]
        empty = [result for result in made if isinstance(result, Claim)]
        failures = [result for result in made if isinstance(result, RenderFailure)]
        fresh = [(each.claim, each.stored) for each in composed if each.stored]
        key = self.settings.key
        links = [(message_token(key, claim.id), message_subject(claim.id)) for claim, _ in fresh]
        if fresh or empty:
            with database.write(durable=False) as session:
                letters.keep(session, fresh)
                tokens.remember(session, links, "message", now, now + MESSAGE_LIFE)
                if empty:
                    messages.settle(session, empty)
        for failure in failures:  # the reason may hold what the message says: not for the log
            _log.error("message_unwritable id=%d, see its attempts", failure.claim.id)
        return composed, len(empty), failures

    def _written(
        self, claim: Claim, sources: MessageSources | RenderFailure | None, made_on: str
    ) -> ComposedLetter | RenderFailure | Claim:
        """The claim comes back where nothing is left to say."""
        if isinstance(sources, RenderFailure):
            return sources
        if sources and not (sources.contents.heads or sources.digests):
            return claim
        return guarded(claim, partial(self._composed, claim, sources, made_on))

    def _composed(
        self, claim: Claim, sources: MessageSources | None, made_on: str
    ) -> ComposedLetter:
        is_mail, settings = self.form is Audience.MAIL, self.settings
        # It opens the page on which everything in the message can be finished.
        token = message_token(settings.key, claim.id)
        if claim.stored:
            return ComposedLetter(claim, unpack(claim.stored, token))
        assert sources
        filled = self._filled(claim, sources, f"{settings.web_address}/t/{token}")
        letter = Letter(
            make_message_id(
                settings.key, self.site_uid, claim.id, claim.edition, settings.sender_address
            ),
            claim.address,
            claim.person_name,
            *filled.rendered(),
            date=made_on,
            headers=self._headers(claim) if is_mail else (),
            form=self.form,
            attachments=_workbooks(sources.digests) if is_mail and not claim.edition else (),
        )
        return ComposedLetter(claim, letter, pack(letter, filled, token))

    def _filled(self, claim: Claim, sources: MessageSources, link: str) -> Filled:
        """A mail about tasks is the same for many people, but for the names in it.

        One that goes up a line is not: its subject cuts long names, and few get the same.
        A site's own templates fill in each mail by itself.
        """
        view_of = partial(self._view, claim, sources)
        names, contents = names_of(claim, sources, link), sources.contents
        is_single = sources.digests or any(head.level for head in contents.heads)
        if self.form is not Audience.MAIL or is_single or not self._may_share:
            home = self.settings.web_address
            return whole(self.templates.render(view_of(names), self.form, home=home))
        content = (
            *(self.catalogue.hash, self.settings.name, claim.day, claim.late),
            *(sources.introduction.first, sources.held, sources.superiors),
            *(contents.bodies, tuple(head.place for head in contents.heads)),
        )
        return self._shared.render(content, names, view_of)

    @cached_property
    def _shared(self) -> SharedRenderer:
        return SharedRenderer(self.templates.render_message)

    @cached_property
    def _may_share(self) -> bool:
        return self.templates.mails_are_shipped()

    def _headers(self, claim: Claim) -> tuple[tuple[str, str], ...]:
        """Mails of one person and month make one thread: a bundle speaks of many tasks."""
        domain = self.settings.sender_address.rpartition("@")[2]
        month = f"<t{claim.person_id}.{claim.day:%Y-%m}.{self.site_uid}@{domain}>"
        headers = [
            ("Auto-Submitted", "auto-generated"),
            ("In-Reply-To", month),
            ("References", month),
        ]
        if claim.kind == MessageKind.DIGEST:
            wish = f"<mailto:{self.settings.sender_address}?subject=unsubscribe>"
            headers.append(("List-Unsubscribe", wish))
        return tuple(headers)

    def _view(self, claim: Claim, sources: MessageSources, names: Sequence[str]) -> MessageView:
        """The view with `names` in the order of `names_of`."""
        person_name, link, contact, role, host, *org_names = names
        bodies, heads = sources.contents.read_bodies(), sources.contents.heads
        each = zip(heads, org_names, bodies, sources.superiors, strict=True)
        files_left = sources.digests if claim.edition else ()
        return MessageView(
            site_name=self.settings.name,
            person_name=person_name,
            day=claim.day,
            late=claim.late,
            items=tuple(
                self._item(claim, body, superiors, task_id=head.task_id, org_name=org_name)
                for head, org_name, body, superiors in each
            ),
            digests=sources.digests,
            left_out=tuple(digest_page(self.settings.web_address, digest) for digest in files_left),
            link=link,
            contact=contact,
            first=sources.introduction.first,
            role=role,
            host=host,
            held=sources.held,
            took_over=any(body.reminder_step == NEWCOMER for body in bodies),
            more_digests=sources.more_digests,
        )

    def _item(
        self, claim: Claim, body: ItemBody, superiors: Sequence[SuperiorTold], **own: Any
    ) -> Item:
        rule, catalogue = (body.duty, body.step), self.catalogue
        title, instructions = catalogue.title(*rule), catalogue.instructions(*rule)
        duty = catalogue.duties.get(body.duty)
        asked_on = body.asked_on if body.reminder_step == ASKED else None
        item = Item(
            **{name: getattr(body, name) for name in SHARED},
            **own,
            title=f"{title}：{body.about}" if body.about else title,
            period=chinese_label(body.label),
            done=body.amount,
            basis=basis_line(duty, catalogue.step(*rule)) if duty else "",
            instructions=f"主题：{body.theme}。{instructions}" if body.theme else instructions,
            overdue_days=overdue_days(claim.day, body.due, State(body.state)),
            answer_by=last_answer_day(asked_on, catalogue.calendar) if asked_on else None,
            reported=_names(told for told in superiors if told.reached and not body.level),
            passed_over=_names(
                told
                for told in superiors
                if not told.reached and (not body.level or told.level < body.level)
            ),
        )
        about_person = catalogue.is_confidential(body.duty, -body.of_case)
        return discreet(item) if about_person else item


def _workbooks(digests: Iterable[DigestView]) -> tuple[Attachment, ...]:
    """What goes with a mail; a chat carries no files."""
    named = ((f"{digest.org_name} {digest.week} 党建工作周报.xlsx", digest) for digest in digests)
    return tuple(Attachment(name, XLSX, digest_workbook(digest)) for name, digest in named)


def names_of(claim: Claim, sources: MessageSources, link: str) -> tuple[str, ...]:
    """All that is about the reader alone; `Composer._view` puts it in its places."""
    _, role, host = sources.introduction
    own = (head.org_name for head in sources.contents.heads)
    return (claim.person_name, link, sources.contact, role, host, *own)


def _names(superiors: Iterable[SuperiorTold]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(superior.name for superior in superiors))
