"""Which tasks one activity may settle together."""

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.duty import Duty, Every, OwedBy, Tier
from dj_cadence.domain.rules.joint_recording import Counted, may_count_together


def duty(key: str, *counts_for: str) -> Duty:
    return Duty(
        key=key,
        title=key,
        tier=Tier.B,
        rows=(),
        owed_by=OwedBy(frozenset({OrgKind.BRANCH})),
        recurrence=Every(Unit.MONTH),
        office="书记",
        remind="monthly",
        basis=(Basis(Certainty.DEFAULT, ("duty",)),),
        counts_for=counts_for,
    )


PARTY_DAY = duty("party_day", "lecture")
LECTURE = duty("lecture")
COMMITTEE = duty("committee")


def test_a_party_day_counts_for_the_lecture_whichever_was_named_first() -> None:
    day, lecture = Counted(1, PARTY_DAY, "2026-03"), Counted(1, LECTURE, "2026-Q1")

    assert may_count_together(day, lecture)
    assert may_count_together(lecture, day)


def test_duties_that_the_rules_do_not_join_do_not_count_together() -> None:
    day, committee = Counted(1, PARTY_DAY, "2026-03"), Counted(1, COMMITTEE, "2026-03")

    assert not may_count_together(day, committee)


def test_two_periods_of_one_duty_never_count_together() -> None:
    assert not may_count_together(
        Counted(1, PARTY_DAY, "2026-03"), Counted(1, PARTY_DAY, "2026-04")
    )
    assert not may_count_together(
        Counted(1, PARTY_DAY, "2026-03"), Counted(2, PARTY_DAY, "2026-04")
    )


def test_a_joint_lecture_counts_for_each_branch() -> None:
    assert may_count_together(Counted(1, LECTURE, "2026-Q1"), Counted(2, LECTURE, "2026-Q1"))
