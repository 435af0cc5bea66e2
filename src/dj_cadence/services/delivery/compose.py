"""Claimed messages as the letters that notifiers are handed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.messages.claim import Claim, StoredLetter
from dj_cadence.domain.messages.notifier import Attachment, Audience, Letter
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.rendering.templates import Templates
from dj_cadence.rendering.workbooks import XLSX, digest_workbook
from dj_cadence.services.delivery.message_sources import (
    DigestOf,
    MessageSources,
    RenderFailure,
    guarded,
    read_sources,
)
from dj_cadence.services.delivery.message_view import ViewBuilder, names_of
from dj_cadence.services.delivery.skeletons import Filled, SharedRenderer, pack, unpack, whole
from dj_cadence.settings import Settings
from dj_cadence.signing import message_token
from dj_cadence.store.core.database import Database
from dj_cadence.transport.message_id import make_message_id


@dataclass(frozen=True, slots=True)
class ComposedLetter:
    """A letter ready to go."""

    claim: Claim
    letter: Letter
    stored: StoredLetter | None = None
    """To be kept; None where it was written at an earlier try."""
    token: str = ""
    """What its link opens with; empty where it was written at an earlier try."""


@dataclass(frozen=True, slots=True)
class NothingToSay:
    """A message of which nothing is left to say."""

    claim: Claim


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
    ) -> list[ComposedLetter | RenderFailure | NothingToSay]:
        """The letter of each message; one written at an earlier try comes back as it was.

        A fault in one message concerns that message only.
        """
        sources: dict[int, MessageSources | RenderFailure] = {}
        if unwritten := [claim for claim in claims if claim.stored is None]:
            with database.read() as session:
                contact = self.settings.contact
                sources = read_sources(session, unwritten, contact, self.digest_of)
        made_on = now.astimezone(self.settings.time_zone).isoformat(timespec="seconds")
        return [self._written(claim, sources.get(claim.id), made_on) for claim in claims]

    def _written(
        self, claim: Claim, sources: MessageSources | RenderFailure | None, made_on: str
    ) -> ComposedLetter | RenderFailure | NothingToSay:
        if isinstance(sources, RenderFailure):
            return sources
        if sources is None:
            return guarded(claim, partial(self._as_before, claim))
        if sources.is_empty:
            return NothingToSay(claim)
        return guarded(claim, partial(self._composed, claim, sources, made_on))

    def _as_before(self, claim: Claim) -> ComposedLetter:
        """As it was written at an earlier try."""
        assert claim.stored
        token = message_token(self.settings.key, claim.id)
        return ComposedLetter(claim, unpack(claim.stored, token))

    def _composed(self, claim: Claim, sources: MessageSources, made_on: str) -> ComposedLetter:
        is_mail, settings = self.form is Audience.MAIL, self.settings
        # It opens the page on which everything in the message can be finished.
        token = message_token(settings.key, claim.id)
        filled = self._filled(claim, sources, f"{settings.web_address}/t/{token}")
        rendered = filled.rendered()
        letter = Letter(
            message_id=make_message_id(
                settings.key, self.site_uid, claim.id, claim.edition, settings.sender_address
            ),
            to=claim.address,
            to_name=claim.person_name,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=made_on,
            headers=self._headers(claim) if is_mail else (),
            form=self.form,
            attachments=_workbooks(sources.digests) if is_mail and not claim.edition else (),
        )
        return ComposedLetter(claim, letter, pack(letter, filled, token), token)

    def _filled(self, claim: Claim, sources: MessageSources, link: str) -> Filled:
        """A mail about tasks is the same for many people, but for the names in it.

        One that goes up a line is not: its subject cuts long names, and few get the same.
        A site's own templates fill in each mail by itself.
        """
        views = ViewBuilder(self.catalogue, self.settings)
        view_of = partial(views.message_view, claim, sources)
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


def _workbooks(digests: Iterable[DigestView]) -> tuple[Attachment, ...]:
    """What goes with a mail; a chat carries no files."""
    named = ((f"{digest.org_name} {digest.week} 党建工作周报.xlsx", digest) for digest in digests)
    return tuple(Attachment(name, XLSX, digest_workbook(digest)) for name, digest in named)
