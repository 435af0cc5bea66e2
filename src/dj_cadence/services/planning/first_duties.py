"""What organizations that an import brings will owe, and what of it they are asked about first."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import add_years
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.planning.cohort import Cohort, cohort_of, term_cohort
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Every, Term
from dj_cadence.domain.tasks.task import last_answer_day

_NAMED = 8
"""So many classes of what is asked about are named; of more it is said how many there are."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An organization that owes something from another day on than before."""

    facts: Facts
    elected_on: date | None


@dataclass
class FirstDuties:
    """Counted over organizations; without steps of workflows and what is owed about others."""

    organizations: Counter[date] = field(default_factory=Counter)
    """How many begin on which day."""
    tasks: int = 0
    """Due within a year from the import."""
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many were under way, by title and period."""
    asked_on: set[date] = field(default_factory=set)

    def sentences(self, catalogue: Catalogue) -> list[str]:
        """For the person who imports; empty where nobody is new."""
        if not self.organizations:
            return []
        begin = "，".join(
            f"{n}个组织自{day_text(day)}起用" for day, n in sorted(self.organizations.items())
        )
        told = [f"{begin}：今后一年共{self.tasks}项任务（不含流程环节）。"]
        if not self.asked:
            return told
        named = "、".join(
            f"{title}（{chinese_label(label)}）{n}项"
            for (title, label), n in self.asked.most_common(_NAMED)
        )
        more = f"等{len(self.asked)}种" if len(self.asked) > _NAMED else ""
        last = max(last_answer_day(day, catalogue.calendar) for day in self.asked_on)
        return [
            *told,
            f"其中{self.asked.total()}项在起用或录入时已经开始，会先问是否已经办过：{named}{more}。",
            f"办过的按当时的日期登记，到{day_text(last)}为止不算逾期。",
        ]


def first_duties(
    catalogue: Catalogue, newcomers: Iterable[Newcomer], site_start: date, today: date
) -> FirstDuties:
    """What they will owe by the rules of `catalogue`; worked out once for those that are alike."""
    duties, until = FirstDuties(), add_years(today, 1)
    slots_by_cohort: dict[Cohort, list[Slot]] = {}
    for newcomer, number in Counter(newcomers).items():
        duties.organizations[max(newcomer.facts.starts_on or site_start, site_start)] += number
        for duty in catalogue.enabled():
            match duty.recurrence:
                case Every():
                    cohort = cohort_of(duty, newcomer.facts, site_start)
                case Term() if newcomer.elected_on:
                    cohort = term_cohort(duty, newcomer.facts, newcomer.elected_on, site_start)
                case _:
                    continue
            if cohort is None:
                continue
            if cohort not in slots_by_cohort:
                slots_by_cohort[cohort] = slots_of(duty, cohort, catalogue, site_start, until)
            for slot in slots_by_cohort[cohort]:
                if slot.due < until:
                    duties.tasks += number
                    if slot.asked_on:
                        duties.asked[duty.title, slot.label] += number
                        duties.asked_on.add(slot.asked_on)
    return duties
