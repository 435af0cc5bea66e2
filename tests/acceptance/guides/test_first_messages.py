"""First messages say who writes and whom to ask, and none says of itself what is not so."""

import re
import tomllib
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.world.sites.small_roster import APPOINTMENTS, ORGANIZATIONS, write_roster
from tests.world.terminal import Terminal, type_command


@pytest.fixture
def site(tmp_path: Path) -> Terminal:
    """Begun on Friday 2026-11-20, as the README has it; nothing was sent yet."""
    terminal = Terminal(tmp_path / "site")
    assert type_command("init", terminal.site, "--starts-on", "2026-11-01").code == 0
    assert terminal("roster", "import", write_roster(tmp_path / "花名册.xlsx")).code == 0
    assert terminal("plan", "--until", "2027-01-31", "--apply").code == 0
    return terminal


def pass_at(site: Terminal, instant: str) -> list[EmailMessage]:
    """The mails of one pass, by recipient."""
    new = site.site / "maildir" / "new"
    new.mkdir(parents=True, exist_ok=True)
    before = set(new.iterdir())
    answer = site("tick", "--at", f"{instant}:00+08:00", "--yes")
    assert answer.code == 0, answer
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in set(new.iterdir()) - before
    ]
    return sorted(mails, key=lambda mail: str(mail["to"]))


def week_after(site: Terminal) -> list[EmailMessage]:
    """To the first working day of December, on which the month's list goes out."""
    days = ("11-23", "11-24", "11-25", "11-26", "11-27", "11-30", "12-01")
    return [mail for day in days for mail in pass_at(site, f"2026-{day}T09:00")]


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def to(mails: list[EmailMessage], address: str) -> EmailMessage:
    return next(mail for mail in mails if address in str(mail["to"]))


def late(mails: list[EmailMessage]) -> list[str]:
    return [str(mail["to"]) for mail in mails if "补发" in mail["subject"] + text(mail)]


def test_a_first_message_introduces_itself_and_names_somebody_to_call(site: Terminal) -> None:
    site("send", "on")

    mails = pass_at(site, "2026-11-20T10:00")

    assert len(mails) > 1
    assert late(mails) == []
    for mail in mails:
        assert "这是“党建节拍”第一次给您发消息。它由云溪区委教育工委使用" in text(mail)
    li = text(to(mails, "li@example.cn"))
    assert "您是青禾中学第一党支部书记，所以发给您。" in li
    assert "可以问青禾中学党总支赵敏（13800000002）。" in li
    assert "有疑问请联系青禾中学党总支赵敏（13800000002）。" in li


def test_a_second_message_does_not(site: Terminal) -> None:
    site("send", "on")
    pass_at(site, "2026-11-20T10:00")

    mails = week_after(site)

    assert mails
    again = [mail for mail in mails if "li@example.cn" in mail["to"] or "sun@" in mail["to"]]
    assert again
    assert [text(mail) for mail in again if "第一次" in text(mail)] == []


def test_check_warns_where_nobody_is_named(site: Terminal) -> None:
    assert "[contact]" not in site("check").out
    site("send", "on")

    answer = site("check")

    assert (answer.code, "没有写 [contact]" in answer.out) == (0, True)


def test_site_toml_says_whom_to_ask(site: Terminal) -> None:
    place = site.site / "site.toml"
    written = place.read_text(encoding="utf-8")
    for key in ("name", "phone"):
        written = re.sub(rf"# ({key} = \"(?:某区教育工委党建办|0531-0).*)", r"\1", written)
    place.write_text(written, encoding="utf-8")
    site("send", "on")

    mails = pass_at(site, "2026-11-20T10:00")

    assert "[contact]" not in site("check").out
    for mail in mails:
        assert "有疑问请联系某区教育工委党建办王老师（0531-00000000）。" in text(mail)


def test_an_outage_is_told_and_only_then(site: Terminal) -> None:
    site("send", "on")
    pass_at(site, "2026-11-20T10:00")
    assert late(pass_at(site, "2026-11-23T09:00")) == []

    mails = pass_at(site, "2026-12-07T09:00")  # nothing ran for two weeks

    assert "li@example.cn" in " ".join(late(mails))


def test_messages_due_while_sending_was_off_are_not_labelled_late(site: Terminal) -> None:
    for day in ("20", "23", "24", "25", "26", "27"):
        pass_at(site, f"2026-11-{day}T09:00")
    site("send", "on")

    assert late(pass_at(site, "2026-11-27T10:00")) == []


def test_a_site_that_lay_idle_before_it_was_switched_on_was_not_out(site: Terminal) -> None:
    pass_at(site, "2026-11-02T09:00")
    site("send", "on")

    assert late(pass_at(site, "2026-11-20T10:00")) == []


def test_a_branch_that_came_later_was_held_up_by_nothing(
    site: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site("send", "on")
    pass_at(site, "2026-11-20T10:00")
    monkeypatch.setattr(
        f"{write_roster.__module__}.ORGANIZATIONS",
        ORGANIZATIONS + "B3,青禾中学第三党支部,党支部,G,9,,2023-12-10\n",
    )
    monkeypatch.setattr(
        f"{write_roster.__module__}.APPOINTMENTS",
        APPOINTMENTS + "B3,书记,吴刚,wu@example.cn,13800000006,2023-12-10\n",
    )
    assert site("roster", "import", write_roster(tmp_path / "更新.xlsx")).code == 0

    mails = pass_at(site, "2026-11-20T11:00") + pass_at(site, "2026-11-23T09:00")

    wu = to(mails, "wu@example.cn")
    assert late(mails) == []
    assert "第一次给您发消息" in text(wu)
    assert "您是青禾中学第三党支部书记" in text(wu)


def test_a_changed_address_gets_a_first_message_again(
    site: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site("send", "on")
    pass_at(site, "2026-11-20T10:00")
    monkeypatch.setattr(
        f"{write_roster.__module__}.APPOINTMENTS",
        APPOINTMENTS.replace("li@example.cn", "liqiang@example.cn"),
    )
    assert site("roster", "import", write_roster(tmp_path / "更新.xlsx")).code == 0

    mails = week_after(site)

    li = text(to(mails, "liqiang@example.cn"))
    assert "这是“党建节拍”第一次" in li
    assert late(mails) == []


def test_the_demonstration_names_somebody_invented(demo_site: Path) -> None:
    written = tomllib.loads((demo_site / "site.toml").read_text(encoding="utf-8"))

    assert written["contact"] == {"name": "云溪区教育工委党建办王老师", "phone": "0000-0000000"}
