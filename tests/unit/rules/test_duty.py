import pytest

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import Facts, OrgKind
from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.duty import Duty, Every, OwedBy, Recurrence, Term, Tier

BRANCH = frozenset({OrgKind.BRANCH})


def duty(*basis: Basis, recurrence: Recurrence | None = None) -> Duty:
    return Duty(
        key="visit",
        title="家访",
        tier=Tier.C,
        rows=(),
        owed_by=OwedBy(BRANCH),
        recurrence=recurrence or Every(Unit.MONTH),
        office="书记",
        remind="monthly",
        basis=basis,
    )


def test_a_duty_is_as_certain_as_the_surest_basis_of_its_period() -> None:
    recalled = Basis(Certainty.RECALLED, ("period",))
    verified = Basis(Certainty.VERIFIED, ("due", "period"))
    elsewhere = Basis(Certainty.STANDARD, ("duty",))

    assert duty(recalled, elsewhere).certainty is Certainty.RECALLED
    assert duty(recalled, verified, elsewhere).certainty is Certainty.VERIFIED
    assert duty(elsewhere).certainty is Certainty.DEFAULT
    assert duty().certainty is Certainty.DEFAULT


@pytest.mark.parametrize(
    ("certainty", "binds"),
    [
        (Certainty.STANDARD, True),
        (Certainty.VERIFIED, True),
        (Certainty.SECONDARY, False),
        (Certainty.RECALLED, False),
        (Certainty.DEFAULT, False),
    ],
)
def test_only_what_was_read_binds(certainty: Certainty, *, binds: bool) -> None:
    assert duty(Basis(certainty, ("period",))).binds is binds
    assert certainty.label


def test_up_to_a_semester_a_period_may_be_missed() -> None:
    missed = {unit for unit in Unit if duty(recurrence=Every(unit)).may_be_missed}

    assert missed == {Unit.MONTH, Unit.QUARTER, Unit.HALF_YEAR, Unit.SEMESTER}
    assert not duty(recurrence=Term({OrgKind.BRANCH: 3})).may_be_missed


def test_a_term_has_no_unit() -> None:
    assert duty(recurrence=Term({OrgKind.BRANCH: 3})).unit is None
    assert duty(recurrence=Every(Unit.YEAR)).unit is Unit.YEAR


@pytest.mark.parametrize(
    ("owed_by", "facts", "admitted"),
    [
        (OwedBy(BRANCH), Facts(OrgKind.BRANCH), True),
        (OwedBy(BRANCH), Facts(OrgKind.GENERAL_BRANCH), False),
        (OwedBy(BRANCH, top_of_school=True), Facts(OrgKind.BRANCH), False),
        (OwedBy(BRANCH, top_of_school=True), Facts(OrgKind.BRANCH, top_of_school=True), True),
        (OwedBy(BRANCH, has_committee=False), Facts(OrgKind.BRANCH, has_committee=True), False),
        (OwedBy(BRANCH, has_groups=True), Facts(OrgKind.BRANCH, groups=1), True),
        (OwedBy(BRANCH, has_groups=False), Facts(OrgKind.BRANCH, groups=1), False),
        (OwedBy(BRANCH, branches_below=True), Facts(OrgKind.BRANCH), False),
    ],
)
def test_who_owes_it(owed_by: OwedBy, facts: Facts, *, admitted: bool) -> None:
    assert owed_by.admits(facts) is admitted
