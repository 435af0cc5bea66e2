"""Rows of the sheet 任职 as appointments."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.organizations.office_text import NamedOffice, is_in_charge, named_offices
from dj_cadence.domain.organizations.offices import CHIEF_OF, nearest_office
from dj_cadence.domain.roster.cells import APPOINTMENT_HEADERS, Cells, Codes
from dj_cadence.domain.roster.contact_text import (
    CHANNEL_NAME,
    email_address,
    email_fault,
    phone_fault,
    phone_number,
)
from dj_cadence.domain.roster.org_rows import RosterOrg
from dj_cadence.domain.roster.rows import TableRow
from dj_cadence.normal_form import compatible, is_placeholder, person_name, visible
from dj_cadence.problems import Problem

_SEPARATORS = re.compile(r"[;；\n]")
_AROUND_A_VALUE = " 。；;，,、"
_NATURES = {
    **dict.fromkeys(("主持工作", "代理", "acting"), True),
    **dict.fromkeys(("正式", "专职", "兼任", "兼职", "兼", "挂职", ""), False),
}
EMAIL, PHONE = "email", "phone"
_ORGANIZATION = re.compile(r"党委|工委|总支|(?<![团总])支部")
_ITS_WORD = {
    OrgKind.PARTY_COMMITTEE: "党委",
    OrgKind.GENERAL_BRANCH: "总支",
    OrgKind.BRANCH: "支部",
    OrgKind.JOINT_BRANCH: "支部",
}
"""What stands before an office of the organization's own."""


@dataclass(frozen=True, slots=True)
class RosterAppointment:
    """One office of one person; a row with two offices gives two."""

    row: TableRow
    org: str
    office: str
    acting: bool
    person: str
    """The 人员编号, may be empty."""
    name: str
    addresses: Mapping[str, str]
    """By channel; `email` and `phone` are channels too."""
    since: date
    until: date


def address_column(channel: str) -> str:
    """The column in which a channel's address is written."""
    return channel if channel in (EMAIL, PHONE) else "addresses"


def nature_of(office: str) -> str:
    """What is written beside an office that is done for somebody who is missing.

    A deputy who 主持工作 is the chief's stand-in, so of a deputy's own stand-in it is not said.
    """
    return "代理" if office in CHIEF_OF else "主持工作"


def read_appointments(
    rows: Iterable[TableRow], orgs: Mapping[str, RosterOrg], written: Iterable[str]
) -> tuple[list[RosterAppointment], list[Problem]]:
    """The appointments of `rows`, and every fault of a single row.

    `orgs` is the whole tree, `written` are codes that stand in the file in a faulty row.
    """
    codes = Codes({*orgs, *written})
    appointments: list[RosterAppointment] = []
    problems: list[Problem] = []
    for row in rows:
        cells = Cells(row, APPOINTMENT_HEADERS)
        appointments += _read_row(cells, codes)
        problems += cells.problems
    return appointments, problems


def _read_row(cells: Cells, codes: Codes) -> list[RosterAppointment]:
    org = cells.required("org") and cells.row.text("org")
    name = person_name(cells.required("name"))
    if is_placeholder(name):
        cells.fault("name", f"姓名写的是“{name}”：职务空缺的，不要写这一行。")
    in_charge = is_in_charge(cells.text("nature"))
    offices = _offices(cells, in_charge=in_charge)
    if text := codes.unknown(org):
        cells.fault("org", text)
    since, until = cells.day("since") or FIRST_DAY, cells.day("until") or LAST_DAY
    if until < since:
        cells.fault("until", "离任日期早于任职日期，请改正。")
    acting = not in_charge and cells.one_of("nature", _NATURES, "可填“主持工作”，正式任职留空")
    addresses = _addresses(cells)
    return [
        RosterAppointment(
            row=cells.row,
            org=org,
            office=named.office,
            acting=named.acting or bool(acting),
            person=cells.code("person"),
            name=name,
            addresses=addresses,
            since=since,
            until=until,
        )
        for named in offices
    ]


def _offices(cells: Cells, *, in_charge: bool) -> tuple[NamedOffice, ...]:
    """The offices named in one cell, each once."""
    named = named_offices(cells.required("office"), in_charge=in_charge)
    for written in named.unknown:
        hint = nearest_office(written) or "，请从职务清单中选一个。"
        cells.fault("office", f"不认识的职务“{written}”{hint}")
    return named.offices


def _addresses(cells: Cells) -> dict[str, str]:
    addresses = _others(cells)
    for channel, fault_of, normal in (
        (EMAIL, email_fault, email_address),
        (PHONE, phone_fault, phone_number),
    ):
        if (written := cells.text(channel)) and not cells.says_nothing(channel):
            if text := fault_of(written):
                cells.fault(channel, text)
            addresses[channel] = normal(written)
    return addresses


def _others(cells: Cells) -> dict[str, str]:
    addresses: dict[str, str] = {}
    if cells.says_nothing("addresses"):
        return addresses
    written = cells.row.cells.get("addresses", "")
    for part in filter(None, map(compatible, _SEPARATORS.split(written))):
        channel, equals, value = (text.strip(_AROUND_A_VALUE) for text in part.partition("="))
        if not equals or not value or not CHANNEL_NAME.fullmatch(channel):
            cells.fault("addresses", f"其他渠道“{part}”写法不对，应如 wecom=zhangsan。")
        elif channel in (EMAIL, PHONE):
            cells.fault("addresses", f"“{part}”请写在邮箱或手机一栏。")
        else:
            addresses[channel] = value
    return addresses


def office_warnings(
    appointments: Iterable[RosterAppointment], orgs: Mapping[str, RosterOrg]
) -> list[Problem]:
    """Appointments from before the founding, and those that name another kind of organization."""
    warnings = [
        a.row.warning("since", f"{a.name}的任职日期早于{orgs[a.org].name}的成立日期，请核对。")
        for a in appointments
        if a.org in orgs and FIRST_DAY < a.since < (orgs[a.org].founded or FIRST_DAY)
    ]
    rows = {id(a.row): a for a in appointments if a.org in orgs}
    return [*warnings, *(problem for a in rows.values() for problem in _of_another(a, orgs[a.org]))]


def _of_another(appointment: RosterAppointment, org: RosterOrg) -> Iterable[Problem]:
    """总支委员、第一党支部书记 at a 党总支: the second is an office of another organization."""
    written = visible(appointment.row.cells.get("office", ""))
    its_word = _ITS_WORD.get(org.kind)
    words = [word for word in _ORGANIZATION.findall(written) if word != its_word]
    if its_word and words:
        text = (
            f"职务“{written}”里有{words[0]}的职务，{org.name}是{org.kind.label}：都按{org.name}的导入；"
            "是别的组织的，请在那个组织名下另写一行。"
        )
        yield appointment.row.warning("office", text)
