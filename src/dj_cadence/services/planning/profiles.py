"""The facts of profiles as far as they are known, and which of them a duty reads alike."""

from collections.abc import Hashable
from dataclasses import dataclass, field, fields
from operator import attrgetter

from dj_cadence.domain.organizations.facts import Facts

_BITS = {one.name: 1 << n for n, one in enumerate(fields(Facts))}


class ProfileClasses:
    """Which profile stands for all in which certain facts are the same."""

    def __init__(self, names: frozenset[str], facts: dict[int, Facts]) -> None:
        self.key = sum(_BITS[name] for name in names)
        """A number for the names, the same for equal ones."""
        self._read = attrgetter(*sorted(names), "changes")
        self._facts = facts
        self._by_facts: dict[Hashable, int] = {}
        self._by_profile = {0: 0}

    def representative(self, profile_id: int) -> int:
        """A profile that is read like this one, whose facts are known; 0 for none."""
        if profile_id not in self._by_profile:
            read = self._read(self._facts[profile_id])
            self._by_profile[profile_id] = self._by_facts.setdefault(read, profile_id)
        return self._by_profile[profile_id]


@dataclass
class Profiles:
    """What one run knows of profiles; a profile never changes."""

    facts: dict[int, Facts] = field(default_factory=dict)
    _readings: dict[frozenset[str], ProfileClasses] = field(default_factory=dict)

    def reading(self, names: frozenset[str]) -> ProfileClasses:
        """The reading of these facts, one for all duties that read the same."""
        return self._readings.setdefault(names, ProfileClasses(names, self.facts))
