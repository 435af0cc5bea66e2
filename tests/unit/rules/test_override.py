"""What superiors lay over the rules, and where in the tree it holds."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from dj_cadence.domain.rules.override import (
    Override,
    OverrideKey,
    Segment,
    Spread,
    day_of,
    of_period,
    segments,
)

DUE = Override("2026", OverrideKey.DUE, "2027-02-28")
EARLIER = Override("2026", OverrideKey.DUE, "2027-01-31")
THEME = Override("2026", OverrideKey.THEME, "对照党章")


def test_the_nearest_superior_goes_before_the_others() -> None:
    district, school = Spread(1, 9, DUE), Spread(4, 6, EARLIER)

    assert (
        segments([district, school])
        == segments([school, district])
        == [Segment(1, 3, (DUE,)), Segment(4, 6, (EARLIER,)), Segment(7, 9, (DUE,))]
    )


def test_values_of_two_superiors_for_different_fields_hold_together() -> None:
    assert segments([Spread(1, 9, THEME), Spread(4, 4, DUE)]) == [
        Segment(1, 3, (THEME,)),
        Segment(4, 4, (DUE, THEME)),
        Segment(5, 9, (THEME,)),
    ]


def test_overrides_of_two_subtrees_leave_what_lies_between_alone() -> None:
    assert segments([Spread(1, 2, DUE), Spread(5, 6, DUE)]) == [
        Segment(1, 2, (DUE,)),
        Segment(5, 6, (DUE,)),
    ]


def test_what_is_made_for_one_period_goes_before_what_is_made_for_all() -> None:
    always = Override("", OverrideKey.DUE, "2027-03-01")

    assert of_period([DUE, always], "2026") == {OverrideKey.DUE: "2027-02-28"}
    assert of_period([DUE, always], "2027") == {OverrideKey.DUE: "2027-03-01"}
    assert day_of(of_period([DUE], "2026"), OverrideKey.DUE) == date(2027, 2, 28)
    assert day_of(of_period([DUE], "2027"), OverrideKey.DUE) is None


@st.composite
def nested(draw: st.DrawFn) -> list[Spread]:
    """Subtrees of a tree of twenty positions: nested or apart, as subtrees are."""
    tree: list[tuple[int, int]] = [(0, 19)]
    for _ in range(draw(st.integers(0, 4))):
        first, last = draw(st.sampled_from(tree))
        low = draw(st.integers(first, last))
        inner = (low, draw(st.integers(low, last)))
        if all(inner[1] < a or inner[0] > b or (a <= inner[0] and inner[1] <= b) for a, b in tree):
            tree.append(inner)
    values = st.sampled_from([DUE, EARLIER, THEME])
    return [Spread(a, b, draw(values)) for a, b in draw(st.permutations(sorted(set(tree))))]


@given(nested())
def test_each_position_has_the_value_of_its_nearest_superior(spreads: list[Spread]) -> None:
    cut = segments(spreads)
    for position in range(20):
        over = sorted(
            (one for one in spreads if one.first <= position <= one.last),
            key=lambda one: one.first - one.last,
        )
        expected = {(one.override.period, one.override.key): one.override for one in over}
        (found,) = [s.overrides for s in cut if s.first <= position <= s.last] or [()]
        assert set(found) == set(expected.values())
