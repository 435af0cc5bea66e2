"""Claimed messages as views, and as the letters that notifiers are handed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from sqlalchemy import RowMapping

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.messages.message_id import make_message_id
from dj_cadence.domain.messages.notifier import Attachment, Audience, Letter
from dj_cadence.domain.messages.view import DIGESTS, Item, MessageView, discreet
from dj_cadence.domain.reminders.plan import ASKED, NEWCOMER
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.citation import basis_line
from dj_cadence.domain.tasks.task import State, last_answer_day, overdue_days
from dj_cadence.rendering import Templates, digest_page
from dj_cadence.rendering.skeletons import Filled, whole
from dj_cadence.rendering.workbooks import XLSX, digest_workbook
from dj_cadence.services.delivery.introductions import KNOWN, Introduction, introductions
from dj_cadence.services.delivery.letter_codec import pack, unpack
from dj_cadence.services.reminders.address_book import Contact, contacts, whom_to_ask
from dj_cadence.settings import Settings
from dj_cadence.signing import message_token
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.delivery import message_content
from dj_cadence.store.delivery.claims import Claim
from dj_cadence.store.delivery.letters import StoredLetter
from dj_cadence.store.delivery.message_content import NOTHING, Above, MessageContents, Said
from dj_cadence.store.reminders import quiet_periods

DigestOf = Callable[[Session, int, str], DigestView]
"""The digest of an organization (by id) for an ISO week like 2026-W48."""
_Row = RowMapping
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class ComposedLetter:
    """A letter ready to go."""

    claim: Claim
    letter: Letter
    frozen: StoredLetter | None = None
    """For the ledger; None where it was written at an earlier try."""
    token: str = ""
    """What its link opens with; empty where it was written at an earlier try."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A message that cannot be written."""

    claim: Claim
    reason: str


