"""One set of words for one state, and the words that nobody reads anywhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from dj_cadence.domain import labels
from dj_cadence.domain.tasks.task import State
from tests.world import ROOT

SOURCES = sorted((ROOT / "src" / "dj_cadence").rglob("*.py"))
TEXTS = sorted(
    path
    for folder in ("templates", "schedules", "docs/howto")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".html", ".txt", ".toml", ".yaml", ".md")
)
GUIDES = (ROOT / "README.zh-CN.md",)
LETTERS = sorted((ROOT / "templates" / "letters").glob("*.docx"))

FORBIDDEN = (
    "豁免",  # nobody may let a branch off 三会一课
    "督办",
    "补登记",
    "补记录",
    "补材料",
    "补交",
    "缺的补",
    "跳过这一步",
    "请转告",
    "免打扰",
    "行政会议",
    "等您确认",
    "较上次",
    "自定逾期",
)
OTHER_WORDS = {
    "等上级确认": "submitted",
    "等待上级确认": "submitted",
    "已报送上级": "submitted",
    "未到期": "planned",
    "已送达": "a message that is sent",
    "等待发出": "a message that is ready",
    "暂未成功": "a message that is tried again",
}
"""Words that once stood beside those of labels.py; 已送达 is the answer of `channel test`."""
ALLOWED = {("channel.py", "已送达")}


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """What a module may show: its strings without the docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {
        id(node.body[n].value)  # type: ignore[attr-defined]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        for n, one in enumerate(node.body)
        if isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Constant)
        and not _is_command_help(node, path)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ):
            yield node.lineno, node.value


def _is_command_help(node: ast.AST, path: Path) -> bool:
    """A command's docstring is what `--help` shows."""
    return isinstance(node, ast.FunctionDef) and path.parent.name == "cli"


def _letter_text(path: Path) -> str:
    with ZipFile(path) as archive:
        return re.sub("<[^>]+>", "", archive.read("word/document.xml").decode())


def _said() -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        for line, text in _strings(path):
            yield f"{path.name}:{line}", text
    for path in (*TEXTS, *GUIDES):
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{path.name}:{line}", text
    for path in LETTERS:
        yield path.name, _letter_text(path)


def test_nobody_reads_a_word_that_an_official_would_not_accept() -> None:
    found = [f"{place}: {word}" for place, text in _said() for word in FORBIDDEN if word in text]

    assert found == []


def test_no_state_has_a_second_word() -> None:
    found = [
        f"{place}: {word}"
        for place, text in _said()
        for word in OTHER_WORDS
        if word in text and (place.partition(":")[0], word) not in ALLOWED
    ]

    assert found == []


@pytest.mark.parametrize("table", [labels.TASKS, labels.MESSAGES, labels.ATTEMPTS, labels.NOTICES])
def test_only_one_module_gives_states_their_words(table: dict[str, str]) -> None:
    """A mapping from two or more of a table's states to Chinese stands nowhere else."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        if path.name != "labels.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict) and len(_named(node) & set(filter(None, table))) > 2
    ]

    assert found == []


def _named(node: ast.Dict) -> set[str]:
    """The states that a dictionary's keys name, where its values are Chinese words."""
    pairs = [
        (key, value.value)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    ]
    chinese = [key for key, text in pairs if re.fullmatch("[^。]*[一-鿿][^。]*", text)]
    return {
        str(key.value) if isinstance(key, ast.Constant) else key.attr.lower()
        for key in chinese
        if isinstance(key, (ast.Constant, ast.Attribute))
    }


def test_each_state_of_a_task_has_its_word() -> None:
    assert {state.value: state.label for state in State} == dict(labels.TASKS)
    assert len(set(labels.TASKS.values())) == len(State)


def test_the_guide_explains_the_words_that_the_log_shows() -> None:
    guide = (ROOT / "docs" / "howto" / "operate.md").read_text(encoding="utf-8")
    table = guide.partition("## 没送达的消息")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| (\S+) \| [^-]", table, re.MULTILINE)[1:]

    assert set(explained) <= set(labels.MESSAGES.values())
    assert len(explained) == 4
