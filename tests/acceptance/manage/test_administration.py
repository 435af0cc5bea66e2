"""An administrator with a browser and no shell: from an empty site to one that reminds."""

import re
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import text
from starlette.routing import Route

from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.services.delivery.administrators import is_administrator
from dj_cadence.services.operations import pending_uploads
from dj_cadence.services.operations.tidy import tidy
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site, state_of
from dj_cadence.store.roster.people import find_person
from tests.world.sites.managed_site import FAR, browser
from tests.world.sites.small_roster import write_roster
from tests.world.terminal import NOW
from tests.world.web_district import Browser

HOLIDAYS = """\
year: 2027
status: official
source: 国办发明电〔2026〕9号
holidays:
  - {name: 元旦, days_off: [2027-01-01, 2027-01-02, 2027-01-03]}
"""
OWN_RULE = "duties:\n  theme_party_day: {day: 5日}\n"


def upload(client: Browser, page: str, act: str, file: Path, **fields: str) -> Response:
    """Choose a file in the form on a page of the administration, and send it."""
    data = {"csrf": client.csrf(f"/manage/{page}")} | fields
    files = {"file": (file.name, file.read_bytes())}
    return client.post(f"/manage/{page}/{act}", data=data, files=files)


def kept(page: Response) -> str:
    """The key of the upload that the page would act on."""
    found = re.search(r'name="upload" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def test_an_empty_site_is_brought_to_sending_without_a_command(
    new_site: Site, tmp_path: Path
) -> None:
    client = browser(new_site)
    assert client.get("/manage").text.count("待办") == 5

    looked = upload(client, "roster", "look", write_roster(tmp_path / "花名册.xlsx"))
    assert "还没有写入" in looked.text
    assert "组织：新增4，修改0，不变0。" in looked.text
    done = client.send_form("/manage/roster", "/manage/roster/import", upload=kept(looked))
    assert "已导入。" in done.text

    plan = client.get("/manage/plan").text
    assert "主题党日" in plan
    [shown] = re.findall(r'name="hash" value="(\w+)"', plan)
    applied = client.send_form("/manage/plan", "/manage/plan/apply", hash=shown)
    assert applied.headers["location"] == "/manage/plan?said=applied"
    assert "没有变化" in client.get("/manage/plan").text

    sent = client.send_form("/manage/site", "/manage/site/send", switch="on")
    assert sent.headers["location"] == "/manage/site?said=on"
    assert state_of(new_site.database)[0].sending
    assert client.get("/manage").text.count("待办") == 2  # address and channels, in site.toml


def test_a_roster_with_a_fault_names_its_cell_and_writes_nothing(
    new_site: Site, tmp_path: Path
) -> None:
    client, file = browser(new_site), tmp_path / "组织.csv"
    file.write_text("组织代码,组织名称,类别\nA,云溪区委教育工委,机关\n", encoding="utf-8")

    looked = upload(client, "roster", "look", file)

    assert "有 1 处错误，没有写入任何数据" in looked.text
    assert "组织.csv:2:3" in looked.text
    assert 'name="upload"' not in looked.text


def test_the_exported_roster_changes_nothing_when_it_comes_back(
    planned_site: Site, tmp_path: Path
) -> None:
    client, file = browser(planned_site), tmp_path / "again.xlsx"
    file.write_bytes(client.send_form("/manage/roster", "/manage/roster/export").content)

    assert "无变化。" in upload(client, "roster", "look", file).text


def test_what_was_brought_in_cannot_be_brought_in_again(new_site: Site, tmp_path: Path) -> None:
    client = browser(new_site)
    key = kept(upload(client, "roster", "look", write_roster(tmp_path / "花名册.xlsx")))
    client.send_form("/manage/roster", "/manage/roster/import", upload=key)

    again = client.send_form("/manage/roster", "/manage/roster/import", upload=key)

    assert again.status_code == 422
    assert "这份文件已经不在了" in again.text


