"""Rule files made to do harm, or that came out so: each a fault with its place, and quickly."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dj_cadence.loading.rules.catalogue import LoadedRules, load_catalogue, shipped_schedules
from dj_cadence.loading.rules.layers import read_folder
from dj_cadence.loading.rules.yaml_file import read_yaml
from dj_cadence.settings import SettingsError
from dj_cadence.settings.reading import read_settings, sqlite_file

SECONDS = 20
"""Far above what each takes, and far below what it took: minutes, or for ever."""
GOOD = "duties:\n  theme_party_day: {day: 5日, title: 党日}\n"


def laughs(levels: int, width: int, opening: str, between: str, closing: str) -> str:
    """Each line holds the one before so many times."""
    lines = [f"a0: &a0 {opening}{between.join(['1'] * width)}{closing}"]
    for level in range(1, levels):
        parts = between.join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} {opening}{parts}{closing}")
    return "\n".join(lines)


def chained(length: int) -> str:
    """Each refers to the one before: shallow as written, deep as meant."""
    lines = ["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, length))]
    return "\n".join(lines)


TEXTS = {
    "a number of ten thousand digits": ("a: " + "9" * 10_000, "1:4: 数字太大"),
    "a number of sixteen digits": ("duties:\n  a: {every: 1234567890123456}", "2:14: 数字太大"),
    "billion laughs in lists": (laughs(9, 10, "[", ", ", "]"), "4:5: 内容太多，或用 * 重复得太多"),
    "long texts that multiply": (
        "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 500 + "]",
        "2:4: 内容太多，或用 * 重复得太多",
    ),
    "a mapping within itself": ("a: &a {b: *a}", "1:11: 用 & 和 * 引用了自己"),
    "a list within itself": ("a: &a\n- *a", "2:3: 用 & 和 * 引用了自己"),
    "a long chain": (chained(5000), "30:6: 嵌套太深"),
    "lists in lists": ("a: " + "[" * 50_000, "1:33: 嵌套太深"),
    "mappings in mappings": ("{a: " * 40_000, "1:118: 嵌套太深"),
    "dashes": ("- " * 50_000, "1:61: 嵌套太深"),
    "steps to the right": ("\n".join(" " * n + "a:" for n in range(300)), "30:30: 嵌套太深"),
    "a list as a name": ("? [a, b]\n: 1", "1:3: 名称只能是文字"),
    "a multiplied name": (laughs(3, 5, "[", ", ", "]") + "\n? *a2\n: 1", "3:5: 名称只能是文字"),
    "many names": (
        "\n".join(f"k{n}: 1" for n in range(15_000)),
        "5000:8: 内容太多，或用 * 重复得太多",
    ),
    "a NUL": ("duties:\n  a: x\x00y", "2:7: 有看不见的控制字符，请删去"),
    "an escape character": ("# \x1b[2J\n", "1:3: 有看不见的控制字符，请删去"),
    "a bell": ("a: b\n\x07", "2:1: 有看不见的控制字符，请删去"),
    "a surrogate": ("a: \ud800", "1:1: 读不了这个文件，请确认有读取权限并存为 UTF-8 编码"),
    "too long": ("# " + "x" * 200_000, "1:1: 文件太大，最多 200 KB"),
}


def load(site: Path) -> LoadedRules:
    begun = time.monotonic()
    loaded = load_catalogue([shipped_schedules(), site])
    assert time.monotonic() - begun < SECONDS
    return loaded


@pytest.fixture
def duties(tmp_path: Path) -> Path:
    """A folder of rules with one good file in it."""
    (tmp_path / "duties").mkdir()
    (tmp_path / "duties" / "good.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path / "duties"


def told(loaded: LoadedRules) -> list[str]:
    """What is wrong; the good file still counts."""
    assert loaded.catalogue.duties["theme_party_day"].title == "党日"
    return [str(problem) for problem in loaded.problems]


@pytest.mark.parametrize(("text", "said"), TEXTS.values(), ids=list(TEXTS))
def test_what_multiplies_nests_or_runs_on_is_a_fault_with_its_place(
    text: str, said: str, duties: Path
) -> None:
    (duties / "x.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    begun = time.monotonic()
    assert list(map(str, read_yaml(duties / "x.yaml", "x.yaml").problems)) == [f"x.yaml:{said}"]
    assert time.monotonic() - begun < SECONDS


def test_all_of_them_at_once_hide_no_good_file(duties: Path) -> None:
    for number, (text, _) in enumerate(TEXTS.values()):
        (duties / f"{number:02}.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert told(load(duties.parent)) == [
        f"schedules/duties/{number:02}.yaml:{said}"
        for number, (_, said) in enumerate(TEXTS.values())
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "gb18030", "shift-jis"])
def test_a_rule_file_in_another_encoding_is_a_fault(encoding: str, duties: Path) -> None:
    (duties / "x.yaml").write_bytes("duties: {a: 書記}".encode(encoding))
    (said,) = read_yaml(duties / "x.yaml", "x.yaml").problems
    assert said.place.startswith("x.yaml:1:")


def test_a_byte_order_mark_is_none(duties: Path) -> None:
    (duties / "x.yaml").write_bytes(b"\xef\xbb\xbf" + b"duties: {}\r\n")
    assert told(load(duties.parent)) == []


def test_what_is_no_file_is_told_and_never_waited_for(duties: Path) -> None:
    os.mkfifo(duties / "a.yaml")
    (duties / "b.yaml").mkdir()
    (duties / "c.yaml").symlink_to("c.yaml")
    (duties / "d.yaml").symlink_to("nowhere")
    (duties / "e.yaml").symlink_to("/dev/zero")
    (duties / "f.yaml").symlink_to(duties)
    (duties / "loop").symlink_to(duties)

    assert told(load(duties.parent)) == [
        "schedules/duties/a.yaml:1:1: 这不是普通文件，请移走",
        "schedules/duties/b.yaml:1:1: 这是一个文件夹，请改名或移走",
        "schedules/duties/c.yaml:1:1: 读不了这个文件，请确认有读取权限并存为 UTF-8 编码",
        "schedules/duties/d.yaml:1:1: 没有这个文件",
        "schedules/duties/e.yaml:1:1: 这不是普通文件，请移走",
        "schedules/duties/f.yaml:1:1: 这是一个文件夹，请改名或移走",
    ]


def test_a_name_that_cannot_be_printed_is_shown_all_the_same(duties: Path) -> None:
    name = os.fsencode(str(duties)) + b"/\xff\n\x1b.yaml"
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123 - no text can say it
        file.write("[")
    (said,) = told(load(duties.parent))
    assert said.startswith("schedules/duties/???.yaml:1:")


def test_more_files_than_a_site_needs_are_not_read(duties: Path) -> None:
    for number in range(400):
        (duties / f"x{number:03}.yaml").write_text("duties: {}\n", encoding="utf-8")
    assert told(load(duties.parent)) == [
        "schedules/duties/x299.yaml:1:1: 规则文件太多，这个和后面的 100 个没有读"
    ]


def test_more_text_than_a_site_needs_is_not_read(duties: Path) -> None:
    for number in range(10):
        (duties / f"x{number}.yaml").write_text("# " + "x" * 150_000 + "\n", encoding="utf-8")
    assert len(read_folder(duties.parent)) == 9


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!!int", "!own", "!!binary", "!!set"])
def test_a_tag_makes_nothing(tag: str, duties: Path) -> None:
    (duties / "x.yaml").write_text(f"duties: {tag} {{a: 1}}\n", encoding="utf-8")
    assert read_yaml(duties / "x.yaml", "x.yaml").value in (None, {"duties": {"a": 1}})


# --- values that are none -------------------------------------------------------------------------

ODD = [
    *("0", "-1", "99999", "123456789012345", "0x1F", "0o17", "0b1", "1_000", "1:30", "1e9", "१२"),
    *(".nan", ".inf", "-.inf", "99999-01-01", "0000-01-01", "2026-02-30", "12-32", "00-00"),
    *("null", "~", "yes", "''", "[]", "{}", "[[]]", "{a: {}}", "2026-01-01T00:00:00Z", "²", "½"),
]


def scalars(path: Path) -> Iterator[tuple[int, int, int]]:
    """Where each value of a file stands: line, column, length."""
    file = read_yaml(path, path.name)
    stack = [file.root]
    while stack:
        node = stack.pop()
        if node is None or isinstance(node.value, str):
            if node is not None and node.start_mark.line == node.end_mark.line:
                start, end = node.start_mark, node.end_mark
                yield start.line, start.column, end.column - start.column
            continue
        stack.extend(
            part for item in node.value for part in (item if isinstance(item, tuple) else (item,))
        )


NAMES = (
    "duties/2.4-organizational-life.yaml",
    "reminder-plans.yaml",
    "calendars/holidays-2026.yaml",
)


@pytest.mark.parametrize(("turn", "odd"), list(enumerate(ODD)))
def test_an_odd_value_anywhere_raises_nothing(turn: int, odd: str, tmp_path: Path) -> None:
    """In each of some files one value, another one for each odd value."""
    for name in NAMES:
        shipped = shipped_schedules() / name
        lines = shipped.read_text(encoding="utf-8").splitlines()
        places = sorted(set(scalars(shipped)))
        line, column, length = places[turn * 7 % len(places)]
        lines[line] = lines[line][:column] + odd + lines[line][column + length :]
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")

    loaded = load_catalogue([shipped_schedules(), tmp_path])

    assert loaded.catalogue.duties
    assert all(problem.place.startswith("schedules/") for problem in loaded.problems)


# --- site.toml ------------------------------------------------------------------------------------

ENDLESS = "嵌套太深，或有一个数字太大"
SETTINGS = {
    "a number of ten thousand digits": (
        "tick_seconds = " + "9" * 10_000,
        "嵌套太深，或有一个数字太大",
    ),
    "lists in lists": ("a = " + "[" * 50_000, "嵌套太深，或有一个数字太大"),
    "tables in tables": ("a = " + "{b = " * 30_000, "嵌套太深，或有一个数字太大"),
    "too long": ("# " + "x" * 200_000, "文件太大，最多 200 KB"),
    "a NUL": ("name = 'a\x00b'", "不合 TOML 的写法；文字要加英文引号"),
}


@pytest.mark.parametrize(("text", "said"), SETTINGS.values(), ids=list(SETTINGS))
def test_settings_that_do_harm_are_faults(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "site.key").write_text("k" * 64, encoding="utf-8")
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    begun = time.monotonic()

    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path, {})

    assert [problem.message for problem in caught.value.problems] == [said]
    assert sqlite_file(tmp_path) == tmp_path / "dj-cadence.db"
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", "1e400", "0x7fffffffffffffffffff"])
def test_numbers_that_are_none_are_faults(odd: str, tmp_path: Path) -> None:
    (tmp_path / "site.key").write_text("k" * 64, encoding="utf-8")
    (tmp_path / "site.toml").write_text(f"tick_seconds = {odd}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path, {})
    assert [problem.place for problem in caught.value.problems] == ["site.toml:1:1"]


@pytest.mark.parametrize("name", ["site.toml", "site.key"])
def test_settings_that_are_no_file_are_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(SettingsError):
        read_settings(tmp_path, {})
