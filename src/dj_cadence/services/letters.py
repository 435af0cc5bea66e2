"""Claimed messages as views, and as the letters that notifiers are handed."""

import json
import zlib
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.citation import basis_line
from dj_cadence.domain.digest import DigestView
from dj_cadence.domain.letter import Attachment, Form, Letter
from dj_cadence.domain.message import Item, MessageView
from dj_cadence.domain.period import chinese_label
from dj_cadence.domain.reminder_plan import NEWCOMER
from dj_cadence.domain.task import State, overdue_days
from dj_cadence.domain.token import make_token
from dj_cadence.rendering import Templates
from dj_cadence.rendering.workbooks import XLSX, digest_workbook
from dj_cadence.services.contacts import contacts
from dj_cadence.settings import Settings
from dj_cadence.store import message_content, quiets
from dj_cadence.store.database import Database
from dj_cadence.store.ledger import Claim
from dj_cadence.store.types import dumps

DigestOf = Callable[[Session, int, str], DigestView]
"""The digest of an organization (by id) for an ISO week like 2026-W48."""
_Row = RowMapping
_Made = TypeVar("_Made")
_QUICKLY = 1  # a third of the time, for a seventh more bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A letter ready to go."""

    claim: Claim
    """With its content."""
    letter: Letter
    was_frozen: bool
    """Whether it was written at an earlier try."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A message that cannot be written."""

    claim: Claim
    reason: str


@dataclass(frozen=True, slots=True)
class _Draft:
    claim: Claim
    view: MessageView | None
    """None where the letter was written at an earlier try."""


