"""No command waits for what only another one needs."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer.main

from dj_cadence.entrypoints.cli.app import app

HEAVY = (
    "sqlalchemy", "alembic", "psycopg", "docx", "docxtpl", "starlette", "uvicorn", "jinja2",
    "apscheduler", "httpx2", "icalendar", "xlsxwriter", "ruamel", "segno",
)  # fmt: skip
SENDING = (
    "alembic", "docx", "docxtpl", "httpx2", "icalendar", "imaplib", "jinja2", "rich", "smtplib",
    "starlette", "xlsxwriter",
)  # fmt: skip
PROGRAM = """\
import sys
from dj_cadence.__main__ import main
sys.argv = ["dj-cadence", *sys.argv[2:]]
try:
    main()
except SystemExit as left:
    assert not left.code, left.code
finally:
    print(*sorted(set(sys.modules) & set({})))
"""


def _commands() -> list[tuple[str, ...]]:
    """The words of each command there is."""
    top = typer.main.get_command(app)
    return [
        (name, below) if below else (name,)
        for name, command in top.commands.items()  # type: ignore[attr-defined]
        for below in getattr(command, "commands", {"": command})
    ]


def _loaded(packages: Sequence[str], *words: str) -> list[str]:
    """Which of these packages a process has loaded once it has carried a command out."""
    program = PROGRAM.format(packages)
    asked = [sys.executable, "-c", program, "dj-cadence", *words]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("words", [(), *_commands()], ids=" ".join)
def test_help_loads_no_heavy_package(words: tuple[str, ...]) -> None:
    assert _loaded(HEAVY, *words, "--help") == []


def test_listing_tasks_loads_nothing_that_only_sending_needs(tmp_path: Path) -> None:
    site = str(tmp_path / "demo")
    _loaded((), "init", site, "--demo")

    assert _loaded(SENDING, "--site", site, "tasks") == []
