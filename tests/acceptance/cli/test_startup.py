"""Asking for help waits for nothing that only carrying a command out needs."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
import typer.main

from dj_cadence.entrypoints.cli.app import app

HEAVY = (
    "sqlalchemy", "alembic", "psycopg", "docx", "docxtpl", "starlette", "uvicorn", "jinja2",
    "apscheduler", "httpx2", "icalendar", "xlsxwriter", "ruamel", "segno",
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
    print(*sorted(set(sys.modules) & {}))
"""


def _commands() -> list[tuple[str, ...]]:
    """The words of each command there is."""
    top = typer.main.get_command(app)
    return [
        (name, below) if below else (name,)
        for name, command in top.commands.items()  # type: ignore[attr-defined]
        for below in getattr(command, "commands", {"": command})
    ]


def _loaded(words: Sequence[str]) -> list[str]:
    """Which of the heavy packages a process has loaded once it has said its help."""
    program = PROGRAM.format(set(HEAVY))
    asked = [sys.executable, "-c", program, "dj-cadence", *words, "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("words", [(), *_commands()], ids=" ".join)
def test_help_loads_no_heavy_package(words: tuple[str, ...]) -> None:
    assert _loaded(words) == []
