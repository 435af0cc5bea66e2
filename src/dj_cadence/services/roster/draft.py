"""What an import would change, worked out before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, Facts
from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.roster.appointment_rows import (
    RosterAppointment,
    office_warnings,
    read_appointments,
)
from dj_cadence.domain.roster.codes import lookalikes, with_one_spelling
from dj_cadence.domain.roster.concurrent_secretaries import SecretaryTerm, concurrent_secretaries
from dj_cadence.domain.roster.facts import OrgStart, facts_of, first_beginning, next_beginning
from dj_cadence.domain.roster.identity import identity_changes
from dj_cadence.domain.roster.org_rows import RosterOrg, oddities, read_org, read_orgs
from dj_cadence.domain.roster.people import RosterPerson, identify
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
from dj_cadence.services.roster.appointment_changes import AppointmentChanges, appointment_changes
from dj_cadence.services.rules.applied import calendar_cities
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster.stored_roster import (
    StoredAppointment,
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
    held: AppointmentChanges


def draft_import(
    session: Session, sheets: RosterSheets, *, today: date, correct: bool
) -> RosterChanges:
    """Read everything, compare it with what is stored, write nothing."""
    stored = stored_orgs(session)
    sheets = with_one_spelling(sheets, stored)
    before = {code: stored_org(people_before.cells) for code, people_before in stored.items()}
    cells = {code: people_before.cells for code, people_before in stored.items()}
    read, problems = read_orgs(sheets.orgs, cells, correct=correct)
    rows = {
        code: row for row in reversed(sheets.orgs) if (code := row.cells.get("code", "")) in read
    }
    rows = {code: rows[code] for code in read}
    terms, read = _judge_terms(read, before, rows, problems, correct=correct)
    orgs = before | read
    written = {row.cells.get("code", "") for row in sheets.orgs} - {""}
    problems += tree_problems(orgs, rows, written)
    appointments, found = read_appointments(sheets.appointments, orgs, written)
    held = stored_appointments(session)
    people_before = stored_people(session)
    people, contradictions = identify(appointments, people_before)
    problems += [*found, *contradictions]
    problems += [*lookalikes(read, before, rows), *identity_changes(people, people_before)]
    problems += _oddities(read, rows, today, calendar_cities(session))
    problems += _warnings(read, rows, appointments, held, orgs, today)
    problems += _of_dissolved(before, read, rows, orgs)
    problems += (
        Problem(rows[code].place("supervisor"), text, warning=True)
        for code, text in extra_roots(orgs).items()
        if code in rows and "supervisor" not in rows[code].unread
    )
    matched = appointment_changes(people, held)
    problems += _rivals(people, matched.left, {p.id: p.name for p in people_before}, orgs, today)
    tree_positions = {} if faults(problems) else lay_out(orgs, _order(before, read, orgs))
    beginnings = _beginnings(session, orgs, stored, today)
    facts = {
        code: facts_of(
            orgs[code],
            tree_position,
            stored[code].facts if code in stored else None,
            today,
            beginning=beginnings[code],
            kind_since=_kind_since(orgs[code], terms.get(code), today),
            correct=correct,
        )
        for code, tree_position in tree_positions.items()
    }
    return RosterChanges(
        problems=problems,
        stored=stored,
        orgs=orgs,
        read=list(read),
        tree_positions=tree_positions,
        beginnings=beginnings,
        facts=facts,
        terms=terms,
        people=people,
        held=matched,
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
            place = rows[code].place("last_election")
            text = f"{org.name}：已登记的换届日期是{recorded}，不改早；确要改早请加 --correct。"
            problems.append(Problem(place, text, warning=True))
        elif change:
            terms[code] = change
    return terms, kept


def _oddities(
    read: Mapping[str, RosterOrg], rows: Mapping[str, TableRow], today: date, cities: set[str]
) -> Iterable[Problem]:
    for code, org in read.items():
        for key, text in oddities(org, today, cities):
            yield Problem(rows[code].place(key), f"{org.name}：{text}", warning=True)


def _warnings(
    read: Mapping[str, RosterOrg],
    rows: Mapping[str, TableRow],
    appointments: Sequence[RosterAppointment],
    held: Iterable[StoredAppointment],
    orgs: Mapping[str, RosterOrg],
    today: date,
) -> Iterable[Problem]:
    yield from office_warnings(appointments, orgs)
    led = {a.org for a in appointments if a.office == SECRETARY and a.until >= today}
    led |= {a.org for a in held if a.office == SECRETARY and a.until >= today}
    for code, org in read.items():
        if org.kind in PARTY_ORGANIZATIONS and code not in led and not org.dissolved:
            text = f"{org.name}：没有书记，提醒无人可收，请在任职表里补上。"
            yield Problem(rows[code].place("name"), text, warning=True)


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
            yield Problem(rows[code].place("successor"), f"{orgs[code].name}：{text}", warning=True)
    for org in orgs.values():
        if org.supervisor in gone and not org.dissolved:
            place = rows[org.supervisor].place("dissolved")
            text = f"{org.name}：上级“{orgs[org.supervisor].name}”撤销，请改写上级组织代码。"
            yield Problem(place, text, warning=True)


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


def stored_secretary_terms(
    appointments: Iterable[StoredAppointment], names: Mapping[int, str]
) -> list[SecretaryTerm]:
    """Who is 书记 by what is stored, in the order in which that was stored."""
    return [
        SecretaryTerm(a.org, a.person_id, names[a.person_id], a.since, a.until, a.acting)
        for a in sorted(appointments, key=lambda a: a.id)
        if a.office == SECRETARY
    ]


def _rivals(
    people: Iterable[RosterPerson],
    left: Iterable[StoredAppointment],
    names: Mapping[int, str],
    orgs: Mapping[str, RosterOrg],
    today: date,
) -> Iterable[Problem]:
    """Organizations that have two 书记 at a time once the file is in."""
    stored = stored_secretary_terms(left, names)
    written = [
        SecretaryTerm(
            row.org,
            person.stored.id if person.stored else person.key,
            person.name,
            row.since,
            row.until,
            row.acting,
            row.row.place("office"),
        )
        for person in people
        for row in person.rows
        if row.office == SECRETARY
    ]
    for rivals in concurrent_secretaries([*stored, *written], today):
        if rivals.place and rivals.org in orgs:
            text = f"{orgs[rivals.org].name}：{rivals}"
            yield Problem(rivals.place, text, warning=True)
