"""Organizations for which a duty comes out the same, so that it is planned once for all."""

from dataclasses import dataclass, replace
from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY, add_months, add_years
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.rules.duty import Duty, Every, Term, TermNotice, Vacation
from dj_cadence.domain.rules.override import Override

ALWAYS_READ = frozenset({"kind", "starts_on", "known_on", "founded", "dissolved"})
"""The names of the facts that can change the slots of any duty."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """What the slots of a duty depend on besides the rules and the calendar."""

    duty: str
    facts: Facts
    """Only those the duty reads; for a term notice, those of the organization it is about."""
    start_event: date | None = None
    """The election a term runs from, or the day a case began."""
    case: int = 0
    """The number of the case; 0 for everything else."""
    overrides: tuple[Override, ...] = ()
    """What superiors have laid over the rule."""


def cohort_of(duty: Duty, facts: Facts, site_start: date) -> Cohort | None:
    """The cohort for a duty owed per period; None where the duty is not owed at all."""
    versions = [facts, *(facts.at(change.since - DAY) for change in facts.changes)]
    if not any(duty.owed_by.admits(version) for version in versions):
        return None
    return Cohort(duty.key, _existing(facts.only(facts_read(duty)), site_start))


def term_cohort(duty: Duty, facts: Facts, start_event: date, site_start: date) -> Cohort | None:
    """The cohort for a term that runs from `anchor`.

    A term belongs to what was elected: an organization that became another kind since goes
    on under the old term until it is elected anew.
    """
    then = facts.at(start_event)
    if not duty.owed_by.admits(then):
        return None
    return Cohort(duty.key, _existing(then.only(facts_read(duty)), site_start), start_event)


def notice_cohort(
    duty: Duty,
    superior: Facts,
    term: Duty,
    about: Facts,
    start_event: date,
    known_on: date,
    site_start: date,
) -> Cohort | None:
    """The cohort for a superior's notice that the term of `about` ends.

    `known_on` is when its election was entered: nobody could give notice before, nor before
    both organizations were known. It counts only where the notice's day had passed by then,
    so that cohorts stay few.
    """
    own = term_cohort(term, about, start_event, site_start)
    if own is None or not duty.owed_by.admits(superior):
        return None
    assert isinstance(duty.recurrence, TermNotice)
    assert isinstance(term.recurrence, Term)
    expiry = add_years(start_event, term.recurrence.years_of(about.at(start_event)))
    begins = max(known_on, asked_from(own.facts), asked_from(_existing(superior, site_start)))
    facts = own.facts
    if add_months(expiry, -duty.recurrence.months_before) < begins:
        facts = replace(facts, starts_on=begins, known_on=None)
    return replace(own, duty=duty.key, facts=facts)


def case_cohort(
    duty: Duty, facts: Facts, opened: date, case: int, site_start: date
) -> Cohort | None:
    """The cohort of one case: its clock belongs to nobody else."""
    own = term_cohort(duty, facts, opened, site_start)
    return own and replace(own, case=case)


def facts_read(duty: Duty) -> frozenset[str]:
    """The names of the facts that can change the duty's slots."""
    tested = {
        "top_of_school": duty.owed_by.top_of_school,
        "has_committee": duty.owed_by.has_committee,
        "groups": duty.owed_by.has_groups,
        "branches_below": duty.owed_by.branches_below,
        "stage": duty.owed_by.stages,
        "ownership": duty.owed_by.ownership,
        "boarding": duty.owed_by.boarding,
    }
    names = {name for name, wanted in tested.items() if wanted is not None}
    match duty.recurrence:
        case Every() as every:
            names |= {name for name in (every.own_day, every.times) if isinstance(name, str)}
            if every.unit is Unit.SEMESTER or every.vacation is not Vacation.KEEP:
                names |= {"city", "stage"}
        case Term() | TermNotice():
            names.add("term_years")
    return frozenset(names - {""}) | ALWAYS_READ


def asked_from(facts: Facts) -> date:
    """The first day on which an organization could be asked for anything."""
    return max(facts.known_on or FIRST_DAY, facts.starts_on or FIRST_DAY)


def _existing(facts: Facts, site_start: date) -> Facts:
    """Existence cut down to what can still matter, so that cohorts stay few."""
    starts_on = max(facts.starts_on or site_start, site_start)
    known_on = facts.known_on if facts.known_on and facts.known_on > starts_on else None
    founded = facts.founded if facts.founded and facts.founded.year >= starts_on.year - 1 else None
    return replace(facts, starts_on=starts_on, known_on=known_on, founded=founded)
