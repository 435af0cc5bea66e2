"""calendar list and calendar import, as a person types them on the demo site."""

from pathlib import Path

import pytest

from tests.world.terminal import Terminal, type_command

NOTICE = """\
日期,类型,名称,来源
2027-01-01..2027-01-03,放假,元旦,为测试编写的通知
2027-02-05..2027-02-11,放假,春节,
2027-01-30,上班,春节,
2027-02-28,上班,,
2027-04-03..2027-04-05,放假,清明节,
2027-05-01..2027-05-05,放假,劳动节,
2027-06-09,放假,端午节,
2027-09-15,放假,中秋节,
2027-10-01..2027-10-07,放假,国庆节,
"""


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    """The holidays of 2027 as a table."""
    path = tmp_path / "放假安排.csv"
    path.write_text(NOTICE, encoding="utf-8")
    return path


def test_the_list_says_what_is_known_and_what_is_not(look: Terminal) -> None:
    answer = look("calendar", "list")

    assert answer.code == 0
    assert [line.split()[:2] for line in answer.lines[1:5]] == [
        ["2024", "已公布"],
        ["2025", "已公布"],
        ["2026", "已公布"],
        ["2027", "仅法定"],
    ]
    assert [line.split()[5] for line in answer.lines if "第二学期" in line] == ["暂定"] * 3


def test_calendar_list_gives_json(look: Terminal) -> None:
    rows = look("calendar", "list", "--json").objects

    assert rows[2] == {
        "calendar": "holidays",
        "year": 2026,
        "status": "official",
        "days_off": 33,
        "make_up_days": 6,
        "source": "国务院办公厅关于2026年部分节假日安排的通知",
        "file": "schedules/calendars/holidays-2026.yaml",
        "shipped": True,
    }
    assert rows[-1] == {
        "calendar": "semester",
        "label": "2026-2027-S2",
        "city": "",
        "stage": "",
        "first": "2027-02-22",
        "last": "2027-07-04",
        "provisional": True,
        "source": "示例，未公布",
        "file": "schedules/calendars/semesters.yaml",
        "shipped": True,
    }


def test_without_a_site_the_shipped_calendars_are_listed(tmp_path: Path) -> None:
    answer = type_command("--site", tmp_path, "calendar", "list", "--json")

    assert answer.code == 0
    assert {row["shipped"] for row in answer.objects} == {True}


def test_the_dry_run_says_what_would_move_and_stores_nothing(look: Terminal, notice: Path) -> None:
    answer = look("calendar", "import", notice, "--dry-run")

    assert answer.code == 0
    moved = [line for line in answer.lines if line.startswith("主题党日：")]
    assert len(moved) == 1
    assert moved[0].startswith("主题党日：改期 ")
    samples = answer.lines[answer.lines.index(moved[0]) + 1 :][:5]
    assert (
        samples[1]
        == "    QH-1 2027年2月 计划 2027-02-10 → 2027-02-12，截止 2027-02-26 → 2027-02-28"
    )
    assert answer.lines[-2].startswith("日期由暂定变为确定的任务：")
    assert answer.lines[-1] == "以上是预览，没有存入。去掉 --dry-run 即存入。"
    assert list((look.site / "schedules").iterdir()) == []
    assert look("plan").out == "没有变化。\n"


def test_an_import_moves_nothing_until_it_is_applied(act: Terminal, notice: Path) -> None:
    def dues() -> list[tuple[int, str]]:
        return [(row["id"], row["due"]) for row in act("tasks", "--json").objects]

    before = dues()
    answer = act("calendar", "import", notice)

    said = (
        "已存入 schedules/calendars/holidays-2027.yaml；运行 plan 查看影响，确认后 plan --apply。"
    )
    assert (answer.code, answer.lines) == (0, [said])
    assert act("check").code == 0
    assert dues() == before
    assert act("calendar", "import", notice).out == "无变化：规则里的日历已经是这样。\n"

    moves = act("plan", "--json").objects
    assert act("plan", "--apply").code == 0
    changed = dict(dues())
    assert {id_ for id_, due in before if changed[id_] != due} != set()
    assert {move["change"] for move in moves} == {"move"}
    assert list(changed) == [id_ for id_, _ in before]


def test_a_file_with_faults_is_not_stored(act: Terminal, notice: Path) -> None:
    notice.write_text(NOTICE.replace("2027-02-28,上班", "2027-02-24,上班"), encoding="utf-8")

    answer = act("calendar", "import", notice)

    assert (answer.code, answer.lines) == (
        1,
        [
            "放假安排.csv:5:1: 2027-02-24 不是周末，不会是调休上班日",
            "    | 2027-02-24 | 上班 |  |",
            "共 1 处错误，没有存入。请修改后重新导入。",
        ],
    )
    assert list((act.site / "schedules").iterdir()) == []


def test_semesters_of_a_city_that_nobody_has_are_stored_with_a_warning(
    act: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "校历.csv"
    row = "2026-2027,2,别处,小学,2027-02-22,2027-07-04"
    path.write_text(f"学年,学期,城市,学段,开始,结束\n{row}\n", encoding="utf-8")

    answer = act("calendar", "import", path)

    assert answer.code == 0
    assert [line.split("，")[0] for line in answer.lines] == [
        "校历.csv:2: 提示：花名册里没有别处小学的组织",
        "已存入 schedules/calendars/semesters-别处.yaml；运行 plan 查看影响",
    ]


@pytest.mark.parametrize(
    ("name", "said"), [("没有.xlsx", "没有这个文件"), ("x.pdf", "不认识的文件类型")]
)
def test_what_is_no_calendar_is_refused(
    look: Terminal, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "x.pdf").write_bytes(b"")

    answer = look("calendar", "import", tmp_path / name)

    assert (answer.code, said in answer.err) == (1, True)
