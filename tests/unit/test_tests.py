"""What holds for the tests themselves, and for whatever they and the program import."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.world import ROOT

TESTS = ROOT / "tests"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OURS = {"dj_cadence", "tests", *(path.stem for path in (ROOT / "benchmarks").glob("*.py"))}


def _imported(path: Path) -> Iterator[str]:
    """The full name of each module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _declared(*lists: list[str]) -> set[str]:
    """The normalized names of distributions."""
    return {
        re.split(r"[^\w.-]", requirement)[0].lower()
        for requirements in lists
        for requirement in requirements
    }


def test_no_test_module_is_imported_by_another() -> None:
    imports = {
        (str(path.relative_to(ROOT)), name)
        for path in TESTS.rglob("*.py")
        for name in _imported(path)
        if name.startswith((".", "tests."))
        and re.search(r"(^|\.)(test_\w+|conftest)(\.|$)", name.removeprefix("tests.world."))
    }
    assert imports == set()


def test_what_tests_share_is_imported_by_its_full_name() -> None:
    imports = {
        (str(path.relative_to(ROOT)), name)
        for path in TESTS.rglob("*.py")
        for name in _imported(path)
        if name.startswith(".") or (name.startswith("tests.") and "world" not in name)
    }
    assert imports == set()


def test_no_folder_of_tests_has_more_than_15_files() -> None:
    folders = {path.parent for path in TESTS.rglob("*.py")}
    assert {
        str(folder.relative_to(ROOT)): len(files)
        for folder in folders
        if len(files := list(folder.glob("*.py"))) > 15
    } == {}


@pytest.mark.parametrize(
    ("folder", "declared"),
    [
        ("src", _declared(PROJECT["dependencies"], EXTRAS["postgres"])),
        ("notifiers", _declared(PROJECT["dependencies"])),
        ("tests", _declared(PROJECT["dependencies"], *EXTRAS.values())),
        ("benchmarks", _declared(PROJECT["dependencies"], *EXTRAS.values())),
    ],
)
def test_every_package_that_is_imported_is_declared(folder: str, declared: set[str]) -> None:
    distributions = packages_distributions()
    undeclared = {
        package
        for path in (ROOT / folder).rglob("*.py")
        for name in _imported(path)
        if (package := name.split(".")[0])
        and package not in sys.stdlib_module_names | OURS
        and not {found.lower() for found in distributions.get(package, ())} & declared
    }
    assert undeclared == set()
