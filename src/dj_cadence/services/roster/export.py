"""Looking at the roster: as a tree, as a workbook, and for what is lacking."""

from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

from dj_cadence.chinese import os_reason
from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY
from dj_cadence.domain.organizations.facts import APPROVERS, PARTY_ORGANIZATIONS
from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.roster.appointment_changes import concurrent_secretaries
from dj_cadence.domain.roster.appointment_rows import EMAIL, PHONE, nature_of
from dj_cadence.domain.roster.columns import (
    APPOINTMENT_COLUMNS,
    APPOINTMENT_SHEET,
    ORG_COLUMNS,
    ORG_SHEET,
)
from dj_cadence.domain.roster.org_rows import oddities
from dj_cadence.domain.roster.people import number_of
from dj_cadence.domain.roster.rows import RosterSheets, TableRow, sheet_rows
from dj_cadence.domain.roster.tree import extra_roots
from dj_cadence.domain.table_column import Column
from dj_cadence.errors import Refused
from dj_cadence.problems import Problem
from dj_cadence.services.roster.draft import stored_org
from dj_cadence.services.rules.applied import calendar_cities
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster.people import addresses, holders
from dj_cadence.store.roster.stored_roster import stored_appointments, stored_orgs, stored_people

WORKBOOK = ".xlsx"
_WIDTH = 16


def roster_tree(session: Session) -> str:
    """One line for each organization, indented below its superior."""
    depth: dict[int | None, int] = {None: -1}
    lines = []
    for code, org in stored_orgs(session).items():
        depth[org.row.id] = depth[org.row.supervisor_id] + 1
        lines.append(f"{'  ' * depth[org.row.id]}{org.row.name}（{code}，{org.facts.kind.label}）")
    return "\n".join(lines)


def check_roster(session: Session, today: date) -> list[Problem]:
    """What the roster lacks on the local date `today`; all are warnings."""
    stored = stored_orgs(session)
    orgs = {code: stored_org(org.cells) for code, org in stored.items()}
    living = {c: org for c, org in orgs.items() if not org.dissolved or org.dissolved > today}
    held = holders(session, {stored[code].row.id for code in living}, today)
    addresses_of = addresses(session, {holder.person_id for holder in held.values()})
    reachable = {
        org_id
        for (org_id, _), holder in held.items()
        if addresses_of.get(holder.person_id, {}).keys() - {PHONE}
    }
    cities, roots = calendar_cities(session), extra_roots(living)
    terms = sorted(stored_appointments(session))
    texts = [(code, text) for code, _, text in concurrent_secretaries(terms, (), today)]
    for code, org in living.items():
        org_id = stored[code].row.id
        lacks = [roots.get(code, "")]
        if org.kind in PARTY_ORGANIZATIONS and (org_id, SECRETARY) not in held:
            lacks.append("没有书记，请在任职表里补上。")
        if org.kind in PARTY_ORGANIZATIONS | APPROVERS and org_id not in reachable:
            lacks.append("没有一个人收得到提醒，请补填邮箱或其他渠道。")
        lacks += (text for _, text in oddities(org, today, cities))
        texts += ((code, text) for text in lacks if text)
    return [
        Problem(f"{code} {living[code].name}", text, warning=True)
        for code, text in texts
        if code in living
    ]


def exported_roster(session: Session) -> RosterSheets:
    """The whole roster in the form in which it is imported."""
    return RosterSheets(
        sheet_rows(ORG_SHEET, ORG_COLUMNS, (org.cells for org in stored_orgs(session).values())),
        sheet_rows(APPOINTMENT_SHEET, APPOINTMENT_COLUMNS, _appointment_cells(session)),
    )


def _appointment_cells(session: Session) -> Iterator[dict[str, str]]:
    people = {person.id: person for person in stored_people(session)}
    for held in stored_appointments(session):
        person = people[held.person_id]
        addresses_of = dict(sorted(person.addresses))
        email, phone = addresses_of.pop(EMAIL, ""), addresses_of.pop(PHONE, "")
        yield {
            "org": held.org,
            "office": held.office,
            "nature": nature_of(held.office) if held.acting else "",
            "person": number_of(person.key),
            "name": person.name,
            "email": email,
            "phone": phone,
            "addresses": ";".join(f"{channel}={value}" for channel, value in addresses_of.items()),
            "since": "" if held.since == FIRST_DAY else held.since.isoformat(),
            "until": "" if held.until == LAST_DAY else held.until.isoformat(),
        }


def export_roster(session: Session, path: Path) -> None:
    """Write a workbook that imports without changing anything.

    Raises Refused where the name is not that of a workbook, or the file cannot be written.
    """
    if path.suffix.lower() != WORKBOOK:
        raise Refused(f"{path.name} 不是工作簿的文件名，应以 {WORKBOOK} 结尾。")
    sheets, content = exported_roster(session), BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        _write_sheet(book, ORG_SHEET, ORG_COLUMNS, sheets.orgs)
        _write_sheet(book, APPOINTMENT_SHEET, APPOINTMENT_COLUMNS, sheets.appointments)
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise Refused(f"{path} 写不进去：{os_reason(error.errno)}。") from error


def _write_sheet(
    book: xlsxwriter.Workbook, name: str, columns: Sequence[Column], rows: Sequence[TableRow]
) -> None:
    """Dates as dates; everything else as text, so that 007 stays 007."""
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, _WIDTH)
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.header, bold)
        if column.help:
            sheet.write_comment(0, index, column.help)
    for number, row in enumerate(rows, 1):
        for index, column in enumerate(columns):
            text = row.cells[column.key]
            if text and column.is_date:
                sheet.write_datetime(number, index, date.fromisoformat(text), day)
            elif text:
                sheet.write_string(number, index, text)
