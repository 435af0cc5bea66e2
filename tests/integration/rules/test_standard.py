"""The standard, part by part: each is kept by rules or says why there is nothing to be dated.

docs/reference/standard.md is made here: where it differs, the failing test names the file to copy.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from dj_cadence.domain.rules.citation import SECTIONS
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.loading.rules.catalogue import LoadedRules, load_catalogue, shipped_schedules
from dj_cadence.loading.rules.duty import SentenceRule
from tests.world import ROOT
from tests.world.shipped import shipped

SHIPPED = shipped()
REFERENCE = ROOT / "docs" / "reference" / "standard.md"
HEAD = """\
# The standard, sentence by sentence

《山东省中小学校党建工作基本要求》 in the parts that ask for something of their own, each with the duties that keep it (`schedules/duties/`), or with what is said of it where there is nothing to be dated. *off*: shipped switched off, see [duties.md](duties.md). Made from the rules by `tests/integration/rules/test_standard.py`, which fails where a part has neither.
"""  # noqa: E501 - a paragraph of Markdown


def test_the_reference_is_what_the_rules_say(tmp_path: Path) -> None:
    text = "\n".join(page(SHIPPED)) + "\n"
    made = tmp_path / REFERENCE.name
    made.write_text(text, encoding="utf-8")

    assert text == REFERENCE.read_text(encoding="utf-8"), f"if right: cp {made} {REFERENCE}"


def page(loaded: LoadedRules) -> Iterator[str]:
    yield HEAD.rstrip()
    for cell, numbers in by_cell(loaded.standard).items():
        yield f"\n## {cell} {SECTIONS[cell[0]]}\n"
        yield f"> {''.join(loaded.standard[number].text for number in numbers)}\n"
        yield "| | sentence | kept by |"
        yield "|---|---|---|"
        for number in numbers:
            sentence = loaded.standard[number]
            kept = "<br>".join(map(named, keepers(number, loaded.catalogue.duties.values())))
            yield f"| {number} | {sentence.text} | {kept or sentence.state} |"


def by_cell(standard: Iterable[str]) -> Mapping[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for number in standard:
        cells.setdefault(number.rpartition(".")[0], []).append(number)
    return cells


def keepers(number: str, duties: Iterable[Duty]) -> list[Duty]:
    return [duty for duty in duties if number in duty.sentences]


def named(duty: Duty) -> str:
    return f"`{duty.key}` {duty.title}{'' if duty.enabled else ' (off)'}"


def without_rule_and_reason(
    standard: Mapping[str, SentenceRule], duties: Iterable[Duty]
) -> list[str]:
    """The parts with neither, and those with both, which say of a duty that it is none."""
    kept = {number for duty in duties for number in duty.sentences}
    return [number for number, one in standard.items() if (number in kept) == bool(one.state)]


def test_every_sentence_has_a_rule_or_a_reason() -> None:
    duties = SHIPPED.catalogue.duties.values()

    assert without_rule_and_reason(SHIPPED.standard, duties) == []
    # And it would be seen: the only duty of a part taken away, a reason given beside a duty.
    fewer = [duty for duty in duties if duty.key != "heart_talk_branch"]
    assert without_rule_and_reason(SHIPPED.standard, fewer) == ["2.4.6"]
    both = {**SHIPPED.standard, "2.4.9": SentenceRule(text="建立…", state="长期状态")}
    assert without_rule_and_reason(both, duties) == ["2.4.9"]


def test_these_parts_of_the_standard_describe_a_state() -> None:
    assert [number for number, one in SHIPPED.standard.items() if one.state] == [
        "1.1.1",
        "1.1.2",
        "1.4.4",
        "1.4.6",
        "7.1.6",
    ]


def test_the_standards_text_is_that_of_the_publication() -> None:
    text = "".join(one.text for one in SHIPPED.standard.values())
    sentences = text.split("。")
    parts = Counter(number.rpartition(".")[0] for number in SHIPPED.standard)

    assert sentences.pop() == ""
    assert len(sentences) == SENTENCES
    assert parts == PARTS
    for cell, numbers in by_cell(SHIPPED.standard).items():
        assert numbers == [f"{cell}.{n}" for n in range(1, len(numbers) + 1)]
    assert sha256(text.encode()).hexdigest() == AS_PUBLISHED


SENTENCES = 56
PARTS = {
    "1.1": 8,
    "1.2": 5,
    "1.3": 3,
    "1.4": 6,
    "2.1": 5,
    "2.2": 8,
    "2.3": 7,
    "2.4": 11,
    "3.1": 8,
    "3.2": 6,
    "3.3": 3,
    "4.1": 4,
    "4.2": 6,
    "5.1": 9,
    "6.1": 6,
    "7.1": 6,
}
AS_PUBLISHED = "64d3c167c49112b64d7379ca95ab7770a726d95d5d76d1212391da8c152de672"
"""Of the text of the sixteen cells in order, with nothing between them."""


@pytest.mark.parametrize(
    ("number", "keys"),
    [
        ("1.2.3", ["party_org_meeting", "small_branch_meeting", "branch_committee_meeting"]),
        ("1.4.5", ["heart_talk_leadership"]),
        ("2.2.3", "center_group_study collective_study center_group_plan center_group_report"),
        ("2.4.9", ["weak_branch_check", "weak_branch_case"]),
        ("3.1.1", ["new_thought_education"]),
        ("5.1.5", ["staff_congress_session", "staff_congress_term"]),
        ("6.1.3", ["party_work_plan"]),
    ],
)
def test_each_part_is_kept_by_these_duties(number: str, keys: list[str] | str) -> None:
    expected = keys.split() if isinstance(keys, str) else keys

    assert [duty.key for duty in keepers(number, SHIPPED.catalogue.duties.values())] == expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[2.4.99]", "基本要求没有第 2.4.99 句，编号见 standard.yaml"),
        ("[8.1.1]", "基本要求没有第 8.1.1 句，编号见 standard.yaml"),
        ("[2.4.3, 3.4.1]", "基本要求没有第 3.4.1 句，编号见 standard.yaml"),
    ],
)
def test_a_rule_that_names_no_sentence_is_a_fault(
    tmp_path: Path, written: str, message: str
) -> None:
    (tmp_path / "duties").mkdir()
    file = tmp_path / "duties" / "own.yaml"
    file.write_text(f"duties:\n  theme_party_day: {{sentences: {written}}}\n", encoding="utf-8")
    (problem,) = load_catalogue([shipped_schedules(), tmp_path]).problems

    assert problem.message == message
    assert problem.place.startswith("schedules/duties/own.yaml:2:")


def test_a_site_may_word_a_sentence_otherwise(tmp_path: Path) -> None:
    (tmp_path / "standard.yaml").write_text(
        "sentences:\n  2.4.3: {text: 每月5日开展主题党日。}\n", encoding="utf-8"
    )
    loaded = load_catalogue([shipped_schedules(), tmp_path])

    assert loaded.problems == ()
    assert loaded.standard["2.4.3"].text == "每月5日开展主题党日。"
    assert len(loaded.standard) == len(SHIPPED.standard)
