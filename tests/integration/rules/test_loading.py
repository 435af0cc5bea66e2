"""Rule files: faults with their places, folders laid over one another, the way back."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.dates.working_days import CalendarStatus
from dj_cadence.domain.reminders.plan import From, ReminderStep
from dj_cadence.domain.rules.duty import DayOfYear, Every
from dj_cadence.loading.rules.catalogue import (
    LoadedRules,
    catalogue_from_content,
    load_catalogue,
    rules_schema,
    shipped_schedules,
)
from tests.world import ROOT
from tests.world.shipped import shipped

DEFINITIONS = ROOT / "tests" / "definitions"
BAD = sorted((DEFINITIONS / "bad").rglob("*.yaml"))
NAMES = {
    "duties": "duties/x.yaml",
    "calendars": "calendars/x.yaml",
    "plans": "reminder-plans.yaml",
    "workflows": "workflows/x.yaml",
}
EXPECTED = "# expected\n"
SLIPS = [
    "",
    "[",
    "}",
    ": ",
    "：",
    "\t",
    "\x00",
    "- ",
    "? ",
    "<<: ",
    "*a",
    "&a ",
    "null",
    "!!set x",
    "9" * 30,
]
SHIPPED = shipped()


def load(site: Path) -> LoadedRules:
    return load_catalogue([shipped_schedules(), site])


def write(site: Path, name: str, text: str) -> None:
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).write_text(text, encoding="utf-8")


def said(loaded: LoadedRules) -> list[str]:
    return [str(problem) for problem in loaded.problems]


@pytest.mark.parametrize("path", BAD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_fault_is_told_with_its_place(path: Path, tmp_path: Path) -> None:
    text, _, expected = path.read_text(encoding="utf-8").partition(EXPECTED)
    write(tmp_path, NAMES[path.parent.name], text)

    loaded = load(tmp_path)

    assert said(loaded) == [line.removeprefix("# ") for line in expected.splitlines()]
    if not all(problem.warning for problem in loaded.problems):
        assert loaded.catalogue == SHIPPED.catalogue


def test_a_fault_in_one_file_hides_neither_the_good_files_nor_other_faults(tmp_path: Path) -> None:
    write(tmp_path, "duties/a.yaml", "duties:\n  theme_party_day: {day: 5日, title: 党日}\n")
    write(tmp_path, "duties/b.yaml", "duties:\n  org_life_meeting: {office: 书急}\n")
    write(tmp_path, "duties/c.yaml", "duties: [\n")

    loaded = load(tmp_path)

    assert said(loaded) == [
        "schedules/duties/b.yaml:2:30: 没有“书急”这个职务，是否想写“书记”？",
        "schedules/duties/c.yaml:2:1: 引号或括号没有配对",
    ]
    assert loaded.catalogue.duties["theme_party_day"].title == "党日"
    assert (
        loaded.catalogue.duties["org_life_meeting"]
        == (SHIPPED.catalogue.duties["org_life_meeting"])
    )


def test_what_names_something_in_a_faulty_file_is_no_fault_of_its_own(tmp_path: Path) -> None:
    duty = "owed_by: {kind: [branch]}, every: year, office: 书记, tier: C"
    basis = "basis: [{certainty: default, supports: [period]}]"
    write(
        tmp_path,
        "reminder-plans.yaml",
        "plans:\n  gentle: {title: 少提醒, rungs: [{key: list, from: dew}]}\n",
    )
    write(
        tmp_path,
        "duties/own.yaml",
        f"duties:\n  visit: {{title: 家访, remind: gentle, {duty}, {basis}}}\n",
    )

    loaded = load(tmp_path)

    assert [problem.place for problem in loaded.problems] == ["schedules/reminder-plans.yaml:2:50"]
    assert "visit" not in loaded.catalogue.duties
    assert list(loaded.catalogue.duties) == list(SHIPPED.catalogue.duties)


def test_a_site_says_only_what_differs() -> None:
    loaded = load(DEFINITIONS / "good" / "overlay")
    duties, calendar = loaded.catalogue.duties, loaded.catalogue.calendar
    shipped = SHIPPED.catalogue.duties

    assert loaded.problems == ()
    assert list(duties) == [*shipped, "district_training"]
    assert duties["theme_party_day"].recurrence == Every(Unit.MONTH, day="5号", own_day="theme_day")
    assert duties["theme_party_day"].basis == shipped["theme_party_day"].basis
    assert duties["theme_party_day"].source == "schedules/duties/district.yaml"
    assert duties["hear_branch_report"].unit is Unit.QUARTER
    assert not duties["party_lecture_branch"].enabled
    assert duties["district_training"].office == "书记"
    assert duties["district_training"].recurrence == Every(
        Unit.SCHOOL_YEAR, opens=DayOfYear(0, 9, 1), due=DayOfYear(0, 9, 30)
    )
    assert loaded.catalogue.plans["gentle"].steps == (ReminderStep("list", From.DUE_MONTH),)
    assert loaded.catalogue.plans["yearly"].steps == (
        ReminderStep("month_before", From.TARGET, days=-30),
    )
    assert loaded.catalogue.plans["monthly"] == SHIPPED.catalogue.plans["monthly"]
    assert calendar.status(2027) is CalendarStatus.OFFICIAL
    assert len(calendar.years[2027].days_off) == 10
    assert [s.last.isoformat() for s in calendar.semesters_for("青岛", "小学")][-2:] == [
        "2027-01-29",
        "2027-07-04",
    ]


def test_a_file_of_the_same_name_stands_in_the_place_of_the_shipped_one() -> None:
    loaded = load(DEFINITIONS / "good" / "replacement")

    assert loaded.problems == ()
    assert set(SHIPPED.catalogue.duties) - set(loaded.catalogue.duties) == {
        "party_work_budget",
        "positions_investment",
        "party_worker_training",
        "part_time_allowance",
    }
    assert "premises_fixed" in loaded.catalogue.duties


def test_a_few_words_in_a_file_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "duties/6.1-support.yaml", "duties:\n  party_work_budget: {title: 经费}\n")

    loaded = load(tmp_path)

    assert "schedules/duties/6.1-support.yaml:2:3: 缺少 tier" in said(loaded)
    assert said(loaded)[0] == (
        "schedules/duties/6.1-support.yaml:1:1: "
        "提示：本文件会整个替换随附的同名文件；只想改几项，请换一个文件名"
    )
    assert loaded.catalogue == SHIPPED.catalogue


def test_one_key_in_two_files_of_a_folder_is_a_fault_with_both_places(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path, f"duties/{name}.yaml", "duties:\n  theme_party_day: {day: 5日}\n")

    assert said(load(tmp_path)) == [
        (
            "schedules/duties/b.yaml:2:3: "
            "theme_party_day 在 schedules/duties/a.yaml:2:3 已写过，请只留一处"
        )
    ]


def test_a_file_in_no_known_place_is_told(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", "duties: {}\n")

    assert said(load(tmp_path)) == [
        (
            "schedules/rules.yaml:1:1: 提示：不会读取这个文件："
            "职责放 duties/，流程放 workflows/，日历放 calendars/，提醒方案写在 reminder-plans.yaml"
        )
    ]


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "duties").mkdir()
    (tmp_path / "duties" / "x.yaml").write_bytes("duties: {} # 职责\n".encode("gb18030"))

    assert said(load(tmp_path)) == [
        "schedules/duties/x.yaml:1:1: 读不了这个文件，请确认有读取权限并存为 UTF-8 编码"
    ]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "duties").mkdir()
    text = "\ufeffduties:\n  theme_party_day: {day: 5日}\n"
    (tmp_path / "duties" / "x.yaml").write_text(text, encoding="utf-8")

    assert load(tmp_path).problems == ()


def test_a_folder_that_does_not_exist_says_nothing(tmp_path: Path) -> None:
    assert load(tmp_path / "none") == SHIPPED


def test_the_content_fully_determines_the_catalogue() -> None:
    for site in ("overlay", "replacement"):
        loaded = load(DEFINITIONS / "good" / site)
        stored = json.dumps(loaded.content, ensure_ascii=False, sort_keys=True)

        assert catalogue_from_content(json.loads(stored)) == loaded.catalogue


def test_only_a_change_of_meaning_changes_the_hash(tmp_path: Path) -> None:
    shutil.copytree(shipped_schedules(), tmp_path / "copy")
    file = tmp_path / "copy" / "duties" / "6.1-support.yaml"
    text = file.read_text(encoding="utf-8")

    file.write_text(f"# a comment\n{text}", encoding="utf-8")
    assert load_catalogue([tmp_path / "copy"]).catalogue.hash == SHIPPED.catalogue.hash

    file.write_text(text.replace("12-31}", "12-30}"), encoding="utf-8")
    assert load_catalogue([tmp_path / "copy"]).catalogue.hash != SHIPPED.catalogue.hash


def test_a_shipped_file_that_broke_makes_no_fault_of_what_lies_over_it(tmp_path: Path) -> None:
    shutil.copytree(shipped_schedules(), tmp_path / "shipped")
    broken = tmp_path / "shipped" / "duties" / "6.1-support.yaml"
    broken.write_text(
        broken.read_text(encoding="utf-8").replace("every: year", "every: yearly", 1),
        encoding="utf-8",
    )
    site = tmp_path / "site"
    write(site, "duties/x.yaml", "duties:\n  party_work_budget: {title: 经费}\n")

    loaded = load_catalogue([tmp_path / "shipped", site])

    assert [problem.place for problem in loaded.problems] == [
        "schedules/duties/6.1-support.yaml:8:12"
    ]
    assert "party_work_budget" not in loaded.catalogue.duties


def test_the_schema_is_one_of_a_file_of_duties_or_workflows() -> None:
    schema = rules_schema()

    files = [schema["$defs"][one["$ref"].rpartition("/")[2]] for one in schema["anyOf"]]
    assert [sorted(file["properties"]) for file in files] == [
        ["duties", "rows"],
        ["workflows"],
        ["plans"],
        ["sentences"],
    ]
    assert "every" in schema["$defs"]["DutyRule"]["properties"]
    assert schema["$defs"]["DutyRule"]["additionalProperties"] is False
    assert "required" not in schema["$defs"]["DutyRule"]


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_nothing_that_people_write_makes_the_loader_fail(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shipped = data.draw(st.sampled_from(sorted(shipped_schedules().rglob("*.yaml"))))
    text = shipped.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    slip = data.draw(st.sampled_from(SLIPS))
    folder = tmp_path_factory.mktemp("slip")
    write(
        folder,
        shipped.relative_to(shipped_schedules()).as_posix(),
        text[:start] + slip + text[end:],
    )

    loaded = load_catalogue([shipped_schedules(), folder])

    assert catalogue_from_content(loaded.content).hash == loaded.catalogue.hash
    assert set(map(len, (p.place.split(":") for p in loaded.problems))) <= {3}


def test_a_misspelt_duty_is_told_by_the_nearest_one(tmp_path: Path) -> None:
    write(tmp_path, "duties/mine.yaml", "duties:\n  party_lecture_brnch: {day: 5日}\n")

    told = [line.partition("\n")[0] for line in said(load(tmp_path))]
    assert [line for line in told if "没有规则" in line] == [
        (
            "schedules/duties/mine.yaml:2:3: "
            "没有规则 party_lecture_brnch，是否想写“party_lecture_branch”？"
        )
    ]
