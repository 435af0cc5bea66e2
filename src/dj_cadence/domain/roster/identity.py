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


def identity_changes(
    people: Sequence[RosterPerson], stored: Sequence[StoredPerson]
) -> Iterator[Problem]:
    """Each person of the file who takes over something of a known one that they are not."""
    owners: dict[tuple[str, str], list[StoredPerson]] = {}
    namesakes: dict[tuple[str, str], list[StoredPerson]] = {}
    for before in stored:
        for pair in before.addresses:
            owners.setdefault(pair, []).append(before)
        for org in before.orgs:
            namesakes.setdefault((org, name_key(before.name)), []).append(before)
    now = {person.stored.id: person for person in people if person.stored}
    for person in people:
        own = person.stored.addresses if person.stored else frozenset()
        others: dict[int, Problem] = {}
        for row in person.rows:
            for pair in row.addresses.items():
                for other in () if pair in own else owners.get(pair, ()):
                    others.setdefault(other.id, _of_address(person, row, pair, other, now))
            for other in namesakes.get((row.org, name_key(person.name)), ()):
                if other is not person.stored:
                    others.setdefault(other.id, _of_name(person, row, other, now))
        yield from others.values()


def _of_address(
    person: RosterPerson,
    row: RosterAppointment,
    pair: tuple[str, str],
    other: StoredPerson,
    now: Mapping[int, RosterPerson],
) -> Problem:
    channel, value = pair
    what = f"{_WORDS.get(channel, channel)}“{value}”由{other.name}"
    if name_key(other.name) == name_key(person.name):
        return _of_name(person, row, other, now)
    if other.id in now and pair in now[other.id].addresses():
        text = f"{what}和{person.name}共用：以后按两个人分别提醒，请核对。"
    else:
        text = f"{what}转给了{person.name}：以后的提醒发给{person.name}，请核对。"
    return row.row.warning(address_column(channel), text)


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
    return row.row.warning("name", text)
