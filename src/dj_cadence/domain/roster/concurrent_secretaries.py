"""Two people who are 书记 of one organization at a time: who is written to, and a word about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

_LOOKED_AT = 50
"""So many of one organization are enough to say so; each is held against each."""


@dataclass(frozen=True, slots=True)
class SecretaryTerm:
    """Somebody's time as 书记."""

    org: str
    """The code of the organization."""
    person: object
    """What tells people apart."""
    name: str
    since: date
    until: date
    acting: bool
    place: str = ""
    """Where it is written; empty where it is stored only."""

    def meets(self, other: "SecretaryTerm") -> bool:
        overlap = self.since <= other.until and other.since <= self.until
        return overlap and self.person != other.person


@dataclass(frozen=True, slots=True)
class ConcurrentSecretaries:
    """Those who are 书记 of one organization at a time."""

    terms: tuple[SecretaryTerm, ...]
    written_to: SecretaryTerm

    @property
    def org(self) -> str:
        return self.written_to.org

    @property
    def place(self) -> str:
        """Where the last of them is written; empty where none is."""
        return next((term.place for term in reversed(self.terms) if term.place), "")

    def __str__(self) -> str:
        names = "、".join(dict.fromkeys(term.name for term in self.terms))
        return (
            f"{names}同时是书记，提醒只发给{self.written_to.name}"
            "（主持工作的优先，其余以任职日期最近的为准）；已经离任的，请填离任日期。"
        )


def concurrent_secretaries(
    terms: Iterable[SecretaryTerm], today: date
) -> Iterator[ConcurrentSecretaries]:
    """For each organization those who are 书记 together on some day from today on.

    `terms` stand in the order in which they were stored.
    """
    by_org: dict[str, list[SecretaryTerm]] = {}
    for term in terms:
        if term.until >= today:
            by_org.setdefault(term.org, []).append(term)
    for held in by_org.values():
        first = held[:_LOOKED_AT]
        together = tuple(term for term in first if any(map(term.meets, first)))
        if together:
            yield ConcurrentSecretaries(together, _written_to(together, today))


def _written_to(together: tuple[SecretaryTerm, ...], today: date) -> SecretaryTerm:
    """As messages choose on the first day on which two are there."""
    day = min(
        max(today, one.since, other.since)
        for one in together
        for other in together
        if one.meets(other)
    )
    there = [term for term in together if term.since <= day <= term.until]
    _, last = max(enumerate(there), key=lambda one: (one[1].acting, one[1].since, one[0]))
    return last