@dataclass(frozen=True)
class Composer:
    """Writes the letters of one site."""

    templates: Templates
    catalogue: Catalogue
    settings: Settings
    site_uid: str
    digest_of: DigestOf
    forms: Mapping[str, Form]
    """How each channel speaks; a channel that is not set up is written a mail."""

    @cached_property
    def _bases(self) -> Mapping[str, str]:
        return {key: basis_line(duty) for key, duty in self.catalogue.duties.items()}

    def write(
        self, database: Database, claims: Sequence[Claim], now: datetime
    ) -> list[Written | Fault]:
        """The letter of each message; one written at an earlier try comes back as it was.

        A fault in one message concerns that message only.
        """
        fresh = [claim for claim in claims if claim.content is None]
        with database.read() as session:
            known = _Known.of(session, fresh) if fresh else _NOTHING
            drafts = [_guarded(c, partial(self._draft, session, c, known)) for c in claims]
        return [
            draft
            if isinstance(draft, Fault)
            else _guarded(draft.claim, partial(self._letter, draft, now))
            for draft in drafts
        ]

    def token(self, message_id: int) -> str:
        """What opens the page on which everything in a message can be finished."""
        return make_token(self.settings.key, "message", token_subject(message_id), 1)

    def _draft(self, session: Session, claim: Claim, known: "_Known") -> _Draft:
        if claim.content is not None:
            return _Draft(claim, None)
        rows, digests = known.items[claim.id], known.digests[claim.id]
        above = (known.contacts.get(row["told_org_id"]) for row in rows)
        view = MessageView(
            site_name=self.settings.name,
            person_name=claim.person_name,
            day=claim.day,
            late=claim.late,
            items=tuple(self._item(claim, row, known.upwards[row["task_id"]]) for row in rows),
            digests=tuple(self.digest_of(session, row["org_id"], row["week"]) for row in digests),
            link=f"{self.settings.web_address}/t/{self.token(claim.id)}",
            contact=next((found for found in above if found), ""),
            held=tuple(row["reason"] for row in known.held[claim.id]),
            took_over=any(row["rung"] == NEWCOMER for row in rows),
        )
        return _Draft(claim, view)

    def _letter(self, draft: _Draft, now: datetime) -> Written:
        claim = draft.claim
        if draft.view is None:
            return Written(claim, unpack(claim.content or b""), was_frozen=True)
        form = self.forms.get(claim.channel, Form.MAIL)
        rendered = self.templates.render(draft.view, form, home=self.settings.web_address)
        letter = Letter(
            message_id=self._id(f"m{claim.id}"),
            to=claim.address,
            to_name=claim.person_name,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=now.astimezone(self.settings.time_zone).isoformat(timespec="seconds"),
            headers=self._headers(claim) if form is Form.MAIL else (),
            form=form,
            attachments=_workbooks(draft.view.digests) if form is Form.MAIL else (),
        )
        return Written(replace(claim, content=pack(letter)), letter, was_frozen=False)

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
        return f"{name}.{self.site_uid}@{self.settings.sender_address.rpartition('@')[2]}"

    def _item(self, claim: Claim, row: _Row, upwards: Sequence[_Row]) -> Item:
        title = self.catalogue.title(row["duty"], row["step"])
        shared = ("task_id", "org_name", "opens", "planned", "due", "state", "rung")
        more = ("provisional", "target", "unit", "office", "relay", "of_case", "level")
        return Item(
            **{name: row[name] for name in shared + more},
            title=f"{title}：{row['about']}" if row["about"] else title,
            period=chinese_label(row["label"]),
            done=row["amount"],
            basis=self._bases.get(row["duty"], ""),
            instructions=_instructions(
                row["theme"], self.catalogue.instructions(row["duty"], row["step"])
            ),
            overdue_days=overdue_days(claim.day, row["due"], State(row["state"])),
            reported=_names(one for one in upwards if one["reached"] and not row["level"]),
            passed_over=_names(
                one
                for one in upwards
                if not one["reached"] and (not row["level"] or one["level"] < row["level"])
            ),
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the letters of a batch are made of, read at once. By message, but for `upwards`."""

    items: Mapping[int, list[_Row]]
    digests: Mapping[int, list[_Row]]
    held: Mapping[int, list[_Row]]
    upwards: Mapping[int, list[_Row]]
    """By task."""
    contacts: Mapping[int, str]
    """By organization."""

    @classmethod
    def of(cls, session: Session, claims: Sequence[Claim]) -> "_Known":
        ids = [claim.id for claim in claims]
        rows = message_content.open_items(session, ids)
        org_ids = {row["told_org_id"] for row in rows if row["told_org_id"]}
        task_ids = {row["task_id"] for row in rows}
        return cls(
            items=_by(rows),
            digests=_by(message_content.digests(session, ids)),
            held=_by(quiets.over_notices(session, ids)),
            upwards=_by(message_content.upwards(session, task_ids), "task_id"),
            contacts=contacts(session, org_ids, max(claim.day for claim in claims)),
        )


_NOTHING = _Known({}, {}, {}, {}, {})


def _names(rows: Iterable[_Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row["name"] for row in rows))


def _workbooks(digests: Iterable[DigestView]) -> tuple[Attachment, ...]:
    """What goes with a mail; a chat carries no files."""
    named = ((f"{one.org_name} {one.week} 周报.xlsx", one) for one in digests)
    return tuple(Attachment(name, XLSX, digest_workbook(one)) for name, one in named)


def _instructions(theme: str, what: str) -> str:
    """What to do, the superior's theme first."""
    return f"主题：{theme}。{what}" if theme else what


def token_subject(message_id: int) -> str:
    """What the token of a message's link stands for."""
    return f"message:{message_id}"


def _by(rows: Iterable[_Row], key: str = "message_id") -> Mapping[int, list[_Row]]:
    found: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _guarded(claim: Claim, make: Callable[[], _Made]) -> _Made | Fault:
    try:
        return make()
    except Exception as error:  # noqa: BLE001  whatever a site's own template or data brings
        return Fault(claim, f"{type(error).__name__}: {error}")


def pack(letter: Letter) -> bytes:
    """A letter as the ledger keeps it."""
    files = [
        {**asdict(one), "content": b64encode(one.content).decode()} for one in letter.attachments
    ]
    plain = {field.name: getattr(letter, field.name) for field in fields(letter)}
    return zlib.compress(dumps({**plain, "attachments": files}).encode(), _QUICKLY)


def unpack(content: bytes) -> Letter:
    """The inverse of `pack`."""
    plain = json.loads(zlib.decompress(content))
    plain["headers"] = tuple((name, value) for name, value in plain["headers"])
    plain["form"] = Form(plain["form"])
    plain["attachments"] = tuple(
        Attachment(file["name"], file["media_type"], b64decode(file["content"]))
        for file in plain["attachments"]
    )
    return Letter(**plain)
