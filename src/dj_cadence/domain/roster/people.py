"""Which rows of the sheet 任职 speak of the same person, and which of them are known.

Both are settled from the strongest sign to the weakest, so that neither the order of the rows
nor an earlier import of the same file makes a difference.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.roster.appointment_rows import (
    EMAIL,
    PHONE,
    RosterAppointment,
    address_column,
)
from dj_cadence.domain.roster.contact_text import is_own_phone
from dj_cadence.normal_form import code_key, name_key
from dj_cadence.problems import Problem

_NUMBER, _EMAIL, _PHONE, _NAME = _SIGNS = ("number:", "email:", "phone:", "name:")
_MADE_UP = (_EMAIL, _PHONE, _NAME)


def number_of(key: str) -> str:
    """The 人员编号 in a person's key; empty where the key was made up for want of one."""
    return "" if key.startswith(_MADE_UP) else key


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """A person already known; `orgs` are codes of organizations where they hold or held office."""

    id: int
    key: str
    name: str
    addresses: frozenset[tuple[str, str]]
    """(channel, address)."""
    orgs: frozenset[str]

    @property
    def emails(self) -> set[str]:
        return {value for channel, value in self.addresses if channel == EMAIL}

    def signs(self) -> list[str]:
        return _signs(number_of(self.key), self.addresses, self.orgs, self.name)


class StoredAppointment(NamedTuple):
    """Who holds or held which office."""

    id: int
    org: str
    """Its code."""
    office: str
    person_id: int
    name: str
    """The person's."""
    since: date
    until: date
    acting: bool


def _signs(
    number: str, addresses: Collection[tuple[str, str]], orgs: Iterable[str], name: str
) -> list[str]:
    """What may tell a person, the strongest first; a landline is shared by an office."""
    return [
        *([_NUMBER + code_key(number)] if number else ()),
        *(_EMAIL + value for way, value in addresses if way == EMAIL and value),
        *(_PHONE + value for way, value in addresses if way == PHONE and is_own_phone(value)),
        *(_name_sign(org, name) for org in orgs),
    ]


def _name_sign(org: str, name: str) -> str:
    return f"{_NAME}{org}/{name_key(name)}"


def _row_signs(row: RosterAppointment) -> list[str]:
    return _signs(row.person, row.addresses.items(), (row.org,), row.name)


@dataclass(slots=True, eq=False)
class RosterPerson:
    """A person as the rows speak of them."""

    rows: list[RosterAppointment] = field(default_factory=list)
    stored: StoredPerson | None = None
    key: str = ""

    @property
    def name(self) -> str:
        return self.rows[0].name

    @property
    def number(self) -> str:
        return next((row.person for row in self.rows if row.person), "")

    @property
    def emails(self) -> set[str]:
        return {row.addresses[EMAIL] for row in self.rows if EMAIL in row.addresses}

    def addresses(self) -> frozenset[tuple[str, str]]:
        """(channel, address) of all rows, and what is known where their sheets have no column."""
        written = {pair for row in self.rows for pair in row.addresses.items()}
        stored = self.stored.addresses if self.stored else frozenset()
        columns = {key for row in self.rows for key in row.row.origin.columns}
        return frozenset(written | {p for p in stored if address_column(p[0]) not in columns})


def identify(
    appointments: Sequence[RosterAppointment], stored: Sequence[StoredPerson]
) -> tuple[list[RosterPerson], list[Problem]]:
    """The people of the rows, in the order of their first rows, and what contradicts itself.

    The same number is the same person, else the same e-mail, else the same phone, else the
    same name within one organization, as long as no stronger sign says otherwise.
    """
    people = _grouped(appointments)
    _recognize(people, stored)
    _give_keys(people, stored)
    return people, [problem for person in people for problem in _problems(person)]


def _strength(sign: str) -> int:
    return next(rank for rank, prefix in enumerate(_SIGNS) if sign.startswith(prefix))


def _grouped(appointments: Sequence[RosterAppointment]) -> list[RosterPerson]:
    by_sign: dict[str, RosterPerson] = {}
    people: dict[RosterPerson, None] = {}
    for row in sorted(appointments, key=lambda row: _strength(_row_signs(row)[0])):
        signs = _row_signs(row)
        fitting = (p for s in signs if (p := by_sign.get(s)) and _agrees(p, row, s))
        person = next(fitting, None) or RosterPerson()
        person.rows.append(row)
        people[person] = None
        for sign in signs:
            by_sign.setdefault(sign, person)
    order = {id(row): number for number, row in enumerate(appointments)}
    for person in people:
        person.rows.sort(key=lambda row: order[id(row)])
    return sorted(people, key=lambda person: order[id(person.rows[0])])


