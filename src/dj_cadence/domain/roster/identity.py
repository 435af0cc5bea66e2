"""What an import changes about who is who: people made one or two, addresses that move."""

from collections.abc import Iterator, Sequence

from dj_cadence.domain.roster.appointment_rows import EMAIL, PHONE, address_column
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
                    column, text = _of_address(person, pair, other, now.get(other.id))
                    others.setdefault(other.id, row.row.warning(column, text))
            for other in namesakes.get((row.org, name_key(person.name)), ()):
                if other is not person.stored:
                    text = _of_name(person, other, is_there=other.id in now)
                    others.setdefault(other.id, row.row.warning("name", text))
        yield from others.values()


def _of_address(
    person: RosterPerson, pair: tuple[str, str], other: StoredPerson, holder: RosterPerson | None
) -> tuple[str, str]:
    """The column, and what to say there."""
    channel, value = pair
    what = f"{_WORDS.get(channel, channel)}“{value}”由{other.name}"
    if name_key(other.name) == name_key(person.name):
        return "name", _of_name(person, other, is_there=holder is not None)
    if holder and pair in holder.addresses():
        text = f"{what}和{person.name}共用：以后按两个人分别提醒，请核对。"
    else:
        text = f"{what}转给了{person.name}：以后的提醒发给{person.name}，请核对。"
    return address_column(channel), text


def _of_name(person: RosterPerson, namesake: StoredPerson, *, is_there: bool) -> str:
    if person.stored:
        return (
            f"原来有两个{namesake.name}，现在按编号、邮箱或手机认作一个人；"
            "另一个的任职仍然保留，不要了的请填离任日期。"
        )
    if is_there:
        return f"原来的{namesake.name}分成了两个人；其实是一个人的，请统一编号、邮箱和手机。"
    return f"和原来的{namesake.name}认作两个人；其实是同一个人的，请写同一个编号。"
