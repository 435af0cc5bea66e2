"""The reference page says what the code reads."""

from dj_cadence.domain.organizations.facts import STAGES
from dj_cadence.domain.organizations.offices import OFFICES, OTHER_OFFICES
from dj_cadence.domain.roster.columns import APPOINTMENT_COLUMNS, ORG_COLUMNS
from dj_cadence.domain.table_column import Column
from tests.world import ROOT

PAGE = ROOT / "docs" / "reference" / "roster.md"


def table(heading: str) -> list[str]:
    """The rows of the table below a heading."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def line(column: Column) -> str:
    required = "是" if column.required else ""
    also = "、".join(column.also.split())
    return f"| {column.header} | `{column.key}` | {required} | {column.help} | {also} |"


def test_the_reference_lists_every_column() -> None:
    assert table("组织") == [line(column) for column in ORG_COLUMNS]
    assert table("任职") == [line(column) for column in APPOINTMENT_COLUMNS]


def test_the_reference_lists_every_office() -> None:
    for heading, offices in (("职务", OFFICES), ("只保存的职务", OTHER_OFFICES)):
        shown = [line for line in table(heading) if " | " in line]
        assert shown[-len(offices) :] == [
            f"| {office} | {'、'.join(names)} |" for office, names in offices.items()
        ]


def test_the_stages_are_those_of_the_column() -> None:
    (stage,) = [column for column in ORG_COLUMNS if column.key == "stage"]
    assert tuple(stage.help.split("、")) == STAGES
