"""quiet, burden, phone-list and announce --escalate, in a copy of the demo site."""

from pathlib import Path
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from tests.world.terminal import Terminal


def test_a_quiet_period_is_set_listed_and_ended(act: Terminal) -> None:
    asked = ("quiet", "add", "--until", "2026-12-06", "--reason", "学校停课", "--org", "QH")

    assert act(*asked).out == "已设定，到 2026-12-06 为止。\n"
    again = act(*asked)
    assert (again.code, "已有一段从" in again.err) == (1, True)
    (row,) = act("quiet", "list", "--json").objects
    number = row["id"]
    assert row == {
        "id": number,
        "org": "QH",
        "from": "2026-11-20",
        "until": "2026-12-06",
        "reason": "学校停课",
        "by": "操作员",
    }
    assert act("quiet", "end", number).out == "已结束。\n"
    assert act("quiet", "list", "--json").objects == []


def test_only_superiors_may_ask_for_quiet(act: Terminal) -> None:
    def ask(org: str, by: str) -> str:
        asked = ("quiet", "add", "--until", "2026-12-06", "--reason", "忙", "--org", org)
        answer = act(*asked, "--as", by)
        return answer.out or answer.err

    people = {row["to"] for row in _messages(act) if row["tasks"]}
    own = next(address for address in sorted(people) if address.startswith("qh"))

    assert "不能代其设定" in ask("BY", own)
    assert "只能由操作员" in ask("", own)


def test_a_stranger_is_not_recorded_as_having_acted(act: Terminal) -> None:
    people = {row["to"] for row in _messages(act) if row["tasks"]}
    stranger = next(address for address in sorted(people) if address.startswith("qh"))
    (task, *_) = act("tasks", "--org", "BY-1", "--state", "open", "--json").objects
    number, branch = task["id"], ("--org", "BY-1")

    for words in (
        ("done", number, "--on", "2026-11-19"),
        ("done", "--duty", "theme_party_day", *branch, "--on", "2026-11-19"),
        ("missed", number, "--reason", "忙"),
        ("planned", number, "--on", "2026-11-27"),
        ("reopen", number, "--reason", "错"),
        ("submit", number),
    ):
        answer = act(*words, "--as", stranger)
        assert (answer.code, "没有在这个组织任职" in answer.err) == (1, True), words
    assert act("tasks", "--org", "BY-1", "--state", "open", "--json").objects[0] == task


def _messages(terminal: Terminal) -> list[dict[str, Any]]:
    span = ("--from", "2026-10-01", "--until", "2026-10-12", "--json")
    return [row for row in terminal("simulate", *span).objects if row["event"] == "message"]


def test_simulate_shows_quiet_and_escalation(act: Terminal) -> None:
    span = ("--from", "2026-09-01", "--until", "2026-11-10", "--json")
    assert act("announce", "theme_party_day", "--org", "YX", "--escalate", "1,1").code == 0

    events = act("simulate", *span).objects

    up = [event for event in events if event["event"] == "escalated"]
    assert {event["duty"] for event in up} >= {"theme_party_day"}
    assert {event["level"] for event in up} >= {1, 2}
    assert {event["event"] for event in events} >= {"notice", "message", "digest", "overdue"}


def test_a_chosen_escalation_is_explained(act: Terminal) -> None:
    assert act("announce", "theme_party_day", "--org", "YX", "--escalate", "5").code == 0
    (task, *_) = act("tasks", "--duty", "theme_party_day", "--state", "open", "--json").objects

    assert "起直接报" in act("explain", task["id"]).out


def test_graces_are_numbers(act: Terminal) -> None:
    answer = act("announce", "theme_party_day", "--org", "YX", "--escalate", "soon")

    assert (answer.code, "如 5,10" in answer.err) == (2, True)


def test_burden_counts_the_messages_of_a_month(look: Terminal) -> None:
    rows = look("burden", "--month", "2026-10", "--json").objects

    assert rows[0]["org"] == "YX"
    assert {row["month"] for row in rows} == {"2026-10"}
    branch = next(row for row in rows if row["org"] == "QH-1")
    assert branch["messages"] > 0
    assert branch["fields"] > 0
    below = look("burden", "--org", "QH", "--month", "2026-10", "--json").objects
    assert [row["org"] for row in below] == [r["org"] for r in rows if r["org"].startswith("QH")]


def test_phone_list_names_who_has_no_address(act: Terminal) -> None:
    (row,) = act("phone-list", "--json").objects
    assert (row["org"], row["office"], row["person"]) == ("BY-2", "宣传委员", "白杨委员癸")
    assert row["open"] > 0
    assert act("phone-list").lines[0].split() == [
        "组织",
        "职务",
        "姓名",
        "电话",
        "待办",
        "其中逾期",
    ]


def test_the_trail_tells_commands_from_imports(act: Terminal, tmp_path: Path) -> None:
    due = [one for one in act("tasks", "--state", "overdue", "--json").objects if not one["step"]]
    first, second = [one for one in due if one["duty"] == "theme_party_day"][:2]
    assert act("done", first["id"], "--on", first["opens"]).code == 0
    file = tmp_path / "done.xlsx"
    with Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["任务编号", "日期", "数量", "说明"])
        sheet.write_row(1, 0, [second["id"], second["opens"], 1, ""])
    imported = act("done", "--import", file)
    assert imported.code == 0, imported.err

    for task, door in ((first, "用命令"), (second, "从文件导入")):
        told = act("explain", task["id"]).lines
        assert f"  2026-11-20 操作员（{door}）：登记完成。" in told
