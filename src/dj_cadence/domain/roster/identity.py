"""What an import changes about who is who: people made one or two, addresses that move."""

from collections.abc import Iterator, Mapping, Sequence

from dj_cadence.domain.roster.appointment_rows import (
    EMAIL,
    PHONE,
    RosterAppointment,
    address_column,
)
from dj_cadence.domain.roster.people import RosterPerson, StoredPerson
from dj_cadence.normal_form import name_key
from dj_cadence.problems import Problem

_WORDS = {EMAIL: "邮箱", PHONE: "手机"}
_Address = tuple[str, str]


def identity_changes(
    people: Sequence[RosterPerson], stored: Sequence[StoredPerson]
) -> Iterator[Problem]:
    """Each person of the file who takes over something of a known one that they are not."""
    signs = _Signs(stored)
    now = {person.stored.id: person for person in people if person.stored}
    for person in people:
        others: dict[int, Problem] = {}
        for row in person.rows:
            for pair in row.addresses.items():
                for other in signs.others_with(pair, person):
                    others.setdefault(other.id, _of_address(person, row, pair, other, now))
            for other in signs.namesakes(row.org, person):
                others.setdefault(other.id, _of_name(person, row, other, now))
        yield from others.values()


class _Signs:
    """Who is known by an address, and by name at an organization."""

    def __init__(self, stored: Sequence[StoredPerson]) -> None:
        self._owners: dict[_Address, list[StoredPerson]] = {}
        self._named: dict[tuple[str, str], list[StoredPerson]] = {}
        for person in stored:
            for pair in person.addresses:
                self._owners.setdefault(pair, []).append(person)
            for org in person.orgs:
                self._named.setdefault((org, name_key(person.name)), []).append(person)

    def others_with(self, pair: _Address, person: RosterPerson) -> Iterator[StoredPerson]:
        """Those who had an address that this person had not."""
        if person.stored is None or pair not in person.stored.addresses:
            yield from self._owners.get(pair, ())

    def namesakes(self, org: str, person: RosterPerson) -> Iterator[StoredPerson]:
        """Others of the same name at an organization."""
        for namesake in self._named.get((org, name_key(person.name)), ()):
            if namesake is not person.stored:
                yield namesake


def _of_address(
    person: RosterPerson,
    row: RosterAppointment,
    pair: _Address,
    known: StoredPerson,
    now: Mapping[int, RosterPerson],
) -> Problem:
    channel, value = pair
    what = f"{_WORDS.get(channel, channel)}“{value}”"
    if name_key(known.name) == name_key(person.name):
        return _of_name(person, row, known, now)
    holder = now.get(known.id)
    if holder and pair in holder.addresses():
        text = f"{what}由{known.name}和{person.name}共用：以后按两个人分别提醒，请核对。"
    else:
        text = f"{what}由{known.name}转给了{person.name}：以后的提醒发给{person.name}，请核对。"
    return Problem(row.row.place(address_column(channel)), text, warning=True)


def _of_name(
    person: RosterPerson,
    row: RosterAppointment,
    namesake: StoredPerson,
    now: Mapping[int, RosterPerson],
) -> Problem:
    if person.stored:
        text = (
            f"原来有两个{namesake.name}，现在按编号、邮箱或手机认作一个人；"
            "另一个的任职仍然保留，不要了的请填离任日期。"
        )
    elif namesake.id in now:
        text = f"原来的{namesake.name}分成了两个人；其实是一个人的，请统一编号、邮箱和手机。"
    else:
        text = f"和原来的{namesake.name}认作两个人；其实是同一个人的，请写同一个编号。"
    return Problem(row.row.place("name"), text, warning=True)
