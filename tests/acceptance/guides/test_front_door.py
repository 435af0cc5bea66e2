"""A site is begun by `init` and by site.toml, on whatever database, and says what is missing."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from httpx2 import Response
from sqlalchemy import make_url

from dj_cadence.bootstrap import open_site
from dj_cadence.errors import Refused
from dj_cadence.store.core.database import open_database
from dj_cadence.store.schema import site as site_table
from tests.world.every_command import lines, untyped
from tests.world.sites.managed_site import browser
from tests.world.sites.small_roster import write_roster
from tests.world.terminal import Answer, Terminal, type_command

_serial = count(1)
CHINESE = re.compile("[\u4e00-\u9fff]")


def administrator(server: str, database: str = "postgres") -> "psycopg.Connection[object]":
    return psycopg.connect(server.format(database), autocommit=True)


@pytest.fixture(scope="module")
def guarded(postgres_server: str) -> Iterator[str]:
    """The address of the server for a role that must give its password, with `{}` as before."""
    with administrator(postgres_server) as connection:
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'geheim'")
        (file,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        path = Path(str(file))
        rules = path.read_text()
        path.write_text(f"local all guarded scram-sha-256\n{rules}")
        connection.execute("SELECT pg_reload_conf()")
        yield postgres_server.replace("postgres:@", "guarded@").replace(
            "postgresql:", "postgresql+psycopg:"
        )
        path.write_text(rules)
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def empty(guarded: str, postgres_server: str) -> Iterator[str]:
    """An empty database of that role's, as `createdb` makes it."""
    name = f"front_{next(_serial)}"
    with administrator(postgres_server) as connection:
        connection.execute(
            f"CREATE DATABASE {name} OWNER guarded ENCODING 'UTF8' TEMPLATE template0"
        )
        yield guarded.format(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "geheim")


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_roster(tmp_path_factory.mktemp("roster") / "花名册.xlsx")


def name_database(folder: Path, address: str) -> None:
    """What a person does who opens site.toml."""
    place = folder / "site.toml"
    text = place.read_text(encoding="utf-8")
    line = next(one for one in text.splitlines() if re.match(r"(# )?database = ", one))
    place.write_text(text.replace(line, f'database = "{address}"'), encoding="utf-8")


def begin(site: Terminal, roster: Path) -> None:
    """From the roster to the first message, as the README has it."""
    for words in (
        ("check",),
        ("roster", "import", roster),
        ("plan",),
        ("plan", "--apply"),
        ("send", "on"),
        ("tick",),
        ("audit",),
    ):
        answer = site(*words)
        assert (answer.code, "Traceback" in answer.err) == (0, False), (words, answer)
    assert len(list((site.site / "maildir" / "new").iterdir())) > 1


def bring_roster(site: Terminal, roster: Path) -> None:
    assert site("roster", "import", roster).code == 0


def shown(address: str) -> str:
    return make_url(address).render_as_string(hide_password=True)


def test_every_command_is_typed_here() -> None:
    assert untyped() == set()


def test_init_names_a_postgresql_database(empty: str, roster: Path, tmp_path: Path) -> None:
    site = Terminal(tmp_path / "site")

    answer = type_command("init", site.site, "--database", empty, "--starts-on", "2026-11-01")

    assert (answer.code, answer.lines[0]) == (0, f"站点已建在 {site.site}。")
    assert f'\ndatabase = "{empty}"\n' in (site.site / "site.toml").read_text(encoding="utf-8")
    begin(site, roster)
    assert not (site.site / "dj-cadence.db").exists()


def test_init_says_how_the_pages_of_an_administrator_are_opened(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    answer = type_command("init", folder)
    settings = folder / "site.toml"
    written = settings.read_text(encoding="utf-8")

    closed = manage_page(folder)
    assert "把 site.toml 里的 local_administrator 改成 true" in "".join(answer.lines)
    changed = written.replace("local_administrator = false", "local_administrator = true")
    settings.write_text(changed, encoding="utf-8")
    opened = manage_page(folder)

    assert (closed.status_code, opened.status_code) == (403, 200)
    assert opened.text.count("待办") == 5


def manage_page(folder: Path) -> Response:
    """The first page of the administration, as whoever is at the machine gets it."""
    site = open_site(folder, {})
    try:
        return browser(site).get("/manage")
    finally:
        site.database.close()


def test_a_database_named_afterwards_is_set_up_when_it_is_needed(
    empty: str, roster: Path, tmp_path: Path
) -> None:
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site, "--starts-on", "2026-11-09").code == 0
    name_database(site.site, empty)

    first = site("doctor")

    assert first.err == (
        f"数据库 {shown(empty)} 是空的，已建好表格；站点自2026年11月9日（周一）起用。\n"
    )
    assert "正常　数据库可用，站点自2026年11月9日（周一）起用" in first.lines
    bring_roster(site, roster)


