"""The reference says what the program does: no command and no option goes unmentioned."""

import re

import pytest

from dj_cadence import __version__
from tests.world import ROOT
from tests.world.commands import COMMANDS

REFERENCE = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
ENTRIES = dict(
    re.findall(
        r"^\| `([a-z-]+(?: (?:import|export|tree|check|open|list|show|test|add|end|undo))?)"
        r"([^`]*)`",
        REFERENCE,
        re.MULTILINE,
    )
)


def test_the_reference_lists_the_commands_that_there_are() -> None:
    assert set(ENTRIES) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_reference_names_the_options_of(name: str) -> None:
    row = next(
        line for line in REFERENCE.splitlines() if line.startswith(f"| `{name}{ENTRIES[name]}`")
    )
    shown = set(re.findall(r"--[a-z-]+", row.split(" | ")[0]))

    assert sorted(shown) == sorted(COMMANDS[name])


def test_both_readmes_show_the_same_commands_and_pictures() -> None:
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    commands = re.compile(r"^(?:make|\.venv/bin/|create)[^#\n]*", re.MULTILINE)
    pictures = re.compile(r"\]\((docs/[^)]*)\)")

    def shown(text: str, pattern: re.Pattern[str]) -> list[str]:
        return [found.strip() for found in pattern.findall(text)]

    assert shown(english, commands) == shown(chinese, commands) != []
    assert set(shown(english, pictures)) == set(shown(chinese, pictures)) != set()


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"## [{__version__}]" in changelog or "## [Unreleased]" in changelog
