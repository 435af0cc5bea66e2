"""Which rows of the sheet 任职 speak of the same person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dj_cadence.domain.problem import Problem
from dj_cadence.domain.roster_office import EMAIL, PHONE, RosterAppointment, address_column

_EMAIL_KEY, _PHONE_KEY, _NAME_KEY = "email:", "phone:", "name:"
_MADE_UP = (_EMAIL_KEY, _PHONE_KEY, _NAME_KEY)
_WEAK = (_PHONE_KEY, _NAME_KEY)


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


@dataclass(slots=True, eq=False)
class RosterPerson:
    """A person as the rows speak of them. Grows while rows are read."""

    stored: StoredPerson | None
    key: str
    name: str
    rows: list[RosterAppointment] = field(default_factory=list)

    def addresses(self) -> frozenset[tuple[str, str]]:
        """(channel, address) of all rows, and what is known where their sheets have no column."""
        written = {pair for row in self.rows for pair in row.addresses.items()}
        known = self.stored.addresses if self.stored else frozenset()
        return frozenset(written | {pair for pair in known if not self._has_column(pair[0])})

    def _has_column(self, channel: str) -> bool:
        column = address_column(channel)
        return any(row.row.has_column(column) for row in self.rows)

    def emails(self) -> set[str]:
        """Those known so far and those written."""
        written = {row.addresses[EMAIL] for row in self.rows if EMAIL in row.addresses}
        known = self.stored.addresses if self.stored else frozenset()
        return written | {value for channel, value in known if channel == EMAIL}


class People:
    """Finds the person of a row: by number, else e-mail, else phone, else name within one org.

    A number or an e-mail that says otherwise is never overruled by a weaker sign.
    """

    def __init__(
        self, appointments: Sequence[RosterAppointment], stored: Iterable[StoredPerson]
    ) -> None:
        self._emails = {a.addresses[EMAIL] for a in appointments if EMAIL in a.addresses}
        self._by_sign: dict[str, RosterPerson] = {}
        self.found: list[RosterPerson] = []
        self.problems: list[Problem] = []
        self._keys: set[str] = set()
        for known in stored:
            self._keys.add(known.key)
            self._index(RosterPerson(known, known.key, known.name), _signs_of_stored(known))
        for appointment in appointments:
            self._add(appointment)

    def _index(self, person: RosterPerson, signs: Iterable[str]) -> None:
        for sign in signs:
            self._by_sign.setdefault(sign, person)

    def _add(self, row: RosterAppointment) -> None:
        signs = _signs(row)
        person = self._find(row, signs) or self._new(row, signs[0])
        if not person.rows:
            self.found.append(person)
        self._check_twice(person, row)
        self._check_addresses(person, row)
        self._rename(person, row)
        if row.person:
            person.key = row.person
        person.rows.append(row)
        self._index(person, signs)

    def _new(self, row: RosterAppointment, key: str) -> RosterPerson:
        """A made-up key may be taken by somebody who had the address before."""
        while key in self._keys:
            key += "'"
        self._keys.add(key)
        return RosterPerson(None, key, row.name)

    def _find(self, row: RosterAppointment, signs: Sequence[str]) -> RosterPerson | None:
        for sign in signs:
            person = self._by_sign.get(sign)
            if person is None or (row.person and number_of(person.key) not in ("", row.person)):
                continue
            if not sign.startswith(_WEAK) or self._may_be(person, row):
                return person
        return None

    def _may_be(self, person: RosterPerson, row: RosterAppointment) -> bool:
        """Whether a weak sign counts: the e-mail agrees, or the same name has a new one."""
        email = row.addresses.get(EMAIL)
        known = person.emails()
        if not email or not known or email in known:
            return True
        return person.name == row.name and not known & self._emails

    def _check_twice(self, person: RosterPerson, row: RosterAppointment) -> None:
        said = (row.org, row.office, row.since)
        for other in person.rows:
            if (other.org, other.office, other.since) == said:
                text = f"与 {other.row.place('office')} 重复，请删去一行。"
                self.problems.append(Problem(row.row.place("office"), text))

    def _check_addresses(self, person: RosterPerson, row: RosterAppointment) -> None:
        for channel, value in row.addresses.items():
            column = address_column(channel)
            other = next((o for o in person.rows if o.addresses.get(channel, value) != value), None)
            if other:
                text = (
                    f"按编号、邮箱、手机或姓名与 {other.row.place(column)} 是同一人，这一栏却不同："
                    "同一人请统一，两个人请各写人员编号。"
                )
                self.problems.append(Problem(row.row.place(column), text))

    def _rename(self, person: RosterPerson, row: RosterAppointment) -> None:
        if person.name == row.name:
            return
        if person.rows:
            first = person.rows[0].row.place("name")
            text = (
                f"“{row.name}”与 {first} 的“{person.name}”编号、邮箱或手机相同："
                "同一人请统一姓名，两个人请各写人员编号。"
            )
            self.problems.append(Problem(row.row.place("name"), text))
            return
        text = f"按编号、邮箱或手机认定为原来的“{person.name}”，改名为“{row.name}”，请核对。"
        self.problems.append(Problem(row.row.place("name"), text, warning=True))
        person.name = row.name


def _signs(row: RosterAppointment) -> list[str]:
    """What may tell the person of a row, the strongest first; the first is a new one's key."""
    signs = [row.person] if row.person else []
    if EMAIL in row.addresses:
        signs.append(_EMAIL_KEY + row.addresses[EMAIL])
    if PHONE in row.addresses:
        signs.append(_PHONE_KEY + row.addresses[PHONE])
    return [*signs, f"{_NAME_KEY}{row.org}/{row.name}"]


def _signs_of_stored(person: StoredPerson) -> list[str]:
    prefixes = {EMAIL: _EMAIL_KEY, PHONE: _PHONE_KEY}
    signs = [number_of(person.key)] if number_of(person.key) else []
    signs += [prefixes[channel] + v for channel, v in person.addresses if channel in prefixes]
    return signs + [f"{_NAME_KEY}{org}/{person.name}" for org in person.orgs]