FIRST = ("check", "doctor", "send on", "roster import", "plan", "tick", "backup")


@pytest.mark.parametrize("first", FIRST)
def test_the_first_command_may_be_any(first: str, empty: str, roster: Path, tmp_path: Path) -> None:
    """It finds the tables it needs."""
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site).code == 0
    name_database(site.site, empty)
    words = next(
        one for one in lines(roster=roster, folder=tmp_path) if " ".join(one).startswith(first)
    )

    answer = site(*words)

    assert f"数据库 {shown(empty)} 是空的，已建好表格；" in answer.err, answer
    assert_told(words, answer)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_site_without_anything_answers_every_command(
    kind: str, empty: str, roster: Path, tmp_path: Path
) -> None:
    site = Terminal(tmp_path / "site")
    named = ("--database", empty) if kind == "postgresql" else ()
    assert type_command("init", site.site, *named).code == 0

    for words in lines(roster=roster, folder=tmp_path):
        assert_told(words, site(*words))


def assert_told(words: list[str], answer: Answer) -> None:
    """Either it did it, or it says in Chinese why not."""
    assert "Traceback" not in answer.err, (words, answer.err)
    assert answer.code in (0, 1), (words, answer)
    if answer.code:
        assert CHINESE.search(answer.err + answer.out), (words, answer)


UNUSABLE = {
    "wrong password": (
        "{0}",
        "wrong",
        "用户名或口令不对。请核对 site.toml 里的用户名和环境变量 PGPASSWORD",
    ),
    "no password": (
        "{0}",
        "",
        "数据库要口令，没有给。请放在环境变量 PGPASSWORD 里，再运行同一个命令",
    ),
    "no such database": (
        "{nobody}",
        "geheim",
        "还没有这个数据库。请数据库管理员建立：createdb 库名 --owner 用户名 --encoding UTF8",
    ),
    "nobody listens": (
        "postgresql+psycopg://dangjian@127.0.0.1:1/dangjian",
        "geheim",
        "连不上数据库服务。请确认它已启动，并核对 site.toml 里的主机和端口",
    ),
    "no such machine": (
        "postgresql+psycopg://dangjian@db.invalid/dangjian",
        "geheim",
        "找不到数据库所在的机器。请核对 site.toml 里的主机名；口令里的 @ 要写成 %40",
    ),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_every_command_says_why_a_database_cannot_be_used(
    kind: str,
    empty: str,
    guarded: str,
    roster: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, password, advice = UNUSABLE[kind]
    address = address.format(empty, nobody=guarded.format("nowhere"))
    monkeypatch.setenv("PGPASSWORD", password)
    site = Terminal(tmp_path / "site")

    begun = type_command("init", site.site, "--database", address)

    assert begun.code == 1
    assert begun.err == (
        f"{shown(address)}：{advice}\n站点文件夹已建在 {site.site}，数据库还没有建好。"
        f"解决以后再运行一次：dj-cadence init {site.site}\n"
    )
    some = [
        ["check"],
        ["doctor"],
        ["tasks"],
        ["plan"],
        ["send", "on"],
        ["roster", "import", roster],
        ["backup", tmp_path / "b"],
        ["run"],
    ]
    every = lines(roster=roster, folder=tmp_path) if kind == "wrong password" else some
    for words in every:
        answer = site(*words)
        if words[0] not in ("rules", "calendar"):
            assert (answer.code, advice in answer.err + answer.out) == (1, True), (words, answer)
        assert_told([str(word) for word in words], answer)


def test_a_second_init_finishes_a_first_that_failed(
    empty: str, roster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Terminal(tmp_path / "site")
    with monkeypatch.context() as patch:
        patch.setenv("PGPASSWORD", "wrong")
        begun = type_command("init", site.site, "--database", empty, "--starts-on", "2026-10-01")
    (site.site / "templates").rmdir()
    assert begun.code == 1

    again, third = type_command("init", site.site), type_command("init", site.site)

    assert (again.code, again.lines) == (
        0,
        [
            "已补建 templates。",
            f"数据库 {shown(empty)} 是空的，已建好表格；站点自2026年10月1日（周四）起用。",
        ],
    )
    assert (third.code, third.err) == (1, f"{site.site} 里已经有站点，没有改动。\n")
    bring_roster(site, roster)


def test_an_empty_database_in_the_place_of_a_lost_one_is_refused(
    empty: str, roster: Path, tmp_path: Path
) -> None:
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site, "--database", empty).code == 0
    bring_roster(site, roster)
    database = open_database(empty)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")

    answers = [site("doctor"), site("tick"), type_command("init", site.site)]

    said = (
        f"{shown(empty)}：数据库是空的，本站点的资料本来在里面。请核对 site.toml 里的数据库地址，"
        "或放回备份；要从头开始，请另建站点：dj-cadence init 新的文件夹\n"
    )
    assert [(answer.code, answer.err) for answer in answers] == [(1, said)] * 3
    with database.engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        assert tables.all() == []
    database.engine.dispose()


def test_emptied_tables_are_lost_too(empty: str, roster: Path, tmp_path: Path) -> None:
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site, "--database", empty).code == 0
    database = open_database(empty)
    with database.engine.begin() as connection:
        connection.execute(site_table.delete())
    database.engine.dispose()

    assert "本站点的资料本来在里面" in site("roster", "import", roster).err


def test_a_lost_file_is_not_begun_anew(roster: Path, tmp_path: Path) -> None:
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site).code == 0
    bring_roster(site, roster)
    for path in site.site.glob("dj-cadence.db*"):
        path.unlink()

    answers = [site("doctor"), site("check"), type_command("init", site.site)]

    for answer in answers:
        assert answer.code == 1
        assert "dj-cadence.db：数据库文件不在了。请放回备份的文件；" in answer.err + answer.out
    assert list(site.site.glob("dj-cadence.db*")) == []


