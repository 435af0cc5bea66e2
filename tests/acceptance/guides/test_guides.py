"""README and the guides are carried out word by word; a line whose words don't work fails here.

Each line that a guide says to type stands below: with what it needs here in the place of what a
reader has (a file's name, an address), or with the reason why nobody types it here.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from io import StringIO
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from dj_cadence.entrypoints.cli.app import main
from dj_cadence.settings.reading import read_settings
from tests.world import ROOT
from tests.world.sites.small_roster import write_roster
from tests.world.terminal import NOW

GUIDES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs/howto").glob("*.md"))]
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PROGRAM = ".venv/bin/dj-cadence"
ACTIVATE = ". .venv/bin/activate"
"""After it the program may be called by its name; each guide begins with it."""

NOT_HERE = {
    "make run": "test_cli_run and the packaging tests make and start it",
    "make test": "is what runs this",
    ".venv/bin/pip install 'psycopg[binary]'": "needs the network; the tests have it installed",
    "sudo systemctl reload caddy": "another program",
    "sudo systemctl reload nginx": "another program",
    "sudo nginx -t": "another program",
    "curl -sI https://dangjian.example.cn/": "a machine that is not there",
    "curl -s https://dangjian.example.cn/ | grep 请用登录链接进入": "a machine that is not there",
}
"""Lines that are not typed, each with the reason."""
STANDS_FOR = {
    "dj-cadence run --port 8000": "dj-cadence run --port 0",
    "人员编号或邮箱": "li@example.cn",
    "/backup/dj-2026-03-01": "dj-2026-03-01",
    "export PGPASSWORD=…": "export PGPASSWORD=geheim",
}
"""What a reader has, and what there is here."""
REFUSED = {
    "dj-cadence deliveries retry 812 815": "没有编号为 812 的消息",
    "dj-cadence channel test dingtalk_group 一小支部群": "没有名为“dingtalk_group”的通道",
    "dj-cadence doctor": "注意",
}
"""Lines that end with 1 here, for what they speak of is not there, and what they must say."""


def typed(guide: Path, chapter: str = "") -> list[str]:
    """The lines that a guide, or its chapter, says to type, without its remarks."""
    text = guide.read_text(encoding="utf-8")
    if chapter:
        text = text.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    lines = [
        re.sub(r"\s+#.*", "", line).strip()
        for kind, block in BLOCK.findall(text)
        if kind in ("sh", "console")
        for line in block.splitlines()
    ]
    return [line for line in lines if line]


OURS = re.compile(
    r"(\.venv/bin/)?dj-cadence |\. \.venv/bin/activate$|"
    r"(createuser|createdb|psql|pg_dump|pg_restore|export|mkdir|tar) "
)


def is_ours(line: str) -> bool:
    return bool(OURS.match(line))


def ours(guide: Path, chapter: str = "") -> list[str]:
    return [line for line in typed(guide, chapter) if is_ours(line)]


class Reader:
    """Somebody who types what a guide says, in a folder of their own."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        beside = os.environ["PATH"].split(os.pathsep)
        places = [environ.get("PATH_OF_PROGRAMS", ""), *beside]
        ready = [one for one in places if one and not (Path(one) / "dj-cadence").exists()]
        self.environ = {**environ, "PATH": os.pathsep.join(ready)}
        (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
        write_roster(folder / "花名册.xlsx")

    def type(self, line: str) -> str:
        """Carry out one line; it must say what is expected and end as it should."""
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.environ[name] = value
            return ""
        if re.search(r"dj-cadence (--site \S+ )?run\b", line):
            self._run(line)
            return ""
        if line == ACTIVATE:
            self._activate()
            return ""
        words = shlex.split(line)
        assert (
            shutil.which(words[0], path=self.environ["PATH"]) or (self.folder / words[0]).exists()
        )
        ours = words[0] in ("dj-cadence", PROGRAM)
        code, out, err = self._here(words) if ours else self._elsewhere(line)
        said = REFUSED.get(line)
        assert (code, "Traceback" in err) == (1 if said else 0, False), (line, out, err)
        if said:
            assert said in out + err, (line, out, err)
        return out

    def _activate(self) -> None:
        """What bash makes of the line; the folder is where a reader stands."""
        code, out, err = self._elsewhere(f'{ACTIVATE} && echo "$PATH"')
        assert (code, err) == (0, "")
        self.environ["PATH"] = out.strip()

    def _here(self, words: list[str]) -> tuple[int, str, str]:
        """Our own commands need no process each; `run` has one."""
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", words)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
                main()
        return int(left.value.code or 0), out.getvalue(), err.getvalue()

    def _elsewhere(self, line: str) -> tuple[int, str, str]:
        done = subprocess.run(
            ["bash", "-c", line],
            check=False,
            cwd=self.folder,
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout, done.stderr

    def _run(self, line: str) -> None:
        with subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=self.folder,
            env={**os.environ, **self.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout
                address = process.stdout.readline().strip()
                assert address.startswith("http://127.0.0.1:"), (
                    process.stderr and process.stderr.read()
                )
                with urlopen(f"{address}healthz", timeout=30) as answer:
                    assert answer.status == 200
                process.send_signal(signal.SIGTERM)
                _, err = process.communicate(timeout=60)
                assert (process.returncode, "Traceback" in err) == (0, False), err
            finally:
                process.kill()


def as_here(line: str) -> str:
    for words, here in STANDS_FOR.items():
        line = line.replace(words, here)
    return line


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_each_line_is_typed_here_or_has_a_reason_not_to_be(guide: Path) -> None:
    assert [line for line in typed(guide) if not is_ours(line) and line not in NOT_HERE] == []


def test_no_reason_is_left_over() -> None:
    every = {line for guide in GUIDES for line in typed(guide)}

    assert sorted(set(NOT_HERE) - every) == []
    assert sorted(line for line in REFUSED if line not in every) == []


def site_lines(readme: Path) -> tuple[list[str], list[str], list[str]]:
    """A site in a file; how one on PostgreSQL is begun; a year in seconds."""
    lines = ours(readme)
    year = [line for line in lines if "simulate" in line]
    first = lines.index(f"{PROGRAM} init district")
    server = next(n for n, line in enumerate(lines) if line.startswith("createuser"))
    return lines[first:server], lines[server : len(lines) - len(year)], year


def test_a_site_in_a_file_is_begun_by_the_readme(tmp_path: Path) -> None:
    """The English one; its lines are those of the Chinese one, as test_reference holds."""
    reader, (lines, _, _) = Reader(tmp_path, {}), site_lines(ROOT / "README.md")

    for line in lines:
        reader.type(as_here(line))

    assert len(lines) == 6
    assert (tmp_path / "district" / "dj-cadence.db").exists()


@pytest.fixture
def server(postgres_server: str) -> Iterator[Mapping[str, str]]:
    """What PostgreSQL's own programs need to find the server, as its administrator has it."""
    socket = postgres_server.partition("host=")[2]
    started_by = (Path(socket) / "postmaster.opts").read_text(encoding="utf-8")
    folder = Path(started_by.split()[0]).parent
    yield {"PGHOST": socket, "PGUSER": "postgres", "PATH_OF_PROGRAMS": str(folder)}
    with psycopg.connect(postgres_server.format("postgres"), autocommit=True) as connection:
        for name in ("dangjian", "dangjian_before"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS dangjian")


def on_server(line: str, server: Mapping[str, str]) -> str:
    """A line about the database, where nobody is there to be asked and the server has a socket."""
    words = as_here(line).replace("--pwprompt ", "")
    return words.replace("@127.0.0.1/dangjian", f"@/dangjian\\?host={server['PGHOST']}")


def test_a_site_on_postgresql_is_begun_by_the_readme(
    server: Mapping[str, str], tmp_path: Path
) -> None:
    reader = Reader(tmp_path, server)
    begun, first, _ = site_lines(ROOT / "README.zh-CN.md")

    for line in [*first, *begun[1:]]:
        reader.type(on_server(line, server))

    assert [line.split()[0] for line in first] == ["createuser", "createdb", "export", PROGRAM]
    assert not (tmp_path / "district" / "dj-cadence.db").exists()
    assert counted("org", server) == 4


def counted(table: str, server: Mapping[str, str]) -> int:
    address = f"postgresql://postgres@/dangjian?host={server['PGHOST']}"
    with psycopg.connect(address) as connection:
        (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
        return int(number)


POSTGRESQL = "数据库用 PostgreSQL"


def letters(site: Path) -> int:
    return len(list((site / "maildir" / "new").glob("*")))


def test_a_site_on_postgresql_is_backed_up_and_restored_by_the_guide(
    server: Mapping[str, str], tmp_path: Path, stop_clock: Callable[[datetime], None]
) -> None:
    """What went out after the backup does not go out again from what was restored."""
    stop_clock(NOW)
    reader = Reader(tmp_path, server)
    lines = ours(ROOT / "docs/howto/operate.md", POSTGRESQL)
    begin, back_up, restore = (
        next(n for n, line in enumerate(lines) if line.startswith(word))
        for word in ("pg_dump", "psql", "mkdir")
    )

    reader.type(ACTIVATE)

    def carry_out(some: list[str]) -> str:
        return "".join(reader.type(on_server(line, server)) for line in some)

    carry_out(lines[:begin])
    for words in ("roster import 花名册.xlsx", "plan --apply", "send on"):
        reader.type(f"dj-cadence --site district {words}")
    carry_out(lines[begin:back_up])
    reader.type("dj-cadence --site district tick")
    assert letters(tmp_path / "district") > 1
    carry_out(lines[back_up:restore])
    said = carry_out(lines[restore:])

    assert "没有补发：原来的站点可能已经发过" in said
    reader.type("dj-cadence --site district-restored tick")
    assert letters(tmp_path / "district-restored") == 0
    assert counted("org", server) == 4


def test_the_demonstrations_first_days_print_what_the_guide_shows(
    demo_site: Path, tmp_path: Path
) -> None:
    """The demonstration's first days; the whole year is walked elsewhere."""
    reader = Reader(tmp_path, {})
    (tmp_path / "demo").symlink_to(demo_site)
    (line,) = site_lines(ROOT / "README.md")[2]
    words = f"{PROGRAM} --site demo simulate --from 2026-01-01 --until 2026-12-31 --answer on-time"

    assert line == words
    reader.type(line.replace("2026-12-31", "2026-01-09"))


@pytest.mark.parametrize("guide", GUIDES[2:], ids=lambda guide: guide.name)
def test_the_commands_of_a_guide_are_carried_out(guide: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path, {"DJ_CADENCE_SITE": str(tmp_path / "district")})
    for line in site_lines(ROOT / "README.md")[0][:5]:
        reader.type(line)
    elsewhere = ours(guide, POSTGRESQL)

    for line in ours(guide):
        if line not in elsewhere:
            reader.type(line if line in REFUSED else as_here(line))


def toml_blocks() -> list[tuple[str, str]]:
    found = []
    for guide in GUIDES:
        for kind, block in BLOCK.findall(guide.read_text(encoding="utf-8")):
            if kind == "toml":
                found.append(
                    (
                        f"{guide.name}:{len(found)}",
                        re.sub(r"^ {1,3}", "", block, flags=re.MULTILINE),
                    )
                )
    return found


@pytest.mark.parametrize(("place", "block"), toml_blocks(), ids=[one[0] for one in toml_blocks()])
def test_settings_of_a_guide_are_read(place: str, block: str, tmp_path: Path) -> None:
    reader = Reader(tmp_path, {})
    reader.type(f"{PROGRAM} init district")
    site = tmp_path / "district"
    (site / "dingtalk-robots").write_text(
        "一小支部群 = https://oapi.dingtalk.com/robot/send?access_token=x SECx\n", encoding="utf-8"
    )
    secrets = ("DJ_CADENCE_SMTP_PASSWORD", "DJ_CADENCE_WECOM_SECRET", "DJ_CADENCE_WEBHOOK_SECRET")

    (site / "site.toml").write_text(block, encoding="utf-8")
    settings = read_settings(site, dict.fromkeys(secrets, "geheim"))

    assert settings.folder == site.resolve(), place


@pytest.mark.parametrize("guide", GUIDES[2:], ids=lambda guide: guide.name)
def test_each_guide_first_says_how_the_program_comes_to_be_called_by_its_name(guide: Path) -> None:
    assert typed(guide)[:2] == [ACTIVATE, "export DJ_CADENCE_SITE=district"]


@pytest.mark.parametrize("readme", GUIDES[:2], ids=lambda guide: guide.name)
def test_the_readme_calls_the_program_as_it_is_after_make(readme: Path) -> None:
    lines = [line for line in typed(readme) if "dj-cadence" in line]

    assert [line for line in lines if not line.startswith(f"{PROGRAM} ")] == []
    assert len(lines) > 5


SECRECY = "涉密信息和内部敏感材料不得录入、上传"


@pytest.mark.parametrize("guide", ["README.zh-CN.md", "docs/howto/channels.md"])
def test_the_guides_say_what_must_not_be_entered(guide: str) -> None:
    assert SECRECY in (ROOT / guide).read_text(encoding="utf-8")
