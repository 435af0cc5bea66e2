"""Every date of every duty that is on, for three schools and five years, as a table to read.

When a rule, a calendar or the engine changes on purpose, look at the difference, check it
against the holiday notices, and copy the file that the failing test names over the golden one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dj_cadence.domain.organizations.facts import Facts, OrgKind
from dj_cadence.domain.planning.cohort import Cohort, cohort_of, notice_cohort, term_cohort
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty, Every, Term, TermNotice
from tests.world import ROOT
from tests.world.shipped import shipped

GOLDEN = ROOT / "tests" / "golden" / "dates-2024-2028.txt"
SINCE, UNTIL = date(2024, 1, 1), date(2028, 12, 31)


@dataclass(frozen=True)
class School:
    """One organization of an invented school, and for a superior one below it."""

    name: str
    facts: Facts
    elected: date
    below: tuple[Facts, date] | None = None


SCHOOLS = (
    School(
        "单支部小学：设支委会，两个党小组，主题党日5日，2023年5月10日换届",
        Facts(
            OrgKind.BRANCH,
            top_of_school=True,
            has_committee=True,
            groups=2,
            stage="小学",
            theme_day="5日",
        ),
        date(2023, 5, 10),
    ),
    School(
        "党总支初中：下设党支部，2024年2月29日换届；所属支部2023年8月31日换届",
        Facts(OrgKind.GENERAL_BRANCH, top_of_school=True, branches_below=True, stage="初中"),
        date(2024, 2, 29),
        (Facts(OrgKind.BRANCH, stage="初中"), date(2023, 8, 31)),
    ),
    School(
        "党委完全中学：下设党总支和党支部，2021年12月31日换届；所属总支2025年3月1日换届",
        Facts(OrgKind.PARTY_COMMITTEE, top_of_school=True, branches_below=True, stage="完全中学"),
        date(2021, 12, 31),
        (Facts(OrgKind.GENERAL_BRANCH, stage="完全中学"), date(2025, 3, 1)),
    ),
)


def test_every_date_is_the_one_in_the_golden_file(tmp_path: Path) -> None:
    text = "\n".join(table(shipped().catalogue)) + "\n"
    found = tmp_path / GOLDEN.name
    found.write_text(text, encoding="utf-8")

    assert text == GOLDEN.read_text(encoding="utf-8"), f"if right: cp {found} {GOLDEN}"


def table(catalogue: Catalogue) -> Iterator[str]:
    """The whole file; a day with its weekday, ~ where it is provisional."""
    yield f"# Regenerate: see {Path(__file__).relative_to(ROOT)}. ~ marks provisional dates."
    for school in SCHOOLS:
        yield f"\n{school.name}"
        for duty in catalogue.enabled():
            slots = slots_at(school, duty, catalogue)
            if slots:
                yield f"\n  {duty.key} {duty.title}"
                yield from map(line, slots)


def slots_at(school: School, duty: Duty, catalogue: Catalogue) -> list[Slot]:
    cohort = cohort_at(school, duty, catalogue)
    return slots_of(duty, cohort, catalogue, SINCE, UNTIL) if cohort else []


def cohort_at(school: School, duty: Duty, catalogue: Catalogue) -> Cohort | None:
    match duty.recurrence:
        case Every():
            return cohort_of(duty, school.facts, SINCE)
        case Term():
            return term_cohort(duty, school.facts, school.elected, SINCE)
        case TermNotice(term_of=term) if school.below:
            facts, elected = school.below
            return notice_cohort(
                duty, school.facts, catalogue.duties[term], facts, elected, elected, SINCE
            )
    return None


def line(slot: Slot) -> str:
    mark = "~" if slot.provisional else " "
    target = f"  {slot.target}{slot.unit}" if slot.target > 1 else ""
    planned = shown(slot.planned) if slot.planned else " " * 13
    text = f"    {slot.label:<15}{mark} {shown(slot.opens)}  {planned}  {shown(slot.due)}{target}"
    return text.rstrip()


def shown(day: date) -> str:
    return f"{day.isoformat()} {'一二三四五六日'[day.weekday()]}"