_MOVED = (
    "site.toml 换了数据库，{} 是空的。原来的资料在 dj-cadence.db 里，"
    "不会搬过去。接着用原来的，请把 database 改回去；"
    "要从头开始，请另建站点：dj-cadence init 新的文件夹 --database 地址\n"
)


def test_another_database_that_is_empty_is_refused_once_the_roster_is_in(
    empty: str, roster: Path, tmp_path: Path
) -> None:
    """Somebody names another database when the roster is in already."""
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site).code == 0
    bring_roster(site, roster)
    name_database(site.site, empty)

    refused = site("tasks")

    assert (refused.code, refused.err) == (1, _MOVED.format(shown(empty)))
    name_database(site.site, "sqlite:///dj-cadence.db")
    assert site("roster", "tree").out.splitlines()[0].startswith("云溪区委教育工委")


def test_a_password_does_not_get_into_site_toml(tmp_path: Path) -> None:
    answer = type_command(
        "init", tmp_path / "site", "--database", "postgresql+psycopg://dj:geheim@127.0.0.1/dj"
    )

    assert (answer.code, answer.err) == (
        2,
        "--database 里不要写口令，它会留在 site.toml 里。请放在环境变量 PGPASSWORD 里。\n",
    )
    assert not (tmp_path / "site").exists()


def test_an_at_sign_in_a_password_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        open_database("postgresql+psycopg://dj:ge@heim@127.0.0.1/dj")

    assert str(caught.value) == "看不懂数据库地址：用户名或口令里的 @ 要写成 %40"


def test_a_database_that_goes_while_a_command_works_is_explained(
    empty: str, postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dj_cadence.services.operations import doctor

    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site, "--database", empty).code == 0
    name = str(make_url(empty).database)
    examine = doctor.examine

    def cut_off(opened: object, *args: object, **named: object) -> object:
        with administrator(postgres_server) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        return examine(opened, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(doctor, "examine", cut_off)

    answer = site("doctor")

    assert answer.code == 1
    assert answer.err.startswith(f"{shown(empty)}：")
    assert "Traceback" not in answer.err
    assert CHINESE.search(answer.err.partition("：")[2])
