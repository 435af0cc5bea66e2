"""Wrong input: a Chinese sentence that says what to do, the right exit code, nothing changed."""

import re
from pathlib import Path

import pytest

from dj_cadence.loading.roster_file import read_roster
from tests.world.terminal import Answer, Terminal, type_command

CHINESE = re.compile(r"[\u4e00-\u9fff]")
THREE_FAULTS = """\
rows: ["2.4"]
duties:
  theme_party_day:
    title: 主题党日
    tier: X
    owed_by: {kind: [branch, joint_branch]}
    every: fortnight
    office: 书记
    remind: monthlyy
    basis:
      - {certainty: standard, supports: [duty, period], document: 山东省中小学校党建工作基本要求}
"""


def is_plain(answer: Answer, code: int) -> None:
    said = answer.err + answer.out
    assert answer.code == code, said
    assert CHINESE.search(said)
    assert "Traceback" not in said
    assert not re.search(r"[A-Z]\w*(Error|Exception)\b", said)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("tasks", "--org", "QX-1"), 1, "没有代码为“QX-1”的组织"),
        (("digest", "XX-9"), 1, "没有代码为“XX-9”的组织"),
        (("feed", "nobody"), 1, "没有代码为“nobody”的组织"),
        (("explain", "999999"), 1, "没有编号为 999999 的任务"),
        (("done", "999999"), 1, "没有编号为 999999 的任务"),
        (("done", "abc"), 2, "“abc”应为数字"),
        (("done", "1", "--on", "2026-13-01"), 2, "“2026-13-01”不是日期，应写成 2026-03-05 这样"),
        (("done", "1", "--on", "3月5日"), 2, "“3月5日”不是日期"),
        (
            ("done", "1", "--as", "nobody@example.org"),
            1,
            "没有编号或地址为“nobody@example.org”的人员",
        ),
        (("tasks", "--from", "26-3-5"), 2, "不是日期"),
        (("tasks", "--state", "opn"), 2, "没有“opn”这种状态"),
        (("tasks", "--subtree"), 2, "--subtree 要和 --org 一起用"),
        (("rules", "theme_party_dya"), 1, "theme_party_day"),
        (("tick", "--at", "2026-12-01"), 2, "不是带时区的时刻"),
        (("tick", "--at", "2026-12-01T08:30:00+08:00"), 1, "还没有到"),
        (("tasks", "--duty", "theme_party_da"), 1, "是否想写“theme_party_day”"),
        (("digest", "YX", "--week", "2026-48"), 2, "应写成 2026-W48 这样"),
        (("run", "--port", "99999"), 2, "端口应在 0 到 65535 之间"),
        (("simulate", "--from", "2026-12-01"), 2, "--from 和 --until"),
        (("simulate", "--from", "2026-12-02", "--until", "2026-12-01"), 2, "起在前、止在后"),
        (
            ("simulate", "--from", "2026-12-01", "--until", "2026-12-02", "--answer", "often"),
            1,
            "never、on-time 或 late:天数",
        ),
        (("send", "maybe"), 2, "应为 on 或 off"),
        (("login-link", "nobody"), 1, "没有编号或地址为“nobody”的人员"),
        (("digest", "QH-1"), 1, "没有下级组织"),
        (("digest", "YX", "--week", "2026-W01"), 1, "没有留存 2026-W01 的周报"),
        (("roster", "import", "/no/such/file.xlsx"), 1, "没有这个文件"),
        (("plan", "--allow-withdrawals", "many"), 2, "“many”应为数字"),
        (("explain",), 2, "缺少参数：任务。用 --help 查看用法。"),
        (("explian", "1"), 2, "没有 explian 这个命令。用 --help 查看用法。"),
        (("tasks", "--all"), 2, "没有 --all 这个选项。用 --help 查看用法。"),
        (("missed", "1"), 1, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_word_is_answered_in_chinese(
    look: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    answer = look(*words)

    is_plain(answer, code)
    assert said in answer.err + answer.out


def test_every_fault_of_a_rule_file_is_named_with_its_place(act: Terminal) -> None:
    (act.site / "schedules" / "duties").mkdir(parents=True)
    (act.site / "schedules" / "duties" / "own.yaml").write_text(THREE_FAULTS, encoding="utf-8")
    before = act("tasks", "--json").out

    answer = act("check")

    is_plain(answer, 1)
    places = [m[1] for line in answer.lines if (m := re.match(r"\S*own\.yaml:(\d+):\d+: ", line))]
    assert places == ["5", "7", "9"]
    assert "    |     tier: X\n    |           ^\n" in answer.out
    assert answer.lines[-1] == "共 3 处错误，请按位置修改后再检查。"

    for refused in (act("plan"), act("plan", "--json"), act("plan", "--apply")):
        *said, last = refused.err.splitlines()
        named = [line for line in said if not line.startswith("    | ")]
        assert (refused.code, refused.out, len(named), len(said)) == (1, "", 3, 9)
        assert last == "规则文件有 3 处错误，请先修正。已应用的版本继续有效。"
    assert act("tick").code == 0
    assert act("tasks", "--json").out == before


def test_a_circle_in_the_roster_is_refused_and_nothing_is_written(
    act: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "组织.csv"
    path.write_text(
        "组织代码,组织名称,类别,上级组织代码\nA,甲党委,党委,B\nB,乙党总支,党总支,A\n",
        encoding="utf-8",
    )

    answer = act("roster", "import", path)

    is_plain(answer, 1)
    assert answer.lines[-1].endswith("没有写入任何数据。请修改后重新导入。")
    assert "组织.csv:" in answer.out
    assert "    | A | 甲党委 | 党委 | B\n    |                     ^\n" in answer.out
    assert "甲党委" not in act("roster", "tree").out


def test_a_fault_of_a_calendar_shows_its_line(act: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "节假日.yaml"
    path.write_text("year: 2028\nstatus: offical\nsource: 通知\nholidays: []\n", encoding="utf-8")

    answer = act("calendar", "import", path)

    is_plain(answer, 1)
    assert "节假日.yaml:2:9: “offical”不可用" in answer.out
    assert "是否想写“official”" in answer.out
    assert "    | status: offical\n    |         ^\n" in answer.out


def test_only_who_leads_an_organization_announces_for_it(act: Terminal) -> None:
    words = ("announce", "theme_party_day", "--org", "QH", "--due", "2026-12-25", "--as")

    assert act(*words, act_person(act, "QH-1", "书记")).code == 1
    assert act(*words, act_person(act, "QH", "书记")).code == 0


def act_person(terminal: Terminal, org: str, office: str) -> str:
    """The address of who holds an office in the demonstration."""
    path = terminal.site / "花名册.xlsx"
    assert terminal("roster", "export", path).code == 0
    sheets, _ = read_roster([path])
    held = {(r.cells["org"], r.cells["office"]): r.cells["email"] for r in sheets.appointments}
    return held[org, office]


def test_an_unknown_channel_is_named_with_its_place(act: Terminal) -> None:
    path = act.site / "site.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('notifier = "maildir"', 'notifier = "fax"'),
        encoding="utf-8",
    )

    answer = act("check")

    is_plain(answer, 1)
    assert re.search(r"site\.toml:\d+:\d+: .*fax", answer.out)
    is_plain(act("tick"), 1)


def test_a_channel_that_a_reminder_plan_names_and_the_site_does_not_have(act: Terminal) -> None:
    own = act.site / "schedules" / "reminder-plans.yaml"
    own.parent.mkdir(exist_ok=True)
    reminder_step = "{key: list, from: due_month, channels: [emial]}"
    own.write_text(
        f"plans:\n  monthly:\n    title: 每月\n    rungs:\n      - {reminder_step}\n", "utf-8"
    )

    checked = act("check")

    assert checked.code == 0
    assert (
        "reminder-plans monthly: 提示：发送时按 site.toml 的顺序，"
        "因为那里没有渠道 emial，是否想写“email”？\n"
    ) in checked.out


def test_a_key_that_site_toml_does_not_have(act: Terminal) -> None:
    path = act.site / "site.toml"
    path.write_text('nmae = "x"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")

    answer = act("check")

    is_plain(answer, 1)
    assert re.search(r"site\.toml:1:\d+: .*nmae", answer.out)
    assert "    | " not in answer.out  # a line of the settings may hold a secret


@pytest.mark.parametrize("words", [("tasks",), ("check",), ("tick",), ("doctor",)], ids=" ".join)
def test_a_database_that_is_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    site = Terminal(tmp_path / "site")
    type_command("init", site.site)
    for path in site.site.glob("dj-cadence.db*"):
        path.unlink()
    (site.site / "dj-cadence.db").write_bytes(b"this is not a database " * 500)

    is_plain(site(*words), 1)
    assert (site.site / "dj-cadence.db").read_bytes().startswith(b"this is not a database")


def test_no_site_here(tmp_path: Path) -> None:
    answer = type_command("--site", tmp_path, "tasks")

    is_plain(answer, 1)
    assert "不是站点文件夹" in answer.err


def test_a_site_before_its_rules_are_applied(tmp_path: Path) -> None:
    site = Terminal(tmp_path / "site")
    type_command("init", site.site)

    for words in (("tasks",), ("tick",), ("explain", "1")):
        answer = site(*words)
        is_plain(answer, 1)
        assert "plan --apply" in answer.err


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")

    is_plain(type_command("init", tmp_path / "file" / "site"), 1)


def test_recording_a_task_twice_is_refused(act: Terminal) -> None:
    row = next(r for r in act("tasks", "--json").objects if r["state"] == "done")

    answer = act("done", row["id"])

    is_plain(answer, 1)
    assert "没有重复登记" in answer.err
