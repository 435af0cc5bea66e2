"""What an import would change, worked out before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, Facts
from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.roster.appointment_changes import Match, concurrent_secretaries, matched
from dj_cadence.domain.roster.appointment_rows import (
    RosterAppointment,
    office_warnings,
    read_appointments,
)
from dj_cadence.domain.roster.codes import lookalikes, with_one_spelling
from dj_cadence.domain.roster.facts import OrgStart, facts_of, first_beginning, next_beginning
from dj_cadence.domain.roster.identity import identity_changes
from dj_cadence.domain.roster.org_rows import RosterOrg, oddities, read_org, read_orgs
from dj_cadence.domain.roster.people import RosterPerson, StoredAppointment, identify
from dj_cadence.domain.roster.rows import Origin, RosterSheets, TableRow
from dj_cadence.domain.roster.term_change import TERM_YEARS, TermChange, term_change
from dj_cadence.domain.roster.tree import (
    TreePosition,
    extra_roots,
    lay_out,
    merged_order,
    siblings,
    tree_problems,
)
from dj_cadence.problems import Problem, faults
from dj_cadence.services.rules.applied import calendar_cities
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster.stored_roster import (
    StoredOrg,
    stored_appointments,
    stored_orgs,
    stored_people,
)
from dj_cadence.store.rules import catalogue as catalogues

_DATABASE = Origin("数据库", {}, lettered=False)


@dataclass(frozen=True)
class RosterChanges:
    """The whole tree as it would be, and what of it is new."""

    problems: list[Problem]
    stored: Mapping[str, StoredOrg]
    orgs: Mapping[str, RosterOrg]
    """Every organization by code."""
    read: Sequence[str]
    """Codes that stand in the file, in its order."""
    tree_positions: Mapping[str, TreePosition]
    """In preorder; empty while there are faults."""
    beginnings: Mapping[str, OrgStart]
    facts: Mapping[str, Facts]
    terms: Mapping[str, TermChange]
    people: Sequence[RosterPerson]
    held: Sequence[Match]


def draft_import(
    session: Session, sheets: RosterSheets, *, today: date, correct: bool
) -> RosterChanges:
    """Read everything, compare it with what is stored, write nothing."""
    stored = stored_orgs(session)
    sheets = with_one_spelling(sheets, stored)
    before = {code: stored_org(org.cells) for code, org in stored.items()}
    cells = {code: org.cells for code, org in stored.items()}
    read, problems = read_orgs(sheets.orgs, cells, correct=correct)
    by_code = {row.text("code"): row for row in reversed(sheets.orgs)}
    rows = {code: by_code[code] for code in read}
    terms, read = _judge_terms(read, before, rows, problems, correct=correct)
    orgs = before | read
    written = by_code.keys() - {""}
    appointments, office_faults = read_appointments(sheets.appointments, orgs, written)
    held, people_before = stored_appointments(session), stored_people(session)
    people, contradictions = identify(appointments, people_before)
    matches, left = matched(people, held)
    problems += [
        *tree_problems(orgs, rows, written),
        *office_faults,
        *contradictions,
        *lookalikes(read, before, rows),
        *identity_changes(people, people_before),
        *_oddities(read, rows, today, calendar_cities(session)),
        *office_warnings(appointments, orgs),
        *_without_secretary(read, rows, [*appointments, *held], today),
        *_of_dissolved(before, read, rows, orgs),
        *_extra_roots(rows, orgs),
        *_rivals(people, left, orgs, today),
    ]
    positions = {} if faults(problems) else lay_out(orgs, _order(before, read, orgs))
    beginnings = _beginnings(session, orgs, stored, today)
    facts = {
        code: facts_of(
            orgs[code],
            position,
            stored[code].facts if code in stored else None,
            today,
            beginning=beginnings[code],
            kind_since=_kind_since(orgs[code], terms.get(code), today),
            correct=correct,
        )
        for code, position in positions.items()
    }
    return RosterChanges(
        problems, stored, orgs, list(read), positions, beginnings, facts, terms, people, matches
    )


def _beginnings(
    session: Session, orgs: Mapping[str, RosterOrg], stored: Mapping[str, StoredOrg], today: date
) -> dict[str, OrgStart]:
    """A site is under way when rules are in force over organizations that it has."""
    under_way = bool(stored) and catalogues.applied_hash(session) is not None
    return {
        code: next_beginning(org, stored[code].beginning, stored[code].facts.starts_on, today)
        if code in stored
        else first_beginning(org, orgs.values(), today, under_way=under_way)
        for code, org in orgs.items()
    }


def _kind_since(org: RosterOrg, change: TermChange | None, today: date) -> date:
    """From when another 类别 counts: an organization changes by the election that comes with it."""
    if change and org.last_election and org.last_election < today:
        return org.last_election
    return today


def stored_org(cells: Mapping[str, str]) -> RosterOrg:
    """A stored roster row as the organization it states; it was checked when it was written."""
    org, _ = read_org(TableRow(_DATABASE, 0, cells))
    assert org
    return org


def _judge_terms(
    read: Mapping[str, RosterOrg],
    before: Mapping[str, RosterOrg],
    rows: Mapping[str, TableRow],
    problems: list[Problem],
    *,
    correct: bool,
) -> tuple[dict[str, TermChange], dict[str, RosterOrg]]:
    """What each other 上次换届日期 means; one that is ignored is put back."""
    terms: dict[str, TermChange] = {}
    kept = dict(read)
    for code, org in read.items():
        was = before.get(code, org)
        recorded = was.last_election if code in before else None
        years = was.term_years or TERM_YEARS.get(was.kind, 0)
        change = term_change(recorded, org.last_election, years, correct=correct)
        if change is TermChange.IGNORED:
            kept[code] = replace(org, last_election=recorded)
            text = f"{org.name}：已登记的换届日期是{recorded}，不改早；确要改早请加 --correct。"
            problems.append(rows[code].warning("last_election", text))
        elif change:
            terms[code] = change
    return terms, kept


def _oddities(
    read: Mapping[str, RosterOrg], rows: Mapping[str, TableRow], today: date, cities: set[str]
) -> Iterable[Problem]:
    for code, org in read.items():
        for key, text in oddities(org, today, cities):
            yield rows[code].warning(key, f"{org.name}：{text}")


def _without_secretary(
    read: Mapping[str, RosterOrg],
    rows: Mapping[str, TableRow],
    held: Iterable[RosterAppointment | StoredAppointment],
    today: date,
) -> Iterable[Problem]:
    led = {term.org for term in held if term.office == SECRETARY and term.until >= today}
    for code, org in read.items():
        if org.kind in PARTY_ORGANIZATIONS and code not in led and not org.dissolved:
            text = f"{org.name}：没有书记，提醒无人可收，请在任职表里补上。"
            yield rows[code].warning("name", text)


def _of_dissolved(
    before: Mapping[str, RosterOrg],
    read: Mapping[str, RosterOrg],
    rows: Mapping[str, TableRow],
    orgs: Mapping[str, RosterOrg],
) -> Iterable[Problem]:
    """What to think of where an organization is dissolved by this file."""
    gone = {
        code
        for code, org in read.items()
        if org.dissolved and not (code in before and before[code].dissolved)
    }
    for code in sorted(gone):
        if not orgs[code].successor:
            text = "没有填写承接组织代码：撤销前没有办结的任务和事项会留在原组织，没有人接着办。"
            yield rows[code].warning("successor", f"{orgs[code].name}：{text}")
    for org in orgs.values():
        if org.supervisor in gone and not org.dissolved:
            text = f"{org.name}：上级“{orgs[org.supervisor].name}”撤销，请改写上级组织代码。"
            yield rows[org.supervisor].warning("dissolved", text)


def _order(
    before: Mapping[str, RosterOrg], read: Mapping[str, RosterOrg], orgs: Mapping[str, RosterOrg]
) -> dict[str, list[str]]:
    """The codes directly below each, known ones where they were and new ones where written."""
    standing, given = siblings(before), siblings(read)
    return {
        above: merged_order(
            [code for code in standing.get(above, ()) if orgs[code].supervisor == above],
            given.get(above, ()),
        )
        for above in siblings(orgs)
    }


def _extra_roots(rows: Mapping[str, TableRow], orgs: Mapping[str, RosterOrg]) -> Iterable[Problem]:
    for code, text in extra_roots(orgs).items():
        if code in rows and "supervisor" not in rows[code].unread:
            yield rows[code].warning("supervisor", text)


def _rivals(
    people: Iterable[RosterPerson],
    left: Iterable[StoredAppointment],
    orgs: Mapping[str, RosterOrg],
    today: date,
) -> Iterable[Problem]:
    """Organizations that have two 书记 at a time once the file is in."""
    for code, place, text in concurrent_secretaries(left, people, today):
        if place and code in orgs:
            yield Problem(place, f"{orgs[code].name}：{text}", warning=True)
