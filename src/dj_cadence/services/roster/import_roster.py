"""Importing the roster: all of it or nothing, and twice the same changes nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dj_cadence.domain.organizations.offices import OTHER_OFFICES
from dj_cadence.domain.roster.appointment_changes import span
from dj_cadence.domain.roster.people import RosterPerson
from dj_cadence.domain.roster.rows import RosterSheets
from dj_cadence.domain.roster.term_change import TermChange
from dj_cadence.problems import Problem, with_lines
from dj_cadence.services.planning.first_duties import Newcomer
from dj_cadence.services.roster.draft import RosterChanges, draft_import
from dj_cadence.services.roster.write import Election, write_draft
from dj_cadence.store.core.database import Session
from dj_cadence.store.site import site as sites

__all__ = ["Election", "ImportCounts", "ImportReport", "import_roster"]


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many of one kind an import creates, changes and leaves."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"新增{self.created}，修改{self.changed}，不变{self.unchanged}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do."""

    problems: tuple[Problem, ...]
    orgs: ImportCounts = ImportCounts()
    persons: ImportCounts = ImportCounts()
    appointments: ImportCounts = ImportCounts()
    terms: tuple[str, ...] = ()
    """Sentences on what another 上次换届日期 means."""
    newcomers: tuple[Newcomer, ...] = ()
    """Organizations that are new, or begin on another day than before."""
    reordered: bool = False
    kept_only: tuple[str, ...] = ()
    """Sentences on offices to which no shipped rule writes."""
    elections: tuple[Election, ...] = ()
    """Only of a real import."""
    applied: bool = False

    @property
    def changes_nothing(self) -> bool:
        tallies = (self.orgs, self.persons, self.appointments)
        return not self.reordered and not any(t.created or t.changed for t in tallies)

    def sentences(self) -> list[str]:
        """The report for the person who imports; problems are told apart from it."""
        if self.changes_nothing:
            return ["无变化。", *self.kept_only]
        return [
            f"组织：{self.orgs}。",
            f"人员：{self.persons}。",
            f"任职：{self.appointments}。",
            *(["组织的排列顺序有调整。"] if self.reordered else []),
            *self.terms,
            *self.kept_only,
        ]


def import_roster(
    session: Session,
    sheets: RosterSheets,
    *,
    now: datetime,
    today: date,
    by: str,
    faults: Sequence[Problem] = (),
    correct: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """Carry `sheets` into the database; with any fault, or as a dry run, nothing is written.

    `faults` is what reading the files has found already; its faults count too. `correct` lets
    an election date move back, or be cleared by an empty cell. `today` is the local date
    from which changed facts count.
    """
    draft = draft_import(session, sheets, today=today, correct=correct)
    problems = (*faults, *draft.problems)
    problems = tuple(with_lines(problems, sheets.line_of(p.place for p in problems)))
    if any(not problem.warning for problem in problems):
        return ImportReport(problems)
    elections = () if dry_run else write_draft(session, draft, now, today, by)
    report = ImportReport(
        problems,
        orgs=_counts(
            (code in draft.stored and draft.stored[code].cells, draft.orgs[code].cells())
            for code in draft.read
        ),
        persons=_counts(
            (
                p.stored and (p.stored.key, p.stored.name, p.stored.addresses),
                (p.key, p.name, p.addresses()),
            )
            for p in draft.people
        ),
        appointments=_counts((stored and span(stored), span(row)) for _, row, stored in draft.held),
        terms=tuple(
            _sentence(draft, code, change)
            for code, change in draft.terms.items()
            if change is not TermChange.FIRST
        ),
        newcomers=tuple(_newcomers(draft)),
        kept_only=tuple(_kept_only(draft.people)),
        reordered=list(draft.stored)
        != [code for code in draft.tree_positions if code in draft.stored],
        elections=elections,
        applied=not dry_run,
    )
    if report.applied and not report.changes_nothing:
        sites.shown_changed(session)
    return report


def _counts(items: Iterable[tuple[object, object]]) -> ImportCounts:
    """Of things as they are stored, if they are, and as they are to be."""
    counts = Counter(before == after if before else None for before, after in items)
    return ImportCounts(counts[None], counts[False], counts[True])


def _newcomers(draft: RosterChanges) -> Iterator[Newcomer]:
    for code, facts in draft.facts.items():
        stored = draft.stored.get(code)
        if not facts.dissolved and not (stored and stored.facts.starts_on == facts.starts_on):
            yield Newcomer(facts, draft.orgs[code].last_election)


def _kept_only(people: Iterable[RosterPerson]) -> Iterator[str]:
    held = Counter(row.office for person in people for row in person.rows)
    named = [f"{office}（{held[office]}人）" for office in OTHER_OFFICES if held[office]]
    if named:
        yield f"照原样保存、随附的职责都不找他们办的职务：{'、'.join(named)}。"


def _sentence(draft: RosterChanges, code: str, change: TermChange) -> str:
    org_, stored = draft.orgs[code], draft.stored[code]
    if change is TermChange.CLEARED:
        return (
            f"{org_.name}（{code}）上次换届日期{stored.elected_on}已清空：原来的换届任务不再需要。"
        )
    what = f"{org_.name}（{code}）上次换届日期由{stored.elected_on}改为{org_.last_election}："
    if change is TermChange.ELECTION:
        return what + "算作一次换届，上一届的换届任务随之办结。"
    return what + "算作更正，原来的换届任务随之移动。"