@pytest.mark.parametrize("key", ["", "..", "../../site.toml", "a" * 20, "a" * 41, "."])
def test_a_key_of_no_upload_leads_nowhere(planned_site: Site, key: str) -> None:
    answer = browser(planned_site).send_form("/manage/roster", "/manage/roster/import", upload=key)

    assert (answer.status_code, "请重新选择文件" in answer.text) == (422, True)


def test_names_of_files_lead_nowhere_and_two_of_one_name_stay_two(tmp_path: Path) -> None:
    names = ["../../x.csv", "x.csv", "x.csv", "/etc/passwd", "..", "", "长" * 300 + ".xlsx"]
    key = pending_uploads.keep(tmp_path, [(name, BytesIO(name.encode())) for name in names])

    files = pending_uploads.kept(tmp_path, key)

    assert [path.read_bytes().decode() for path in files] == names
    assert all(path.is_relative_to(tmp_path / "uploads" / key) for path in files)
    assert [path.name for path in files[:3]] == ["x.csv"] * 3


def test_a_holiday_notice_is_looked_at_stored_and_planned(
    planned_site: Site, tmp_path: Path
) -> None:
    client, file = browser(planned_site), tmp_path / "2027.yaml"
    file.write_text(HOLIDAYS, encoding="utf-8")

    looked = upload(client, "calendars", "look", file)
    assert "以下是预览，还没有存入" in looked.text
    stored = client.send_form("/manage/calendars", "/manage/calendars/store", upload=kept(looked))

    assert stored.headers["location"] == "/manage/calendars?said=stored"
    assert (planned_site.settings.folder / "schedules/calendars/holidays-2027.yaml").is_file()


def test_a_plan_that_changed_since_it_was_looked_at_is_not_applied(planned_site: Site) -> None:
    rules = planned_site.settings.folder / "schedules" / "duties" / "own.yaml"
    rules.parent.mkdir()
    rules.write_text(OWN_RULE, encoding="utf-8")
    answer = browser(planned_site).send_form("/manage/plan", "/manage/plan/apply", hash="0" * 64)

    assert answer.status_code == 422
    assert "规则文件刚刚又改过，没有应用" in answer.text


def test_faulty_rules_are_shown_with_their_place_and_not_applied(planned_site: Site) -> None:
    rules = planned_site.settings.folder / "schedules" / "duties" / "own.yaml"
    rules.parent.mkdir()
    rules.write_text("duties:\n  theme_party_day: {dya: 5日}\n", encoding="utf-8")
    client = browser(planned_site)

    page = client.get("/manage/plan").text

    assert "规则文件有 1 处错误，请先修正" in page
    assert "own.yaml:2:" in page
    assert "/manage/plan/apply" not in page


def test_a_test_message_goes_out_and_its_answer_is_shown(planned_site: Site) -> None:
    answer = browser(planned_site).send_form(
        "/manage/channels", "/manage/channels/test", channel="email", address="li@example.cn"
    )

    assert "已发出，对方答复：" in answer.text


def test_a_test_message_that_does_not_go_out_says_why(planned_site: Site) -> None:
    answer = browser(planned_site).send_form(
        "/manage/channels", "/manage/channels/test", channel="pigeon", address="roof"
    )

    assert answer.status_code == 422
    assert "没有名为“pigeon”的通道" in answer.text


def test_a_backup_is_a_whole_site_and_leaves_nothing_behind(planned_site: Site) -> None:
    answer = browser(planned_site).send_form("/manage/site", "/manage/site/backup")

    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert {"site.toml", "dj-cadence.db"} <= set(archive.namelist())
    assert "attachment" in answer.headers["content-disposition"]


def test_an_audit_says_that_all_is_well(planned_site: Site) -> None:
    answer = browser(planned_site).send_form("/manage/site", "/manage/site/audit")

    assert "全部一致，没有发现问题" in answer.text


def test_sending_is_switched_off_again(planned_site: Site) -> None:
    client = browser(planned_site)
    client.send_form("/manage/site", "/manage/site/send", switch="on")
    client.send_form("/manage/site", "/manage/site/send", switch="off")

    assert not state_of(planned_site.database)[0].sending