def _agrees(person: RosterPerson, row: RosterAppointment, sign: str) -> bool:
    """Whether a sign that a person shares with a row is not overruled by a stronger one."""
    if row.person and person.number and code_key(person.number) != code_key(row.person):
        return False
    email = row.addresses.get(EMAIL)
    if not email or sign.startswith((_NUMBER, _EMAIL)):
        return True
    return name_key(person.name) == name_key(row.name) and not person.emails - {email}


def _recognize(people: Sequence[RosterPerson], stored: Iterable[StoredPerson]) -> None:
    """Give each person the stored one that they are; nobody is two people."""
    by_sign: dict[str, list[StoredPerson]] = {}
    for candidate in stored:
        for sign in candidate.signs():
            by_sign.setdefault(sign, []).append(candidate)
    written = {sign: p for p in people for row in p.rows for sign in _row_signs(row)}
    taken: set[int] = set()
    for prefix in _SIGNS:
        for person in people:
            signs = {s for row in person.rows for s in _row_signs(row) if s.startswith(prefix)}
            fitting = [
                candidate
                for sign in sorted(signs)
                for candidate in by_sign.get(sign, ())
                if candidate.id not in taken
                and _may_be(person, candidate, prefix)
                and (prefix == _NUMBER or not _stands_apart(person, candidate, written))
            ]
            if person.stored is None and fitting:
                exact = (candidate for candidate in fitting if candidate.key == person.number)
                person.stored = same = next(exact, fitting[0])
                taken.add(same.id)


def _stands_apart(
    person: RosterPerson, candidate: StoredPerson, written: Mapping[str, RosterPerson]
) -> bool:
    """Whether the file has a known one under their own name, and this is somebody else's."""
    if name_key(person.name) == name_key(candidate.name):
        return False
    own_rows = (written.get(_name_sign(org, candidate.name), person) for org in candidate.orgs)
    return any(other is not person for other in own_rows)


def _may_be(person: RosterPerson, candidate: StoredPerson, prefix: str) -> bool:
    """The same name may have a new mailbox; another name with another mailbox is another one."""
    number = number_of(candidate.key)
    if number and person.number and code_key(number) != code_key(person.number):
        return False
    if prefix in (_NUMBER, _EMAIL) or not (person.emails and candidate.emails):
        return True
    return name_key(person.name) == name_key(candidate.name) or bool(
        person.emails & candidate.emails
    )


def _give_keys(people: Iterable[RosterPerson], stored: Iterable[StoredPerson]) -> None:
    """A number if there is one, else made up; it may be taken by a former owner of an address."""
    taken = {stored_person.key for stored_person in stored}
    for person in people:
        if person.stored:
            is_same = code_key(person.number) == code_key(number_of(person.stored.key))
            person.key = person.stored.key if is_same or not person.number else person.number
            continue
        person.key = person.number or min(
            (sign for row in person.rows for sign in _row_signs(row)), key=_strength
        )
        while person.key in taken:
            person.key += "'"
        taken.add(person.key)


def _problems(person: RosterPerson) -> Iterator[Problem]:
    yield from _contradictions(person.rows)
    if person.stored and name_key(person.stored.name) != name_key(person.name):
        text = (
            f"按编号、邮箱或手机认定为原来的“{person.stored.name}”，改名为“{person.name}”，请核对；"
            f"换了人的，请把{person.stored.name}也写上一行，填离任日期。"
        )
        yield person.rows[0].row.warning("name", text)


def _contradictions(rows: Sequence[RosterAppointment]) -> Iterator[Problem]:
    """What rows of one person say twice, or otherwise than the first of them that says it."""
    held: dict[tuple[str, str, date], RosterAppointment] = {}
    reached: dict[str, RosterAppointment] = {}
    for row in rows:
        twin = held.setdefault((row.org, row.office, row.since), row)
        if twin is not row:
            text = f"与 {twin.row.place('office')} 重复，请删去一行。"
            yield Problem(row.row.place("office"), text)
        others = {
            address_column(channel): other
            for channel, value in row.addresses.items()
            if (other := reached.setdefault(channel, row)).addresses[channel] != value
        }
        if name_key(row.name) != name_key(rows[0].name):
            others["name"] = rows[0]
        for column in sorted(others):
            place = others[column].row.place(column)
            text = (
                f"按编号、邮箱、手机或姓名与 {place} 是同一人，这一栏却不同："
                "同一人请统一，两个人请各写人员编号。"
            )
            yield Problem(row.row.place(column), text)
