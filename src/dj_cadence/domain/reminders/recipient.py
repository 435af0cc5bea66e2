"""Who hears of something an office must do."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from dj_cadence.domain.organizations.offices import CLERK, DEPUTY, SECRETARY

_STAND_INS = (SECRETARY, DEPUTY, CLERK)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an office."""

    person_id: int
    name: str
    acting: bool


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is written to. `relay` names the one it is meant for, where that is another."""

    person_id: int
    name: str
    relay: str = ""


def addressee(
    office: str,
    holders: Mapping[str, Holder],
    reachable: AbstractSet[int],
    fallback: str = SECRETARY,
) -> Addressee | None:
    """Who is written to about something `office` must do; None where nobody can be.

    An office that nobody holds falls to the `fallback`, then to the 书记, the 副书记 and
    the 党务工作者. Someone without an address is not a vacancy: whoever is written to is
    asked to pass it on.
    """
    meant = ""
    for name in dict.fromkeys((office, fallback, *_STAND_INS)):
        holder = holders.get(name)
        if holder and holder.person_id in reachable:
            return Addressee(holder.person_id, holder.name, meant)
        if holder and not meant:
            meant = f"{name}{holder.name}"
    return None


def digest_reader(holders: Mapping[str, Holder], reachable: AbstractSet[int]) -> Addressee | None:
    """Who reads a superior's digest: its clerk, else its 书记."""
    for office in (CLERK, SECRETARY):
        holder = holders.get(office)
        if holder and holder.person_id in reachable:
            return Addressee(holder.person_id, holder.name)
    return None