def test_who_the_settings_name_administers_from_anywhere(planned_site: Site) -> None:
    client = browser(planned_site, person="qian@example.cn")

    assert client.get("/manage").status_code == 200
    assert 'href="/manage"' in client.get("/").text


def administration(site: Site) -> list[tuple[str, str]]:
    """(method, address) of every route of the administration, as the application has them."""
    context = WebContext(site, [], applied_catalogue, lambda: NOW)
    return [
        (method, route.path.replace("{act}", "look"))
        for route in make_app(context).routes
        if isinstance(route, Route) and route.path.startswith("/manage")
        for method in sorted(route.methods or ())
    ]


@pytest.mark.parametrize("person", ["", "li@example.cn", "zhao@example.cn"])
def test_nobody_else_comes_in_by_any_route(planned_site: Site, person: str) -> None:
    client = browser(planned_site, client=FAR, person=person)
    routes = administration(planned_site)

    forms = [{"data": {"csrf": "x"}}, {"files": {"file": ("x.csv", b"x")}}]

    assert len(routes) > 20
    for method, path in routes:
        for form in forms if method == "POST" else [{}]:
            answer = client.request(method, path, **form)
            takes_none = "files" in form and answer.status_code == 415
            assert answer.status_code == 403 or takes_none, (method, path, form)
    assert client.post("/manage/roster/look", **forms[1]).status_code == 403
    assert 'href="/manage"' not in client.get("/").text
    assert not (planned_site.settings.folder / "uploads").exists()


def test_a_form_of_another_site_changes_nothing(planned_site: Site) -> None:
    client = browser(planned_site)
    headers = {"origin": "https://evil.example"}
    data = {"csrf": client.csrf("/manage/site"), "switch": "on"}

    answer = client.post("/manage/site/send", data=data, headers=headers)

    assert answer.status_code == 403
    assert not state_of(planned_site.database)[0].sending


def test_what_nobody_came_back_to_is_put_away_after_a_day(
    planned_site: Site, tmp_path: Path
) -> None:
    client = browser(planned_site)
    upload(client, "roster", "look", write_roster(tmp_path / "花名册.xlsx"))
    folder = planned_site.settings.folder / "uploads"
    assert len(list(folder.iterdir())) == 1

    written = datetime.fromtimestamp(next(folder.iterdir()).stat().st_mtime, UTC)
    tidy(planned_site, written + timedelta(hours=23))
    assert len(list(folder.iterdir())) == 1
    tidy(planned_site, written + timedelta(hours=25))
    assert list(folder.iterdir()) == []


def test_a_backup_is_for_who_has_just_logged_in(planned_site: Site) -> None:
    client = browser(planned_site, person="qian@example.cn")
    assert client.send_form("/manage/site", "/manage/site/backup").status_code == 200

    late = browser(planned_site, client=FAR, now=NOW + timedelta(minutes=16))
    late.cookies = client.cookies
    refused = late.send_form("/manage/site", "/manage/site/backup")
    assert refused.status_code == 422
    assert "请退出后重新登录" in refused.text


def test_who_shares_an_administrators_address_is_none(planned_site: Site) -> None:
    with planned_site.database.write() as session:
        li = find_person(session, "li@example.cn").id
        session.execute(
            text("UPDATE address SET value = 'qian@example.cn' WHERE person_id = :li"), {"li": li}
        )

    with planned_site.database.read() as session:
        assert not is_administrator(session, planned_site.settings, li)


def test_an_early_election_date_is_looked_at_before_it_is_written(
    planned_site: Site, tmp_path: Path
) -> None:
    client, file = browser(planned_site), tmp_path / "组织.csv"
    columns = "组织代码,组织名称,类别,上级组织代码,上次换届日期"
    file.write_text(f"{columns}\nG,青禾中学党总支,党总支,A,2023-03-01\n", encoding="utf-8")

    plain = upload(client, "roster", "look", file)
    assert 'name="correct"' not in plain.text
    looked = upload(client, "roster", "look", file, correct="1")
    assert '<input type="hidden" name="correct" value="1">' in looked.text
    assert "2023-03-01" in looked.text
