"""What another 上次换届日期 means."""

from datetime import date

import pytest

from dj_cadence.domain.roster.term_change import TermChange, term_change

BEFORE = date(2023, 5, 10)  # three years: opens 2025-11-10, ends 2026-05-10


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (None, None),
        (BEFORE, None),
        (date(2023, 5, 12), TermChange.CORRECTION),
        (date(2025, 11, 10), TermChange.CORRECTION),
        (date(2025, 11, 11), TermChange.ELECTION),
        (date(2026, 8, 1), TermChange.ELECTION),
        (date(2023, 5, 9), TermChange.IGNORED),
    ],
)
def test_a_date_is_a_change_or_an_election_by_its_place_in_the_running_term(
    after: date | None, expected: TermChange | None
) -> None:
    assert term_change(BEFORE, after, 3, correct=False) is expected


def test_a_term_of_five_years_opens_later() -> None:
    assert term_change(BEFORE, date(2026, 8, 1), 5, correct=False) is TermChange.CORRECTION


def test_the_first_election_date_begins_the_first_term() -> None:
    assert term_change(None, BEFORE, 3, correct=False) is TermChange.FIRST


def test_none_only_when_asked_for() -> None:
    assert term_change(BEFORE, None, 3, correct=True) is TermChange.CLEARED
    assert term_change(None, None, 3, correct=True) is None


def test_back_only_when_asked_for() -> None:
    assert term_change(BEFORE, date(2023, 5, 9), 3, correct=True) is TermChange.CORRECTION
