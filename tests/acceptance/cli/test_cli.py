"""Every command on the demo site, as a person types it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from dj_cadence.loading.roster_file import read_roster
from tests.world.terminal import TODAY, Terminal, type_command

CHINESE = re.compile(r"[\u4e00-\u9fff]")
TASK_FIELDS = [
    *("id", "org", "duty", "step", "title", "period", "opens", "planned", "due", "state"),
    *("overdue_days", "provisional", "target", "unit", "done", "office", "completed_on"),
    "late_days",
]


def open_task(terminal: Terminal, **wanted: object) -> dict[str, Any]:
    """An open task of a month that is waiting to be done."""
    wanted = {"state": "open", "target": 1, "duty": "theme_party_day"} | wanted
    found = [
        row
        for row in terminal("tasks", "--json").objects
        if all(row[name] == value for name, value in wanted.items())
    ]
    return found[0]


def task(terminal: Terminal, task_id: int) -> dict[str, Any]:
    (found,) = [row for row in terminal("tasks", "--json").objects if row["id"] == task_id]
    return found


# --- looking -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("rules",),
        ("rules", "theme_party_day"),
        ("roster", "tree"),
        ("roster", "check"),
        ("plan",),
        ("tasks",),
        ("tasks", "--org", "QH", "--subtree"),
        ("digest", "YX"),
        ("doctor",),
        ("--help",),
        ("simulate", "--from", "2026-11-01", "--until", "2026-11-08"),
    ],
    ids=" ".join,
)
def test_a_command_that_looks_says_something_in_chinese(
    look: Terminal, words: tuple[str, ...]
) -> None:
    answer = look(*words)

    assert answer.code == 0, answer.err
    assert CHINESE.search(answer.out)
    assert "Traceback" not in answer.err


def test_the_shipped_rules_are_without_fault(tmp_path: Path) -> None:
    answer = type_command("--site", tmp_path, "check")

    assert (answer.code, answer.lines[-1][:4]) == (0, "检查通过")


def test_rules_gives_json(look: Terminal) -> None:
    rules = look("rules", "--json").objects

    assert {"theme_party_day", "committee_term", "election_reminder"} <= {r["key"] for r in rules}
    for rule in rules:
        assert set(rule) >= {
            *("key", "title", "tier", "rows", "enabled", "owed_by", "recurrence", "office"),
            *("basis", "certainty"),
        }
    assert look("rules", "theme_party_day", "--json").objects == [
        rule for rule in rules if rule["key"] == "theme_party_day"
    ]


def test_a_rule_tells_who_owes_it_between_which_days_and_what_it_counts_for(tmp_path: Path) -> None:
    answer = type_command("--site", tmp_path, "rules", "org_life_meeting")

    assert answer.lines[:8] == [
        "组织生活会（org_life_meeting）",
        "  条目：2.4　层级：B　负责：书记",
        "  承担：党支部、联合党支部",
        "  周期：每年1次　提醒方案：yearly",
        "  日期：10月1日至次年3月31日办理",
        "  流程：定会期 → 开会 → 报送情况 → 整改落实",
        "  可一并计入：民主评议党员、支部党员大会",
        "  做法：先学习、谈心、征求意见，再开会查摆问题、开展批评和自我批评，会后列出整改清单。",
    ]
    assert answer.lines[8] == "  上报：逾期的，上级能看到"


def test_the_schema_is_one_json_object(look: Terminal) -> None:
    (schema,) = look("rules", "--schema").objects

    assert "$defs" in schema or "properties" in schema


def test_a_fresh_demo_has_nothing_left_to_plan(look: Terminal) -> None:
    assert look("plan").out == "没有变化。\n"
    assert look("plan", "--json").out == ""


def test_tasks_as_json_have_the_promised_fields(look: Terminal) -> None:
    rows = look("tasks", "--json").objects

    assert len(rows) > 500
    assert all(list(row) == TASK_FIELDS for row in rows)
    assert {row["state"] for row in rows} >= {"planned", "open", "done", "overdue"}


def test_tasks_filters_by_each_option(look: Terminal) -> None:
    rows = look("tasks", "--json").objects

    def those(*words: str) -> list[int]:
        return [row["id"] for row in look("tasks", "--json", *words).objects]

    assert those("--org", "QH-1") == [r["id"] for r in rows if r["org"] == "QH-1"]
    assert those("--org", "QH", "--subtree") == [
        r["id"] for r in rows if r["org"].split("-")[0] == "QH"
    ]
    assert those("--state", "overdue") == [r["id"] for r in rows if r["state"] == "overdue"]
    assert those("--state", "逾期") == those("--state", "overdue")
    assert those("--duty", "committee_term") == [
        r["id"] for r in rows if r["duty"] == "committee_term"
    ]
    assert those("--from", "2026-11-30", "--until", "2026-12-31") == [
        r["id"] for r in rows if "2026-11-30" <= r["due"] <= "2026-12-31"
    ]


def test_the_demo_shows_what_it_promises(look: Terminal) -> None:
    tree = look("roster", "tree").lines

    assert len(tree) >= 30
    assert any("教育工委" in line for line in tree)
    assert [f.name for f in (look.site / "maildir" / "new").iterdir()] != []


def test_digest_is_written_to_a_file(look: Terminal, tmp_path: Path) -> None:
    answer = look("digest", "YX", "--out", tmp_path / "周报.txt")

    assert answer.code == 0
    assert "云溪区" in (tmp_path / "周报.txt").read_text(encoding="utf-8")


def test_a_feed_has_an_address_and_a_calendar(look: Terminal, tmp_path: Path) -> None:
    address = look("feed", "QH-1").out.strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/feeds/[\w.~-]+\.ics", address)
    assert look("feed", "QH-1").out.strip() == address

    assert look("feed", "QH-1", "--out", tmp_path / "a.ics").code == 0
    calendar = Calendar.from_ical((tmp_path / "a.ics").read_bytes())
    assert len(calendar.walk("VEVENT")) > 5


def test_explain_tells_the_whole_story(look: Terminal) -> None:
    row = open_task(look)
    said = look("explain", row["id"]).out

    for heading in ("为什么有这项任务", "日期怎么来的", "有过哪些变动", "发过哪些提醒", "接下来"):
        assert heading in said


# --- acting -------------------------------------------------------------------------------------


def test_a_task_is_planned_done_and_taken_back(act: Terminal) -> None:
    row = open_task(act)

    assert (
        act("planned", row["id"], "--on", "2026-11-27", "--at", "14:30", "--place", "会议室").code
        == 0
    )
    assert task(act, row["id"])["planned"] == "2026-11-27"

    assert (
        act(
            "done", row["id"], "--on", "2026-11-19", "--note", "学习", "--as", "yx.002@example.org"
        ).code
        == 0
    )
    after = task(act, row["id"])
    assert (after["state"], after["completed_on"], after["late_days"]) == ("done", "2026-11-19", 0)
    assert "云溪干事" in act("explain", row["id"]).out

    assert act("reopen", row["id"], "--reason", "登错了").code == 0
    assert act("tick").code == 0
    assert task(act, row["id"])["state"] == "open"


def test_done_without_a_day_is_today(act: Terminal) -> None:
    row = open_task(act)

    assert act("done", row["id"]).code == 0
    assert task(act, row["id"])["completed_on"] == TODAY.isoformat()


def test_once_the_time_is_over_the_day_is_asked_for(act: Terminal) -> None:
    row = open_task(act, state="overdue")

    asked = act("done", row["id"])
    assert asked.code == 1
    assert "请写明实际办理日期" in asked.err
    assert f"今天补开、补办的，写 --on {TODAY}。" in asked.err
    assert task(act, row["id"]) == row

    assert act("done", row["id"], "--on", TODAY).code == 0
    assert task(act, row["id"])["completed_on"] == TODAY.isoformat()


def test_the_day_of_an_election_is_never_guessed(act: Terminal) -> None:
    row = open_task(act, duty="committee_term", step="")

    asked = act("done", row["id"])
    assert (asked.code, "请写明选举大会的日期" in asked.err) == (1, True)
    assert task(act, row["id"]) == row


def test_a_month_gone_by_is_missed(act: Terminal) -> None:
    row = open_task(act, state="overdue")

    assert act("missed", row["id"], "--reason", "全员外出培训").code == 0
    assert task(act, row["id"])["state"] == "missed"


def test_tick_runs_a_pass_at_a_given_instant(act: Terminal) -> None:
    answer = act("tick", "--at", "2026-12-01T08:30:00+08:00", "--yes")

    assert answer.code == 0
    assert re.fullmatch(r"检查任务 \d+ 项，生成消息 \d+ 封，发出 \d+ 封。\n", answer.out)
    assert int(re.findall(r"\d+", answer.out)[2]) > 10


def test_send_off_holds_messages_until_send_on(act: Terminal) -> None:
    assert act("send", "off").code == 0
    assert act("tick", "--at", "2026-12-01T08:30:00+08:00", "--yes").out.endswith("发出 0 封。\n")
    assert act("doctor").code == 1
    assert act("send", "on").code == 0


def test_a_digest_is_sent_at_once(act: Terminal) -> None:
    before = len(list((act.site / "maildir" / "new").iterdir()))

    answer = act("digest", "YX", "--send")

    assert (answer.code, answer.lines[-1]) == (0, "已交给 yx.002@example.org 的通知渠道。")
    assert len(list((act.site / "maildir" / "new").iterdir())) == before + 1


def test_login_link_prints_an_address(act: Terminal) -> None:
    answer = act("login-link", "yx.002@example.org")

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/login/\S+\n", answer.out)


def test_a_person_has_a_calendar_of_all_offices(look: Terminal, tmp_path: Path) -> None:
    look("roster", "export", tmp_path / "roster.xlsx")
    sheets, faults = read_roster([tmp_path / "roster.xlsx"])
    assert faults == []
    holder = next(
        row.cells["email"]
        for row in sheets.appointments
        if (row.cells["org"], row.cells["office"]) == ("QH-1", "书记")
    )
    own = look("feed", "--person", holder).out
    assert own == look("feed", "QH-1", "--person", holder).out != look("feed", "QH-1").out
    assert look("feed", "YX", "--person", holder).code == 1
    assert look("feed").code == 2


def test_a_feed_address_is_changed(act: Terminal) -> None:
    before = act("feed", "QH-1").out

    assert act("feed", "QH-1", "--rotate").out != before


def test_a_roster_goes_out_and_comes_back(act: Terminal, tmp_path: Path) -> None:
    workbook = tmp_path / "花名册.xlsx"

    assert act("roster", "export", workbook).code == 0
    preview = act("roster", "import", workbook, "--dry-run").lines
    assert preview[-2:] == ["以下是预览，没有写入：", "无变化。"]
    assert act("roster", "import", workbook).lines[-1] == "无变化。"
    assert act("plan").out == "没有变化。\n"


def test_a_new_branch_is_planned_and_told(act: Terminal, tmp_path: Path) -> None:
    (tmp_path / "组织.csv").write_text(
        "组织代码,组织名称,类别,上级组织代码,成立日期\nNEW,新设党支部,党支部,QH,2026-11-01\n",
        encoding="gb18030",
    )
    (tmp_path / "任职.csv").write_text(
        "组织代码,职务,姓名,邮箱\nNEW,书记,新书记,new@example.org\n", encoding="utf-8-sig"
    )

    assert act("roster", "import", tmp_path / "组织.csv", tmp_path / "任职.csv").code == 0
    changes = act("plan", "--json").objects

    assert {(c["change"], c["org"]) for c in changes} == {("create", "NEW")}
    assert set(changes[0]) == {
        *("change", "org", "duty", "step", "period", "planned", "due", "was_due", "cause")
    }
    assert act("plan", "--apply").lines[-1] == "已应用。"
    assert len(act("tasks", "--org", "NEW", "--json").objects) == len(changes)


def test_a_rule_of_ones_own_is_not_in_force_until_it_is_applied(act: Terminal) -> None:
    shipped = Path(sys.modules["dj_cadence"].__file__ or "").parent / "schedules"
    text = (shipped / "duties" / "2.4-organizational-life.yaml").read_text(encoding="utf-8")
    (act.site / "schedules" / "duties").mkdir(parents=True)
    own = act.site / "schedules" / "duties" / "2.4-organizational-life.yaml"
    own.write_text(text.replace("every: quarter", "every: half_year"), encoding="utf-8")

    assert act("check").code == 0
    act("tick")
    before = act("tasks", "--duty", "party_lecture_branch", "--json").out
    assert "2027-Q1" in before
    assert "尚未应用" in act("doctor").out
    assert act("tasks", "--duty", "party_lecture_branch", "--json").out == before

    refused = act("plan", "--apply")
    assert refused.code == 1
    (needed,) = re.findall(r"--allow-withdrawals (\d+)", refused.err)
    assert act("tasks", "--duty", "party_lecture_branch", "--json").out == before

    assert act("plan", "--apply", "--allow-withdrawals", needed).code == 0
    after = act("tasks", "--duty", "party_lecture_branch", "--state", "planned", "--json").objects
    assert {row["period"][5:] for row in after} <= {"H1", "H2"}


def test_a_plan_says_how_much_of_what_is_new_comes_too_late(act: Terminal) -> None:
    own = act.site / "schedules" / "duties" / "own.yaml"
    own.parent.mkdir(parents=True, exist_ok=True)
    switch = "duties:\n  safety_drill: {{enabled: true{}}}\n"
    own.write_text(switch.format(""), "utf-8")

    late = [row for row in act("plan", "--json").objects if row["due"] < str(TODAY)]
    assert late
    assert {row["change"] for row in late} == {"create"}
    assert f"注意：应急疏散演练新增的任务中，{len(late)} 项的截止日已过。" in act("plan").lines

    own.write_text(switch.format(f", effective: {{from: {TODAY}}}"), "utf-8")
    assert "截止日已过" not in act("plan").out


# --- making a site --------------------------------------------------------------------------------


def test_a_new_site_is_set_up_step_by_step(tmp_path: Path, demo_site: Path) -> None:
    site = Terminal(tmp_path / "site")
    workbook = tmp_path / "花名册.xlsx"
    Terminal(demo_site)("roster", "export", workbook)

    assert type_command("init", site.site, "--starts-on", "2026-12-01").code == 0
    assert (site.site / "site.key").stat().st_mode & 0o777 == 0o600
    assert site("check").code == 0
    assert site("doctor").code == 1
    assert site("tasks").code == 1  # nothing is applied yet
    assert site("roster", "import", workbook).code == 0
    assert site("plan").lines[-1] == "以上是预览，没有写入。确认后运行 plan --apply。"
    assert site("plan", "--apply").code == 0
    rows = site("tasks", "--json").objects
    months = {row["opens"] for row in rows if re.fullmatch(r"\d{4}-\d\d", row["period"])}
    quarters = {row["opens"] for row in rows if "Q" in row["period"]}
    assert (min(months), min(quarters)) == ("2026-12-01", "2026-10-01")  # the quarter that runs
    assert site("tick").out.endswith("发出 0 封。\n")
    assert site("send", "on").code == 0


def test_a_site_is_made_once(demo_site: Path) -> None:
    answer = type_command("init", demo_site, "--demo")

    assert (answer.code, "已经有站点" in answer.err) == (1, True)


def test_the_site_may_be_named_by_the_environment(demo_site: Path) -> None:
    answer = type_command("roster", "tree", environ={"DJ_CADENCE_SITE": str(demo_site)})

    assert answer.code == 0
    assert "青禾中学" in answer.out


def test_the_installed_program_prints_its_version(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dj_cadence", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert re.fullmatch(r"dj-cadence \d+\.\d+\S*\n", done.stdout)
