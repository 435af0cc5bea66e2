"""The roster in the database: all or nothing, and twice the same changes nothing."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.organizations.facts import Change, Facts
from dj_cadence.domain.reminders.notice import Holder
from dj_cadence.domain.roster.columns import ORG_COLUMNS
from dj_cadence.domain.roster.rows import Origin, RosterSheets, TableRow
from dj_cadence.errors import Refused
from dj_cadence.loading.roster_file import read_roster
from dj_cadence.services.roster.export import (
    check_roster,
    export_roster,
    exported_roster,
    roster_tree,
)
from dj_cadence.services.roster.import_roster import (
    Election,
    ImportCounts,
    ImportReport,
    import_roster,
)
from dj_cadence.services.simulation.demo_roster import demo_rows
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs, people
from dj_cadence.store.roster.stored_roster import stored_appointments, stored_orgs
from dj_cadence.store.schema import address, metadata, org, person, profile, start_event
from dj_cadence.store.site import site as sites

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 5)
ORG_HEADER = "组织代码,组织名称,类别,上级组织代码,正式党员数,设支委会,党小组数,上次换届日期"
OFFICE_HEADER = "组织代码,职务,姓名,邮箱,任职日期,离任日期,性质"
TREE = (
    "S,示例教育工委,上级机关,,,,,",
    "C,青禾党委,党委,S,,,,2022-06-01",
    "Z,青禾党总支,党总支,C,,,,2024-06-01",
    "B1,青禾一支部,党支部,Z,12,,2,2023-05-10",
    "B2,青禾二支部,党支部,Z,5,,,2024-09-01",
)
OFFICES = ("C,书记,书记甲,c@example.org,,,", "B1,书记、组织委员,书记乙,b1@example.org,2023-05-10,,")
Import = Callable[..., ImportReport]


@pytest.fixture
def database(database: Database) -> Database:
    """A site without organizations."""
    with database.write() as session:
        sites.create(session, "site", date(2026, 1, 1))
    return database


@pytest.fixture
def sheets(tmp_path: Path) -> Callable[..., RosterSheets]:
    """The rows of two CSV files, as read."""

    def read(tree: Sequence[str] = (), offices: Sequence[str] = ()) -> RosterSheets:
        paths = []
        for name, header, lines in (("组织", ORG_HEADER, tree), ("任职", OFFICE_HEADER, offices)):
            if lines:
                paths.append(tmp_path / f"{name}.csv")
                paths[-1].write_text("\n".join([header, *lines]), encoding="utf-8")
        found, problems = read_roster(paths)
        assert problems == []
        return found

    return read


@pytest.fixture
def load(database: Database, sheets: Callable[..., RosterSheets]) -> Import:
    """Import lines of the two sheets."""

    def run(
        tree: Sequence[str] = (), offices: Sequence[str] = (), today: date = TODAY, **how: Any
    ) -> ImportReport:
        with database.write() as session:
            return import_roster(
                session, sheets(tree, offices), now=NOW, today=today, by="管理员", **how
            )

    return run


def everything(database: Database) -> dict[str, Sequence[Any]]:
    with database.read() as session:
        return {
            t.name: session.execute(select(t).order_by(*t.primary_key)).all()
            for t in metadata.sorted_tables
        }


def facts(database: Database, code: str) -> Facts:
    with database.read() as session:
        return stored_orgs(session)[code].facts


def test_the_first_import_creates_every_row(database: Database, load: Import) -> None:
    report = load(TREE, OFFICES)
    assert (report.orgs, report.persons, report.appointments) == (
        ImportCounts(5),
        ImportCounts(2),
        ImportCounts(3),
    )
    assert (report.applied, report.elections, report.terms) == (True, (), ())
    names = select(org.c.code, org.c.id)
    columns = (
        org.c.code,
        org.c.position,
        org.c.subtree_end,
        org.c.supervisor_id,
        org.c.approver_id,
    )
    with database.read() as session:
        code_of = {None: "", **{row.id: row.code for row in session.execute(names)}}
        rows = session.execute(select(*columns).order_by(org.c.position)).all()
        elections = session.execute(
            select(
                start_event.c.org_id,
                start_event.c.day,
                start_event.c.current,
                start_event.c.recorded_by,
            )
        ).all()
    assert [(*row[:3], code_of[row[3]], code_of[row[4]]) for row in rows] == [
        ("S", 1, 5, "", ""),
        ("C", 2, 5, "S", "S"),
        ("Z", 3, 5, "C", "C"),
        ("B1", 4, 4, "Z", "C"),
        ("B2", 5, 5, "Z", "C"),
    ]
    assert sorted((code_of[e[0]], *e[1:]) for e in elections) == [
        ("B1", date(2023, 5, 10), True, "管理员"),
        ("B2", date(2024, 9, 1), True, "管理员"),
        ("C", date(2022, 6, 1), True, "管理员"),
        ("Z", date(2024, 6, 1), True, "管理员"),
    ]
    assert (facts(database, "B1").has_committee, facts(database, "B1").groups) == (True, 2)
    assert [facts(database, code).top_of_school for code in "SCZ"] == [False, True, False]


def test_the_second_import_writes_nothing(database: Database, load: Import) -> None:
    load(TREE, OFFICES)
    before = everything(database)
    report = load(TREE, OFFICES)
    assert everything(database) == before
    assert report.sentences() == ["无变化。"]
    assert report.orgs == ImportCounts(unchanged=5)


def test_a_fault_anywhere_stops_the_whole_import(database: Database, load: Import) -> None:
    before = everything(database)
    report = load((*TREE, "B3,青禾三支部,党支部,Q,,,,"), OFFICES)
    assert [str(p) for p in report.problems if not p.warning] == [
        "组织.csv:7:4: 没有代码为“Q”的组织，请先在组织表里加上。"
    ]
    assert not report.applied
    assert everything(database) == before


def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, load: Import) -> None:
    before = everything(database)
    dry = load(TREE, OFFICES, dry_run=True)
    assert everything(database) == before
    assert dry.sentences() == load(TREE, OFFICES).sentences()
    assert not dry.applied


def test_rows_that_are_absent_stay_and_new_ones_find_their_place(
    database: Database, load: Import
) -> None:
    load(TREE, OFFICES)
    assert load(
        ("B1,青禾第一支部,党支部,Z,12,,2,", "B3,青禾三支部,党支部,Z,3,,,")
    ).orgs == ImportCounts(1, 1)
    with database.read() as session:
        assert roster_tree(session).splitlines() == [
            "示例教育工委（S，上级党组织）",
            "  青禾党委（C，党委）",
            "    青禾党总支（Z，党总支）",
            "      青禾第一支部（B1，党支部）",
            "      青禾三支部（B3，党支部）",
            "      青禾二支部（B2，党支部）",
        ]


def test_a_new_order_of_organizations_is_taken_over(database: Database, load: Import) -> None:
    load(TREE)
    report = load((*TREE[:3], TREE[4], TREE[3]))
    assert report.sentences()[-1] == "组织的排列顺序有调整。"
    with database.read() as session:
        assert list(stored_orgs(session)) == ["S", "C", "Z", "B2", "B1"]


def test_a_moved_branch_takes_its_approver_along(database: Database, load: Import) -> None:
    load(TREE)
    assert load(("B2,青禾二支部,党支部,S,5,,,2024-09-01",)).orgs == ImportCounts(changed=1)
    with database.read() as session:
        found = {row.code: row for row in orgs.in_range(session, orgs.span(session, "S"))}
    assert list(found) == ["S", "C", "Z", "B1", "B2"]
    assert found["B2"].approver_id == found["B2"].supervisor_id == found["S"].id
    assert found["Z"].subtree_end == found["B1"].position == 4


def test_the_committee_changes_only_when_a_person_says_so(database: Database, load: Import) -> None:
    load(TREE)
    load(("B1,青禾一支部,党支部,Z,5,,2,2023-05-10",))
    assert facts(database, "B1").has_committee is True
    load(("B1,青禾一支部,党支部,Z,5,否,2,2023-05-10",))
    assert facts(database, "B1").has_committee is False
    assert facts(database, "B1").changes == (Change("has_committee", True, TODAY),)
    load(("B1,青禾一支部,党支部,Z,5,,2,2023-05-10",), today=date(2026, 4, 1))
    assert facts(database, "B1").changes == (Change("has_committee", True, TODAY),)


def test_rows_of_party_groups_change_the_count_of_their_branch(
    database: Database, load: Import
) -> None:
    load(TREE)
    load(("G1,第一小组,党小组,B1,,,,", "G2,第二小组,党小组,B1,,,,", "G3,第三小组,党小组,B1,,,,"))
    assert facts(database, "B1").groups == 3
    assert facts(database, "B1").changes == (Change("groups", 2, TODAY),)


def test_organizations_alike_share_a_profile(database: Database, load: Import) -> None:
    load(("B1,甲,党支部,,,,,", "B2,乙,党支部,,,,,", "B3,丙,党支部,,9,,,"))
    with database.read() as session:
        assert len(session.execute(select(profile)).all()) == 2


# --- elections -----------------------------------------------------------------------------


def start_events(database: Database, code: str) -> list[tuple[int, date, bool]]:
    query = select(start_event.c.id, start_event.c.day, start_event.c.current).join(
        org, org.c.id == start_event.c.org_id
    )
    with database.read() as session:
        rows = session.execute(query.where(org.c.code == code).order_by(start_event.c.id))
        return [(row.id, row.day, row.current) for row in rows]


def test_a_later_date_in_the_last_half_year_is_an_election(
    database: Database, load: Import
) -> None:
    load(TREE)
    ((old, _, _),) = start_events(database, "B1")
    report = load(("B1,青禾一支部,党支部,Z,12,,2,2026-02-28",))
    said = "由2023-05-10改为2026-02-28：算作一次换届，上一届的换届任务随之办结。"
    assert report.terms == (f"青禾一支部（B1）上次换届日期{said}",)
    (_, (new, _, _)) = found = start_events(database, "B1")
    assert found == [(old, date(2023, 5, 10), False), (new, date(2026, 2, 28), True)]
    with database.read() as session:
        org_id = orgs.find_org(session, "B1").id
    assert report.elections == (Election(org_id, old, date(2026, 2, 28)),)


def test_a_date_inside_the_term_is_a_correction_of_the_same_term(
    database: Database, load: Import
) -> None:
    load(TREE)
    before = start_events(database, "B1")
    report = load(("B1,青禾一支部,党支部,Z,12,,2,2023-05-12",))
    said = "由2023-05-10改为2023-05-12：算作更正，原来的换届任务随之移动。"
    assert report.terms == (f"青禾一支部（B1）上次换届日期{said}",)
    assert report.elections == ()
    assert start_events(database, "B1") == [(before[0][0], date(2023, 5, 12), True)]


def test_an_earlier_date_counts_only_with_correct(database: Database, load: Import) -> None:
    load(TREE)
    before = start_events(database, "B1")
    earlier = ("B1,青禾一支部,党支部,Z,12,,2,2022-05-10",)
    report = load(earlier)
    assert report.sentences() == ["无变化。"]
    assert "组织.csv:2:8: 提示：青禾一支部：已登记的换届日期是2023-05-10" in str(report.problems[0])
    assert start_events(database, "B1") == before
    load(earlier, correct=True)
    assert start_events(database, "B1") == [(before[0][0], date(2022, 5, 10), True)]


def test_an_empty_date_clears_only_with_correct(database: Database, load: Import) -> None:
    load(TREE)
    ((known, day, _),) = before = start_events(database, "B1")
    empty = ("B1,青禾一支部,党支部,Z,12,,2,",)
    assert load(empty).sentences() == ["无变化。"]
    assert start_events(database, "B1") == before
    said = "青禾一支部（B1）上次换届日期2023-05-10已清空：原来的换届任务不再需要。"
    assert load(empty, correct=True).terms == (said,)
    assert start_events(database, "B1") == [(known, day, False)]
    assert load(TREE[3:4]).orgs == ImportCounts(changed=1)
    assert [(day, current) for _, day, current in start_events(database, "B1")] == [
        (date(2023, 5, 10), False),
        (date(2023, 5, 10), True),
    ]


# --- people ----------------------------------------------------------------------------------


def test_a_changed_mailbox_keeps_the_person(database: Database, load: Import) -> None:
    load(TREE, OFFICES)
    report = load((), ("C,书记,书记甲,new@example.org,,,",))
    assert (report.persons, report.appointments) == (
        ImportCounts(changed=1),
        ImportCounts(unchanged=1),
    )
    with database.read() as session:
        found = people.find_person(session, "NEW@example.org")
        assert people.addresses(session, [found.id]) == {found.id: {"email": "new@example.org"}}
        assert len(session.execute(select(person)).all()) == 2


def test_an_end_and_a_corrected_beginning_change_the_same_appointment(
    database: Database, load: Import
) -> None:
    load(TREE, OFFICES)
    report = load((), ("C,书记,书记甲,c@example.org,2022-06-01,2026-02-28,",))
    assert report.appointments == ImportCounts(changed=1)
    with database.read() as session:
        found = [a for a in stored_appointments(session) if a.org == "C"]
    assert [(a.since, a.until) for a in found] == [(date(2022, 6, 1), date(2026, 2, 28))]


def test_holders_are_those_whose_days_in_office_include_today(
    database: Database, load: Import
) -> None:
    load(
        TREE,
        (
            "C,书记,老书记,old@example.org,,,",
            "C,书记,新书记,new@example.org,2026-03-01,,",
            "B1,书记,书记乙,b@example.org,,,",
            "B1,书记,代书记,d@example.org,2020-01-01,2026-03-10,代理",
            "B1,委员,前委员,w@example.org,,2026-03-04,",
        ),
    )
    with database.read() as session:
        ids = {row.code: row.id for row in orgs.in_range(session, orgs.span(session, "C"))}

        def held(day: date) -> dict[tuple[int, str], tuple[str, bool]]:
            found = people.holders(session, list(ids.values()), day)
            return {key: (holder.name, holder.acting) for key, holder in found.items()}

        assert held(date(2026, 3, 5)) == {
            (ids["C"], "书记"): ("新书记", False),
            (ids["B1"], "书记"): ("代书记", True),
        }
        assert held(date(2026, 2, 28))[ids["C"], "书记"] == ("老书记", False)
        assert held(date(2026, 3, 11))[ids["B1"], "书记"] == ("书记乙", False)
        assert isinstance(people.holders(session, [ids["C"]], TODAY)[ids["C"], "书记"], Holder)


def test_a_bad_address_is_not_given_out_and_stays_bad(database: Database, load: Import) -> None:
    load(TREE, OFFICES)
    with database.write() as session:
        session.execute(address.update().values(state="bad"))
    assert load(TREE, OFFICES).sentences() == ["无变化。"]
    with database.read() as session:
        assert people.addresses(session, [people.find_person(session, "c@example.org").id]) == {}


def test_unknown_codes_and_people_are_refused(database: Database, load: Import) -> None:
    load(TREE, (*OFFICES, "B2,委员,委员丙,c2@example.org,,,"))
    with database.read() as session:
        with pytest.raises(Refused, match="没有代码为“B11”的组织，是否想写“B1”"):
            orgs.find_org(session, "B11")
        with pytest.raises(Refused, match="没有编号或地址为“nobody”的人员"):
            people.find_person(session, "nobody")


# --- looking at it ---------------------------------------------------------------------------


def test_check_names_what_the_roster_lacks(database: Database, load: Import) -> None:
    load(
        ("B1,甲支部,党支部,,9,否,,", "B2,乙支部,党支部,,,,,2024-01-01", "U,工会,工会,,,,,"),
        ("B2,书记,书记乙,,,,",),
    )
    second = "没有上级组织代码，成了最上一级，而最上一级已有“甲支部”；漏写了上级的，请补上。"
    with database.read() as session:
        assert [str(p) for p in check_roster(session, TODAY)] == [
            "B1 甲支部: 提示：没有书记，请在任职表里补上。",
            "B1 甲支部: 提示：没有一个人收得到提醒，请补填邮箱或其他渠道。",
            "B1 甲支部: 提示：正式党员9人，满7人应设支委会，现为“否”，请核对。",
            "B1 甲支部: 提示：没有上次换届日期，无法提醒换届，请补填。",
            f"B2 乙支部: 提示：“乙支部”{second}",
            "B2 乙支部: 提示：没有一个人收得到提醒，请补填邮箱或其他渠道。",
            f"U 工会: 提示：“工会”{second}",
        ]


@pytest.mark.parametrize(
    "header",
    ["组织名称,类别", "组织\n代码,组织名称", "类别,上级组织代码", "职务,姓名", "组织代码,姓名"],
)
def test_a_header_without_a_required_column_is_a_fault_and_no_traceback(
    sqlite_database: Database, tmp_path: Path, header: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header.replace(chr(10), '')}\n甲,党支部\n", encoding="utf-8")
    found, problems = read_roster([path])

    with sqlite_database.read() as session:
        how: dict[str, Any] = {"now": NOW, "today": TODAY, "by": "管理员", "dry_run": True}
        report = import_roster(session, found, faults=problems, **how)

    assert [p.message for p in report.problems if p.message.startswith("缺少“")] != []


def test_a_second_root_is_pointed_out(database: Database, load: Import) -> None:
    report = load(
        ("S,区委,党委,,,,,", "B1,甲支部,党支部,S,,,,2024-01-01", "B2,乙,党支部,,,,,2024-01-01")
    )

    (warning,) = (str(p) for p in report.problems if "最上一级" in p.message)
    assert warning == (
        "组织.csv:4:4: 提示：“乙”没有上级组织代码，成了最上一级，"
        "而最上一级已有“区委”；漏写了上级的，请补上。"
    )


def test_an_exported_workbook_imports_without_change(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "花名册.xlsx"
    how: dict[str, Any] = {"now": NOW, "today": TODAY, "by": "管理员"}
    with database.write() as session:
        import_roster(session, demo_rows(date(2026, 1, 1), TODAY), **how)
    with database.read() as session:
        export_roster(session, path)
    before = everything(database)
    found, problems = read_roster([path])
    assert problems == []
    with database.write() as session:
        assert import_roster(session, found, **how).sentences() == ["无变化。"]
    assert everything(database) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none/花名册.xlsx", "{}/none/花名册.xlsx 写不进去：没有这个文件夹或文件。"),
        ("file/花名册.xlsx", "{}/file/花名册.xlsx 写不进去：路径中有一段不是文件夹。"),
        ("folder.xlsx", "{}/folder.xlsx 写不进去：这是一个文件夹。"),
        ("花名册.csv", "花名册.csv 不是工作簿的文件名，应以 .xlsx 结尾。"),
    ],
)
def test_an_export_that_cannot_be_written(
    sqlite_database: Database, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.xlsx").mkdir()

    with sqlite_database.read() as session, pytest.raises(Refused) as refusal:
        export_roster(session, tmp_path / name)

    assert str(refusal.value) == said.format(tmp_path)


def test_the_demonstration_is_what_the_export_gives(database: Database) -> None:
    rows = demo_rows(date(2026, 1, 1), TODAY)
    with database.write() as session:
        report = import_roster(session, rows, now=NOW, today=TODAY, by="演示")
    assert [str(p) for p in report.problems] == [
        "组织!O32: 提示：云溪区南坪小学党支部：没有上次换届日期，无法提醒换届，请补填。"
    ]
    assert (report.orgs, report.persons, report.appointments) == (
        ImportCounts(31),
        ImportCounts(77),
        ImportCounts(78),
    )
    with database.read() as session:
        exported = exported_roster(session)
        ends = {c: known.elected_on for c, known in stored_orgs(session).items()}
    assert [row.cells for row in exported.orgs] == [row.cells for row in rows.orgs]
    assert [row.cells for row in exported.appointments] == [row.cells for row in rows.appointments]
    assert {code: ends[code] for code in ("QH-1", "XX-1", "SQ", "NP")} == {
        "QH-1": date(2023, 6, 5),  # ends 2026-06-05
        "XX-1": date(2023, 9, 19),  # its notice is due on 2026-03-19
        "SQ": date(2023, 2, 5),  # ended 2026-02-05
        "NP": None,
    }


def test_demo_addresses_are_each_person_s_own(database: Database) -> None:
    cells = [row.cells for row in demo_rows(date(2026, 1, 1), TODAY).appointments]
    without = [(c["org"], c["office"]) for c in cells if not c["email"]]
    assert without == [("BY-2", "宣传委员")]
    assert all(c["email"].endswith("@example.org") for c in cells if c["email"])
    assert [c["office"] for c in cells if c["email"] == "my.069@example.org"] == ["书记", "校长"]


def test_a_province_of_12_000_organizations_is_imported_in_few_statements(
    database: Database,
) -> None:
    """More ids than a statement takes, and no statement for each organization."""
    tree = ["S,省委教育工委,上级机关,,,,,"]
    tree += [f"B{n},第{n}支部,党支部,S,{n % 20},,,2024-01-01" for n in range(12_000)]
    assert len(tree) == 12_001
    with database.write() as session:
        report = import_roster(session, _as_sheets(tree), now=NOW, today=TODAY, by="管理员")
    assert report.orgs == ImportCounts(12_001)
    with database.read() as session:
        ids = [row.id for row in orgs.in_range(session, orgs.span(session, "S"))]
        assert people.holders(session, ids, FIRST_DAY) == {}
    assert len(ids) == 12_001


def _as_sheets(lines: Sequence[str]) -> RosterSheets:
    keys = {column.header: column.key for column in ORG_COLUMNS}
    columns = {keys[header]: n for n, header in enumerate(ORG_HEADER.split(","), 1)}
    origin = Origin("组织.csv", columns, lettered=False)
    rows = (dict(zip(columns, line.split(","), strict=True)) for line in lines)
    return RosterSheets(tuple(TableRow(origin, n, cells) for n, cells in enumerate(rows, 2)), ())
