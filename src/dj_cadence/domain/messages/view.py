"""What a message says, as values for the templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.digest.digest import CONFIDENTIAL, DigestView
from dj_cadence.domain.tasks.task import LATE

LISTED = 300
"""So many items a message tells one by one; of more it says how many, and where they stand."""
DIGESTS = 20
"""So many digests of one reader a message carries; the others are read on their pages."""

Observe = Callable[[Mapping[str, object]], None]
"""Is told each event of a pass, as a plain mapping with at least `at` and `event`."""


def ignore(_event: Mapping[str, object]) -> None:
    """An observer that wants to know nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What an item says of its task as it is stored."""

    reminder_step: str
    level: int = 0
    """How far above the organization the recipient stands."""
    office: str
    relay: str
    """Whom the recipient is asked to tell; empty where it is the recipient's own."""
    opens: date
    planned: date | None
    due: date
    state: str
    target: int
    of_case: bool = False
    """Whether it is about a case, of which no group may hear."""
    provisional: bool
    unit: str
    sent_back: str = ""
    """Why the superior sent it back, where it was."""


SHARED = tuple(field.name for field in fields(ItemFacts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(ItemFacts):
    """One task in a message."""

    task_id: int
    org_name: str
    title: str
    period: str
    """As a person reads it: 2026年3月."""
    done: int
    basis: str
    instructions: str
    overdue_days: int
    answer_by: date | None = None
    """Until when to say whether it was done before the start; only where that is asked now."""
    confidential: bool = False
    """Whether it is about a person: what it is stands on the page and nowhere else."""
    reported: tuple[str, ...] = ()
    """The superiors that were told directly that it is overdue."""
    passed_over: tuple[str, ...] = ()
    """The superiors that could not be told, so that the next one up was."""


def discreet(item: Item) -> Item:
    """What a message may say of something about a person: that it is there, and until when.

    Who owes it is told its number; a superior, to whom it has come up, is not.
    """
    return replace(
        item,
        title=CONFIDENTIAL,
        period="内容不列出" if item.level else item.period,
        basis="",
        instructions="",
        sent_back="",
        confidential=True,
    )


@dataclass(frozen=True, slots=True)
class MessageView:
    """All that one message says to one person on one day."""

    site_name: str
    person_name: str
    """Empty where no person is written to but an address is tried."""
    day: date
    late: bool
    items: tuple[Item, ...]
    digests: tuple[DigestView, ...]
    link: str
    """The page on which everything in it can be finished."""
    contact: str = ""
    """Whom to ask, with a telephone number if one is known."""
    held: tuple[str, ...] = ()
    """Why parts of it were held: the reasons of quiet periods that are over."""
    took_over: bool = False
    """Whether the recipient has just taken over an office and finds this open."""
    left_out: tuple[str, ...] = ()
    """Where the digests are on the page, as their files were too large for the mailbox."""
    first: str = ""
    """`person` where they were never written to, `address` where not at this one."""
    role: str = ""
    """What the recipient of a first message is, in their organizations."""
    host: str = ""
    """The organization on whose behalf a first message comes: the site's uppermost."""
    more_digests: int = 0
    """How many more digests there are for its reader than it carries."""

    @property
    def salutation(self) -> str:
        """How it begins: one speaks to an office-holder as to a comrade."""
        return f"{self.person_name}同志" if self.person_name else "您好"


@dataclass(frozen=True, slots=True)
class GroupDigest:
    """What a group may hear of a digest: how much, but not of whom."""

    org_name: str
    overdue: int
    newly_overdue: int
    missing: int


@dataclass(frozen=True, slots=True)
class GroupView:
    """What a message says to a group. Nothing here names who is late, and nothing acts."""

    site_name: str
    day: date
    late: bool
    items: tuple[Item, ...]
    """Those whose last day is still to come."""
    past_due: int
    """How many items are past their last day."""
    unnamed: int
    """How many more there are of which a group may hear nothing."""
    digests: tuple[GroupDigest, ...]
    link: str
    """The pages, where everybody logs in for themselves."""


def for_group(view: MessageView, link: str) -> GroupView:
    """The part of `view` that may be said to a whole group."""
    open_ones = [item for item in view.items if not (item.of_case or item.confidential)]
    ahead = [item for item in open_ones if item.due >= view.day and item.state not in LATE]
    return GroupView(
        site_name=view.site_name,
        day=view.day,
        late=view.late,
        items=tuple(replace(item, relay="") for item in ahead),
        past_due=len(open_ones) - len(ahead),
        unnamed=len(view.items) - len(open_ones),
        digests=tuple(
            GroupDigest(
                org_name=digest.org_name,
                overdue=digest.numbers.overdue,
                newly_overdue=digest.numbers.newly_overdue,
                missing=len(digest.missing),
            )
            for digest in view.digests
        ),
        link=link,
    )


@dataclass(frozen=True, slots=True)
class AlertView:
    """What administrators are told about the saved rule files."""

    site_name: str
    problems: tuple[str, ...]
    """Each with its place and line; none: the files are sound and not applied."""
    folder: str


@dataclass(frozen=True, slots=True)
class LoginView:
    """What a person is told who asked for a link to log in."""

    site_name: str
    person_name: str
    link: str
    hours: int
    """So long it works."""


@dataclass(frozen=True, slots=True)
class ChannelAlertView:
    """What administrators are told about a channel that takes nothing, or does so again."""

    site_name: str
    channel: str
    """Its name in the settings."""
    title: str
    """What people call it."""
    since: str
    """Day and time, as everybody writes them; `until` likewise."""
    until: str
    """Of the last refusal."""
    reason: str
    """What the other side answered last."""
    waiting: int
    """So many messages wait to go out on it."""
    is_over: bool


class Rendered(NamedTuple):
    """A message as text, ready for any channel."""

    subject: str
    text: str
    html: str