@dataclass(frozen=True, slots=True)
class Empty:
    """A message in which nothing is left to say."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class _Draft:
    """What one message is made of, as it was read."""

    contents: MessageContents
    upwards: tuple[tuple[Above, ...], ...]
    """Of each item, the superiors that were to be told of it."""
    digests: tuple[DigestView, ...]
    more_digests: int
    contact: str
    introduction: Introduction
    held: tuple[str, ...]


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

    @cached_property
    def _bases(self) -> dict[tuple[str, str], str]:
        """What was cited already, by duty and step."""
        return {}

    def _basis(self, duty: str, step: str) -> str:
        rule, known = self.catalogue.duties.get(duty), self._bases
        if (duty, step) not in known:
            known[duty, step] = basis_line(rule, self.catalogue.step(duty, step)) if rule else ""
        return known[duty, step]

    @cached_property
    def _may_share(self) -> bool:
        return self.templates.mails_are_shipped()

    def write(
        self, database: Database, claims: Sequence[Claim], now: datetime
    ) -> list[ComposedLetter | Fault | Empty]:
        """The letter of each message; one written at an earlier try comes back as it was.

        A fault in one message concerns that message only.
        """
        fresh = [claim for claim in claims if claim.content is None]
        drafts = self._drafts(database, fresh)
        made_on = now.astimezone(self.settings.time_zone).isoformat(timespec="seconds")
        return [self._written(claim, drafts.get(claim.id), made_on) for claim in claims]

    def _drafts(self, database: Database, claims: Sequence[Claim]) -> dict[int, _Draft | Fault]:
        if not claims:
            return {}
        with database.read() as session:
            known = _ReaderFacts.of(session, claims)
            return {c.id: _guarded(c, partial(self._draft, session, c, known)) for c in claims}

    def _draft(self, session: Session, claim: Claim, known: "_ReaderFacts") -> _Draft:
        contents = known.contents.get(claim.id, NOTHING)
        digests = known.digests.get(claim.id, [])
        asked = [item.told_org_id or 0 for item in contents.own]
        asked += [row["org_id"] for row in digests]
        return _Draft(
            contents=contents,
            upwards=tuple(known.upwards.get(item.task_id, ()) for item in contents.own),
            digests=tuple(
                self.digest_of(session, row["org_id"], row["week"]) for row in digests[:DIGESTS]
            ),
            more_digests=max(0, len(digests) - DIGESTS),
            contact=self.settings.contact or whom_to_ask(known.contacts, asked),
            introduction=known.introductions.get(claim.id, KNOWN),
            held=tuple(row["reason"] for row in known.held.get(claim.id, ())),
        )

    def _written(
        self, claim: Claim, draft: _Draft | Fault | None, made_on: str
    ) -> ComposedLetter | Fault | Empty:
        if isinstance(draft, Fault):
            return draft
        if draft and not draft.contents.own and not draft.digests:
            return Empty(claim)
        write = (
            partial(self._letter, claim, draft, made_on) if draft else partial(self._again, claim)
        )
        return _guarded(claim, write)

    def _letter(self, claim: Claim, draft: _Draft, made_on: str) -> ComposedLetter:
        form = self.form
        # It opens the page on which everything in the message can be finished.
        token = message_token(self.settings.key, claim.id)
        skeleton, names = self._skeleton_of(
            claim, draft, form, f"{self.settings.web_address}/t/{token}"
        )
        said = skeleton.filled(names)
        letter = Letter(
            message_id=make_message_id(
                self.settings.key,
                self.site_uid,
                claim.id,
                claim.edition,
                self.settings.sender_address,
            ),
            to=claim.address,
            to_name=claim.person_name,
            subject=said.subject,
            text=said.text,
            html=said.html,
            date=made_on,
            headers=self._headers(claim) if form is Audience.MAIL else (),
            form=form,
            attachments=_workbooks(draft.digests)
            if form is Audience.MAIL and not claim.edition
            else (),
        )
        packed = pack(letter, skeleton, names, token)
        return ComposedLetter(
            claim, letter, StoredLetter(claim, packed.skeleton, packed.content), token
        )

    def _again(self, claim: Claim) -> ComposedLetter:
        """As it was written at an earlier try."""
        token = message_token(self.settings.key, claim.id)
        return ComposedLetter(claim, unpack(claim.skeleton or b"", claim.content or b"", token))

    def _skeleton_of(self, claim: Claim, draft: _Draft, form: Audience, link: str) -> Filled:
        """A mail about tasks is the same for many people, but for the names in it.

        One that goes up a line is not: its subject cuts long names, and few get the same.
        A site's own templates fill in each mail by itself.
        """
        own = draft.contents.own
        _, role, host = draft.introduction
        names = (
            claim.person_name,
            link,
            draft.contact,
            role,
            host,
            *(item.org_name for item in own),
        )
        view_of = partial(self._view, claim, draft)
        goes_up = any(item.level for item in own)
        if form is not Audience.MAIL or draft.digests or goes_up or not self._may_share:
            home = self.settings.web_address
            return whole(self.templates.render(view_of(names), form, home=home))
        head = (self.catalogue.hash, self.settings.name, claim.day, claim.late)
        places = tuple(item.place for item in own)
        said = (
            *head,
            draft.introduction.first,
            draft.held,
            draft.contents.said,
            places,
            draft.upwards,
        )
        return self.templates.skeleton(said, names, view_of)

    def _view(self, claim: Claim, draft: _Draft, names: Sequence[str]) -> MessageView:
        person_name, link, contact, role, host, *org_names = names
        spoken = draft.contents.spoken()
        each = zip(draft.contents.own, org_names, spoken, draft.upwards, strict=True)
        return MessageView(
            site_name=self.settings.name,
            person_name=person_name,
            day=claim.day,
            late=claim.late,
            items=tuple(
                self._item(claim, item.task_id, org_name, said, upwards)
                for item, org_name, said, upwards in each
            ),
            digests=draft.digests,
            left_out=tuple(
                digest_page(self.settings.web_address, one)
                for one in draft.digests
                if claim.edition
            ),
            link=link,
            contact=contact,
            first=draft.introduction.first,
            role=role,
            host=host,
            held=draft.held,
            took_over=any(said.reminder_step == NEWCOMER for said in spoken),
            more_digests=draft.more_digests,
        )

    def _headers(self, claim: Claim) -> tuple[tuple[str, str], ...]:
        """Mails of one person and month make one thread: a bundle speaks of many tasks."""
        month = f"<{self._id(f't{claim.person_id}.{claim.day:%Y-%m}')}>"
        headers = [
            ("Auto-Submitted", "auto-generated"),
            ("In-Reply-To", month),
            ("References", month),
        ]
        if claim.kind == "digest":
            wish = f"<mailto:{self.settings.sender_address}?subject=unsubscribe>"
            headers.append(("List-Unsubscribe", wish))
        return tuple(headers)

    def _id(self, name: str) -> str:
        """A Message-ID of this site."""
        return f"{name}.{self._here}"

    @cached_property
    def _here(self) -> str:
        return f"{self.site_uid}@{self.settings.sender_address.rpartition('@')[2]}"

    def _item(
        self, claim: Claim, task_id: int, org_name: str, said: Said, upwards: Sequence[Above]
    ) -> Item:
        title = self.catalogue.title(said.duty, said.step)
        item = Item(
            task_id=task_id,
            org_name=org_name,
            title=f"{title}：{said.about}" if said.about else title,
            period=chinese_label(said.label),
            opens=said.opens,
            planned=said.planned,
            due=said.due,
            state=said.state,
            reminder_step=said.reminder_step,
            provisional=said.provisional,
            target=said.target,
            done=said.amount,
            unit=said.unit,
            office=said.office,
            relay=said.relay,
            basis=self._basis(said.duty, said.step),
            instructions=_instructions(
                said.theme, self.catalogue.instructions(said.duty, said.step)
            ),
            overdue_days=overdue_days(claim.day, said.due, State(said.state)),
            answer_by=(
                last_answer_day(said.asked_on, self.catalogue.calendar)
                if said.asked_on and said.reminder_step == ASKED
                else None
            ),
            of_case=said.of_case,
            level=said.level,
            sent_back=said.sent_back,
            reported=_names(one for one in upwards if one.reached and not said.level),
            passed_over=_names(
                one
                for one in upwards
                if not one.reached and (not said.level or one.level < said.level)
            ),
        )
        about_person = self.catalogue.is_confidential(said.duty, -said.of_case)
        return discreet(item) if about_person else item


@dataclass(frozen=True, slots=True)
class _ReaderFacts:
    """What the letters of a batch are made of, read at once. By message, but for `upwards`."""

    contents: Mapping[int, MessageContents]
    digests: Mapping[int, list[_Row]]
    held: Mapping[int, list[_Row]]
    upwards: Mapping[int, tuple[Above, ...]]
    """By task."""
    contacts: Mapping[int, Contact]
    """By organization."""
    introductions: Mapping[int, Introduction]

    @classmethod
    def of(cls, session: Session, claims: Sequence[Claim]) -> "_ReaderFacts":
        ids, day = [claim.id for claim in claims], max(claim.day for claim in claims)
        contents = message_content.contents(session, ids)
        every = [item for one in contents.values() for item in one.own]
        today = day.isoformat()
        late = {item.task_id for item in every if item.due < today}  # the only ones to go up
        digests = _by_message(message_content.digests(session, ids))
        org_ids = {item.told_org_id for item in every if item.told_org_id}
        org_ids |= {row["org_id"] for rows in digests.values() for row in rows}
        return cls(
            contents=contents,
            digests=digests,
            held=_by_message(quiet_periods.over_notices(session, ids)),
            upwards=message_content.upwards(session, late),
            contacts=contacts(session, org_ids, day),
            introductions=introductions(session, claims, day),
        )


def _names(superiors: Iterable[Above]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in superiors))


def _workbooks(digests: Iterable[DigestView]) -> tuple[Attachment, ...]:
    """What goes with a mail; a chat carries no files."""
    named = ((f"{one.org_name} {one.week} 党建工作周报.xlsx", one) for one in digests)
    return tuple(Attachment(name, XLSX, digest_workbook(one)) for name, one in named)


def _instructions(theme: str, what: str) -> str:
    """What to do, the superior's theme first."""
    return f"主题：{theme}。{what}" if theme else what


def _by_message(rows: Iterable[_Row]) -> Mapping[int, list[_Row]]:
    found: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row["message_id"]].append(row)
    return found


def _guarded(claim: Claim, make: Callable[[], _Made]) -> _Made | Fault:
    try:
        return make()
    except Exception as error:  # noqa: BLE001  whatever a site's own template or data brings
        return Fault(claim, f"{type(error).__name__}: {error}")
