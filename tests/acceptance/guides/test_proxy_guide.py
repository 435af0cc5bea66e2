"""docs/howto/proxy.md, done word by word: its settings, and what its proxies send."""

import re
from pathlib import Path

import pytest

from dj_cadence.bootstrap import open_site, template_folders
from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.services.rules.applied import applied_catalogue
from tests.world import ROOT
from tests.world.terminal import NOW, Terminal, type_command
from tests.world.web_district import Browser

GUIDE = (ROOT / "docs" / "howto" / "proxy.md").read_text(encoding="utf-8")
NAME = "dangjian.example.cn"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def write_settings(shell: Terminal, web: str) -> None:
    file = shell.site / "site.toml"
    text = file.read_text(encoding="utf-8")
    kept = re.sub(r"\[web\]\n.*?(?=\n\[)", lambda _: web, text, count=1, flags=re.DOTALL)
    file.write_text(kept, encoding="utf-8")


@pytest.fixture
def shell(tmp_path: Path) -> Terminal:
    assert type_command("init", tmp_path / "site").code == 0
    terminal = Terminal(tmp_path / "site")
    roster = tmp_path / "组织.csv", tmp_path / "任职.csv"
    roster[0].write_text("组织代码,组织名称,类别\nA,甲支部,党支部\n", encoding="utf-8")
    roster[1].write_text(
        "组织代码,职务,人员编号,姓名,邮箱\nA,书记,wang,王芳,wang@example.cn\n", encoding="utf-8"
    )
    assert terminal("roster", "import", *roster).code == 0
    assert terminal("plan", "--apply").code == 0
    [web] = blocks("toml")
    write_settings(terminal, web)
    return terminal


def visit(shell: Terminal, headers: dict[str, str], path: str = "/") -> tuple[int, str]:
    """What the daemon answers to a proxy beside it."""
    site = open_site(shell.site, {})
    try:
        folders = template_folders(site.settings)
        context = WebContext(site, folders, applied_catalogue, lambda: NOW, on_loopback=True)
        client = Browser(
            make_app(context), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
        )
        answer = client.get(path, headers=headers)
        return answer.status_code, answer.text
    finally:
        site.database.engine.dispose()


def nginx_headers() -> dict[str, str]:
    """What the guide's nginx sets, with its variables filled in."""
    values = {"$host": NAME, "$remote_addr": "203.0.113.9", "$scheme": "https"}
    [config] = blocks("nginx")
    assert f"server_name {NAME};" in config
    assert "proxy_pass http://127.0.0.1:8000;" in config
    found = re.findall(r"proxy_set_header (\S+) (\S+);", config)
    return {name: values[value] for name, value in found}


def test_the_settings_of_the_guide_are_sound(shell: Terminal) -> None:
    answer = shell("check")
    assert answer.code == 0, answer.out + answer.err


def test_what_the_guide_warns_of_is_refused_by_every_command(shell: Terminal) -> None:
    [web] = blocks("toml")
    write_settings(shell, web.replace("= false", "= true"))
    for command in (("check",), ("tasks",), ("login-link", "wang"), ("run", "--port", "0")):
        answer = shell(*command)
        assert answer.code == 1, command
        assert "网址 address 不是本机的，这里必须是 false" in answer.out + answer.err, command


def test_through_nginx_and_caddy_nobody_is_let_in_without_login(shell: Terminal) -> None:
    caddy = {"Host": NAME, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert f"{NAME} {{" in blocks("caddy")[0]
    for headers in (nginx_headers(), caddy):
        status, page = visit(shell, headers)
        assert status == 200
        assert "请用登录链接进入" in page
        assert "管理员</" not in page


def test_without_the_line_that_must_not_be_missing(shell: Terminal) -> None:
    """nginx by itself passes on the address that it was given, and adds nothing."""
    status, page = visit(shell, {"Host": "dangjian.internal"})
    assert (status, page) == (400, "请使用本站点设置的网址访问。")
    assert "收到别的名字会说“请使用本站点设置的网址访问。”" in GUIDE
    assert "请用登录链接进入" in visit(shell, {"Host": "127.0.0.1:8000"})[1]


def test_the_guides_commands_give_links_of_the_public_name(shell: Terminal) -> None:
    typed = [line for block in blocks("console") for line in block.splitlines()]
    ours = [line.removeprefix("dj-cadence ").split() for line in typed if "dj-cadence" in line]
    assert [words[0] for words in ours] == ["check", "run", "login-link", "access", "access"]
    for words in ours:
        if words[0] != "run":
            answer = shell(*["wang" if word == "人员编号或邮箱" else word for word in words])
            assert answer.code == 0, (words, answer.err)
            if words[0] == "login-link":
                link = answer.out.strip()
    assert link.startswith(f"https://{NAME}/login/")
    status, page = visit(shell, nginx_headers(), link.removeprefix(f"https://{NAME}"))
    assert (status, "以“王芳”登录" in page) == (200, True)
