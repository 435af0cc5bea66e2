"""What an import says of who is who: codes, people, addresses and offices as they are written."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from dj_cadence.loading.roster_file import read_roster
from dj_cadence.services.roster.export import check_roster
from dj_cadence.services.roster.import_roster import ImportReport, import_roster
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs, people
from dj_cadence.store.roster.stored_roster import stored_appointments, stored_orgs, stored_people
from dj_cadence.store.schema import address, org
from dj_cadence.store.site import site as sites

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 5)
ORGS = "组织代码,组织名称,类别,上级组织代码,上次换届日期"
PEOPLE = "组织代码,职务,性质,人员编号,姓名,邮箱,手机,任职日期,离任日期"
TOP = "E-1,云溪教育工委,上级机关,,"
BRANCH = "E-1-B,云溪一小支部,党支部,E-1,2024-05-10"
Load = Callable[..., ImportReport]


@pytest.fixture
def load(database: Database, tmp_path: Path) -> Load:
    """Import lines of the two sheets; what is said without the hints that nobody asked for."""
    with database.write() as session:
        sites.create(session, "site", date(2026, 1, 1))

    def run(
        tree: tuple[str, ...] = (), people: tuple[str, ...] = (), *, dry_run: bool = False
    ) -> ImportReport:
        paths = []
        for name, header, lines in (("组织", ORGS, tree), ("任职", PEOPLE, people)):
            if lines:
                paths.append(tmp_path / f"{name}.csv")
                paths[-1].write_text("\n".join([header, *lines]), encoding="utf-8")
        sheets, found = read_roster(paths)
        assert found == []
        with database.write() as session:
            return import_roster(
                session, sheets, now=NOW, today=TODAY, by="管理员", dry_run=dry_run
            )

    return run


def said(report: ImportReport) -> list[str]:
    """Places and words, hints about missing 书记 and dates left out."""
    ordinary = ("没有书记", "没有上次换届日期")
    return [
        f"{p.place}: {p.message}"
        for p in report.problems
        if not any(word in p.message for word in ordinary)
    ]


def codes(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(org.c.code).order_by(org.c.position)))


def secretaries(database: Database) -> list[tuple[str, str, bool]]:
    with database.read() as session:
        people = {p.id: p.name for p in stored_people(session)}
        return [
            (a.org, people[a.person_id], a.acting)
            for a in stored_appointments(session)
            if a.office == "书记"
        ]


def written_to(database: Database) -> str:
    with database.read() as session:
        branch = orgs.find_org(session, "E-1-B")
        return people.holders(session, [branch.id], TODAY)[branch.id, "书记"].name


@pytest.mark.parametrize(
    "code",
    ["e-1-b", "Ｅ－１－Ｂ", " E-1-B\u00a0", "E–1–B", "E-1\u200b-B", "E-1-Ｂ\u3000", "\ufeffE-1-B"],
)
def test_a_code_in_another_dress_is_the_same_organization(
    load: Load, database: Database, code: str
) -> None:
    load((TOP, BRANCH))
    report = load(
        (f"{code},云溪第一小学支部,党支部,e－1,2024-05-10",),
        (f"{code},书记,,,王芳,wang@yunxi.example,,,",),
    )
    assert said(report) == []
    assert (report.orgs.created, report.orgs.changed) == (0, 1)
    assert codes(database) == ["E-1", "E-1-B"]
    assert secretaries(database) == [("E-1-B", "王芳", False)]


def test_the_first_spelling_of_a_file_is_shown(load: Load, database: Database) -> None:
    report = load(
        ("ｙｘ－01,云溪教育工委,上级机关,,", "yx-01-B,云溪支部,党支部,YX-01,2024-05-10"),
        ("YX-01-b,书记,,,王芳,,,,",),
    )
    assert said(report) == []
    assert codes(database) == ["yx-01", "yx-01-B"]


def test_two_spellings_of_one_code_in_one_file_are_a_fault(load: Load) -> None:
    report = load((TOP, BRANCH, "e-1-b,云溪二小支部,党支部,E-1,2024-05-10"))
    assert said(report) == ["组织.csv:4:1: 组织代码“E-1-B”重复，已见于 组织.csv:3:1。"]


def test_codes_that_were_stored_alike_keep_working(load: Load, database: Database) -> None:
    load((TOP, BRANCH))
    with database.write() as session:
        row = session.execute(select(org).where(org.c.code == "E-1-B")).one()
        twin = {**row._mapping, "id": 99, "code": "e-1-b", "position": 3, "subtree_end": 3}
        session.execute(org.insert().values(**twin))
        top = org.update().where(org.c.code == "E-1").values(subtree_end=3)
        session.execute(top)
    report = load(people=("e-1-b,书记,,,王芳,,,,", "E-1-B,书记,,,李明,,,,"))
    assert said(report) == []
    assert secretaries(database) == [("E-1-B", "李明", False), ("e-1-b", "王芳", False)]
    with database.read() as session:
        assert [orgs.find_org(session, code).id for code in ("e-1-b", "E-1-B")] == [99, row.id]
        assert orgs.lookup(session, "E-1-b") is None


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (
            "E-01-B,云溪一小支部,党支部,E-1,2024-05-10",
            (
                "云溪一小支部：代码“E-01-B”与“E-1-B”（云溪一小支部）只差数字前面的零，"
                "会作为另一个组织新建；其实是同一个的，请把代码改成“E-1-B”。"
            ),
        ),
        (
            "E-7,云溪一小 支部,党支部,E-1,2024-05-10",
            (
                "云溪一小 支部：与“E-1-B”同名，代码不同，"
                "会作为另一个组织新建；其实是同一个的，请把代码改成“E-1-B”。"
            ),
        ),
    ],
)
def test_a_new_organization_that_looks_like_a_known_one_is_pointed_out(
    load: Load, new: str, text: str
) -> None:
    load((TOP, BRANCH))
    for dry_run in (True, False):
        report = load((new,), dry_run=dry_run)
        assert said(report) == [f"组织.csv:2:1: {text}"]
        assert report.orgs.created == 1


def test_a_common_name_under_other_superiors_is_nothing_to_speak_of(load: Load) -> None:
    tree = (
        TOP,
        "P1,甲校党委,党委,E-1,2024-05-10",
        "P2,乙校党委,党委,E-1,2024-05-10",
        "P1-1,第一党支部,党支部,P1,2024-05-10",
        "P2-1,第一党支部,党支部,P2,2024-05-10",
    )
    assert said(load(tree)) == []
    assert said(load(tree)) == []


def test_what_a_sheet_made_of_a_long_code_is_refused_with_advice(load: Load) -> None:
    report = load(
        (TOP, "3.7E+17,云溪支部,党支部,E-1,2024-05-10"), ("E-1,书记,,3.7E+17,王芳,,1.38E+10,,",)
    )
    cut = "被表格改写过，末几位已经丢失：请把这一列设为文本，重新输入全部数字。"
    assert said(report) == [
        f"组织.csv:3:1: 组织代码“3.7E+17”{cut}",
        "任职.csv:2:7: 手机“1.38E+10”被表格改写过，请把这一列设为文本，重新输入号码。",
        f"任职.csv:2:4: 人员编号“3.7E+17”{cut}",
    ]


@pytest.mark.parametrize("word", ["无", "暂无", "/", "—", "N/A"])
def test_nothing_is_said_by_an_empty_cell(load: Load, word: str) -> None:
    said_so = f"写的是“{word}”：没有就把这一格留空。"
    report = load(
        (f"E-1,云溪教育工委,上级机关,{word},", BRANCH),
        (f"E-1-B,书记,,{word},王芳,{word},{word},{word},{word}", f"E-1,书记,,,{word},,,,"),
    )
    assert sorted(said(report)) == sorted(
        [
            f"组织.csv:2:4: 组织代码{said_so.replace('—', '-')}",
            f"任职.csv:2:4: 人员编号{said_so.replace('—', '-')}",
            f"任职.csv:2:6: 邮箱{said_so}",
            f"任职.csv:2:7: 手机{said_so}",
            f"任职.csv:2:8: 任职日期{said_so}",
            f"任职.csv:2:9: 离任日期{said_so}",
            f"任职.csv:3:5: 姓名写的是“{word}”：职务空缺的，不要写这一行。",
        ]
    )


def test_a_name_in_another_dress_is_the_same_person(load: Load, database: Database) -> None:
    load((TOP, BRANCH), ("E-1-B,书记,,,王 芳,,,,",))
    report = load(
        people=(
            "E-1-B,组织委员,,,王　芳,wang@yunxi.example,,,",
            "E-1-B,书记,,,王\u200b芳,王芳<Wang@yunxi.example>；,,,",
        )
    )
    assert said(report) == []
    with database.read() as session:
        assert [p.name for p in stored_people(session)] == ["王芳"]
        assert list(session.scalars(select(address.c.value))) == ["wang@yunxi.example"]


def test_a_persons_number_is_the_same_in_full_width_letters(load: Load, database: Database) -> None:
    load((TOP, BRANCH), ("E-1-B,书记,,T-01,王芳,,,,",))
    assert said(load(people=("E-1-B,委员,,ｔ－01,王芳,,,,",))) == []
    with database.read() as session:
        assert [p.key for p in stored_people(session)] == ["T-01"]
        assert people.find_person(session, "t–０１").name == "王芳"


def test_a_person_is_found_by_an_address_as_it_is_typed(load: Load, database: Database) -> None:
    load((TOP, BRANCH), ("E-1-B,书记,,,王芳,wang@yunxi.example,13800138000,,",))
    with database.read() as session:
        for typed in ("王芳<WANG@yunxi.example>", "+86 138 0013 8000", "138-0013-8000"):
            assert people.find_person(session, typed).name == "王芳"


def test_an_address_that_moves_is_said(load: Load) -> None:
    load((TOP, BRANCH), ("E-1-B,书记,,,王芳,office@yunxi.example,13800138000,,",))
    report = load(
        people=(
            "E-1-B,书记,,,王芳,wang@yunxi.example,,,2026-02-28",
            "E-1-B,书记,,,李明,office@yunxi.example,13800138000,2026-03-01,",
        ),
        dry_run=True,
    )
    assert said(report) == [
        "任职.csv:3:6: 邮箱“office@yunxi.example”由王芳转给了李明：以后的提醒发给李明，请核对。"
    ]


def test_a_mailbox_that_two_share_is_said(load: Load) -> None:
    load((TOP, BRANCH), ("E-1-B,书记,,1,王芳,office@yunxi.example,,,",))
    report = load(
        people=(
            "E-1-B,书记,,1,王芳,office@yunxi.example,,,",
            "E-1-B,委员,,2,李明,office@yunxi.example,,,",
        )
    )
    assert said(report) == [
        "任职.csv:3:6: 邮箱“office@yunxi.example”由王芳和李明共用：以后按两个人分别提醒，请核对。"
    ]


def test_a_new_name_at_a_known_mailbox_says_what_to_do_where_it_is_somebody_else(
    load: Load,
) -> None:
    load((TOP, BRANCH), ("E-1-B,书记,,,王芳,office@yunxi.example,,,",))
    report = load(people=("E-1-B,书记,,,李明,office@yunxi.example,,,",))
    assert said(report) == [
        (
            "任职.csv:2:5: 按编号、邮箱或手机认定为原来的“王芳”，改名为“李明”，请核对；"
            "换了人的，请把王芳也写上一行，填离任日期。"
        )
    ]


def test_two_people_that_become_one_are_said(load: Load) -> None:
    load((TOP, BRANCH), ("E-1,书记,,,王芳,wang@yunxi.example,,,", "E-1-B,委员,,,王芳,,,,"))
    report = load(people=("E-1-B,委员,,,王芳,wang@yunxi.example,,,",))
    assert said(report) == [
        (
            "任职.csv:2:5: 原来有两个王芳，现在按编号、邮箱或手机认作一个人；"
            "另一个的任职仍然保留，不要了的请填离任日期。"
        )
    ]


def test_a_person_who_becomes_two_is_pointed_out(load: Load) -> None:
    load((TOP, BRANCH), ("E-1-B,书记、组织委员,,,王芳,wang@yunxi.example,,,",))
    report = load(
        people=(
            "E-1-B,书记,,,王芳,wang@yunxi.example,,,",
            "E-1-B,组织委员,,,王芳,fang@yunxi.example,,,",
        )
    )
    assert said(report) == [
        "任职.csv:3:5: 原来的王芳分成了两个人；其实是一个人的，请统一编号、邮箱和手机。"
    ]


def test_a_landline_tells_nobody_apart(load: Load, database: Database) -> None:
    report = load(
        (TOP, BRANCH), ("E-1-B,书记,,,王芳,,0532-85881234,,", "E-1-B,委员,,,李明,,(0532)85881234,,")
    )
    assert said(report) == []
    with database.read() as session:
        assert [p.name for p in stored_people(session)] == ["王芳", "李明"]


def test_offices_as_they_are_written(load: Load, database: Database) -> None:
    report = load(
        (TOP, BRANCH),
        (
            "E-1-B,副书记（主持工作）,,,王芳,,,,",
            "E-1-B,组织、宣传委员,,,李明,,,,",
            "E-1-B,青年委员,,,赵强,,,,",
            "E-1,第一书记,,,孙丽,,,,",
            "E-1,书记兼校长,主持工作（临时负责）,,周杰,,,,",
        ),
    )
    assert said(report) == []
    assert report.sentences()[-1] == (
        "照原样保存、随附的职责都不找他们办的职务：第一书记（1人）、青年委员（1人）。"
    )
    with database.read() as session:
        held = [(a.org, a.office, a.acting) for a in stored_appointments(session)]
    assert held == [
        ("E-1", "第一书记", False),
        ("E-1", "书记", True),
        ("E-1", "校长", True),
        ("E-1-B", "书记", True),
        ("E-1-B", "副书记", False),
        ("E-1-B", "组织委员", False),
        ("E-1-B", "宣传委员", False),
        ("E-1-B", "青年委员", False),
    ]


def test_an_unknown_office_is_a_fault_that_names_the_nearest(load: Load) -> None:
    report = load((TOP, BRANCH), ("E-1-B,书记兼组识委员,,,王芳,,,,",))
    assert said(report) == ["任职.csv:2:2: 不认识的职务“组识委员”，是否想写“组织委员”？"]


@pytest.mark.parametrize(
    ("office", "word"),
    [
        ("总支委员、第一党支部书记", "总支"),
        ("党委委员（党支部书记）", "党委"),
        ("党总支书记", "总支"),
        ("第一党支部书记", ""),
        ("书记、团支部书记", ""),
        ("党支部书记兼工会主席", ""),
    ],
)
def test_an_office_of_another_kind_of_organization_is_said(
    load: Load, office: str, word: str
) -> None:
    report = load((TOP, BRANCH), (f"E-1-B,{office},,,王芳,,,,",))
    text = (
        f"任职.csv:2:2: 职务“{office}”里有{word}的职务，"
        "云溪一小支部是党支部：都按云溪一小支部的导入；是别的组织的，请在那个组织名下另写一行。"
    )
    assert said(report) == ([text] if word else [])


RIVALS = (
    "云溪一小支部：王芳、李明同时是书记，提醒只发给{0}"
    "（主持工作的优先，其余以任职日期最近的为准）；已经离任的，请填离任日期。"
)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("书记,,,王芳,,,2020-01-01,", "书记,,,李明,,,2026-01-01,", "李明"),
        ("书记,,,王芳,,,,", "书记,,,李明,,,,", "李明"),
        ("副书记（主持工作）,,,王芳,,,2020-01-01,", "书记,,,李明,,,2026-01-01,", "王芳"),
        ("书记,,,王芳,,,2020-01-01,2026-06-30", "书记,,,李明,,,2026-06-30,", "李明"),
        ("书记,,,王芳,,,2020-01-01,2026-01-31", "书记,,,李明,,,2026-01-01,", ""),
        ("书记,,,王芳,,,2020-01-01,2026-06-30", "书记,,,李明,,,2026-07-01,", ""),
    ],
)
def test_two_secretaries_at_a_time_are_pointed_out(
    load: Load, database: Database, first: str, second: str, told: str
) -> None:
    """Whether both stand in one file, or one is known already."""
    wanted = [f"任职.csv:3:2: {RIVALS.format(told)}"] if told else []
    assert said(load((TOP, BRANCH), (f"E-1-B,{first}", f"E-1-B,{second}"), dry_run=True)) == wanted
    load((TOP, BRANCH), (f"E-1-B,{first}",))
    again = [text.replace(":3:", ":2:") for text in wanted]
    assert said(load(people=(f"E-1-B,{second}",))) == again
    with database.read() as session:
        checked = [p.message for p in check_roster(session, TODAY) if "同时是书记" in p.message]
    assert checked == ([RIVALS.format(told).removeprefix("云溪一小支部：")] if told else [])
    if told and "2026-06-30" not in first:
        assert written_to(database) == told


def test_a_code_with_any_sign_is_taken(load: Load, database: Database) -> None:
    load((TOP, "37/01?,云溪一小支部,党支部,E-1,2024-05-10"))
    with database.read() as session:
        assert stored_orgs(session)["37/01?"].cells["name"] == "云溪一小支部"
