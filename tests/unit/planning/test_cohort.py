"""Organizations for which a duty comes out the same."""

from datetime import date
from typing import Any

import pytest

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import Change, Facts, OrgKind
from dj_cadence.domain.planning.cohort import (
    Cohort,
    cohort_of,
    facts_read,
    notice_cohort,
    term_cohort,
)
from dj_cadence.domain.rules.duty import Duty, Every, OwedBy, Recurrence, Term, TermNotice, Tier

START = date(2026, 1, 1)
TERM = Term({OrgKind.BRANCH: 3})
KNOWN = date(2024, 5, 1)


def duty(recurrence: Recurrence, kind: OrgKind = OrgKind.BRANCH, **conditions: Any) -> Duty:
    owed_by = OwedBy(frozenset({kind}), **conditions)
    return Duty("x", "某事", Tier.A, (), owed_by, recurrence, "书记", "plan", ())


def branch(**values: Any) -> Facts:
    return Facts(OrgKind.BRANCH, **values)


def test_organizations_that_differ_in_what_the_duty_does_not_read_are_one_cohort() -> None:
    plain = duty(Every(Unit.MONTH))

    one = cohort_of(plain, branch(theme_day="5日", groups=3, stage="小学"), START)

    assert one == cohort_of(plain, branch(has_committee=True, city="济南"), START)
    assert one == Cohort("x", branch(starts_on=START))


@pytest.mark.parametrize(
    ("recurrence", "conditions", "read"),
    [
        (Every(Unit.MONTH, own_day="theme_day"), {}, {"theme_day"}),
        (Every(Unit.MONTH, times="groups"), {"has_groups": True}, {"groups"}),
        (Every(Unit.MONTH), {"has_committee": True}, {"has_committee"}),
        (Every(Unit.SEMESTER), {"top_of_school": True}, {"top_of_school", "city", "stage"}),
        (TERM, {}, {"term_years"}),
        (TermNotice("term"), {}, {"term_years"}),
    ],
)
def test_what_a_duty_reads(
    recurrence: Recurrence, conditions: dict[str, Any], read: set[str]
) -> None:
    always = {"kind", "starts_on", "known_on", "founded", "dissolved"}

    assert facts_read(duty(recurrence, **conditions)) == read | always


def test_a_duty_that_was_owed_before_a_change_still_has_its_cohort() -> None:
    meeting = duty(Every(Unit.MONTH), has_committee=True)
    changed = (Change("has_committee", True, date(2026, 3, 10)),)

    assert cohort_of(meeting, branch(), START) is None
    assert cohort_of(meeting, branch(changes=changed), START) == Cohort(
        "x", branch(starts_on=START, changes=changed)
    )


def test_the_start_is_the_later_of_site_and_organization() -> None:
    plain = duty(Every(Unit.MONTH))

    for starts_on, later in ((date(2025, 9, 1), START), (date(2026, 9, 1), date(2026, 9, 1))):
        found = cohort_of(plain, branch(starts_on=starts_on), START)
        assert found
        assert found.facts.starts_on == later


def test_a_founding_long_past_makes_no_cohort_of_its_own() -> None:
    plain = duty(Every(Unit.MONTH))

    assert cohort_of(plain, branch(founded=date(2012, 9, 1)), START) == cohort_of(
        plain, branch(), START
    )
    assert cohort_of(plain, branch(founded=date(2026, 2, 1)), START) != cohort_of(
        plain, branch(), START
    )


def test_terms_differ_by_their_election() -> None:
    term = duty(TERM)

    assert term_cohort(term, branch(groups=2), date(2024, 5, 1), START) == Cohort(
        "x", branch(starts_on=START), date(2024, 5, 1)
    )
    assert term_cohort(term, Facts(OrgKind.UNION), date(2024, 5, 1), START) is None


def test_a_notice_depends_on_the_organization_it_is_about() -> None:
    notice = duty(TermNotice("x"), OrgKind.SUPERVISOR)
    above, about = Facts(OrgKind.SUPERVISOR, city="济南"), branch(term_years=2)

    assert notice_cohort(notice, above, duty(TERM), about, KNOWN, KNOWN, START) == Cohort(
        "x", branch(starts_on=START, term_years=2), KNOWN
    )
    assert notice_cohort(notice, about, duty(TERM), about, KNOWN, KNOWN, START) is None
