from typing import Any

import pytest
from pydantic import BaseModel

from dj_cadence.problem_texts import describe, describe_syntax, not_one_of, unknown


class Rule(BaseModel):
    titles: str
    tier: str


class RuleFile(BaseModel):
    duties: dict[str, Rule]


def error(kind: str, given: Any = "x", **context: Any) -> dict[str, Any]:
    return {"type": kind, "loc": ("duties", "visit", "title"), "input": given, "ctx": context}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (error("missing"), "缺少 title"),
        (error("extra_forbidden"), "不认识 title，是否想写“titles”？"),
        (error("value_error", error=ValueError("看不懂日子")), "看不懂日子"),
        (
            error("enum", "yearly", expected="'year' or 'month'"),
            "“yearly”不可用，应为 year、month 之一，是否想写“year”？",
        ),
        (error("literal_error", "x", expected="'election'"), "“x”不可用，应为 election"),
        (error("greater_than_equal", 0, ge=1), "不能小于 1"),
        (error("less_than_equal", 99, le=24), "不能大于 24"),
        (error("string_too_long", "x" * 50, max_length=48), "太长，最多 48 个字符"),
        (error("string_too_short", "", min_length=1), "不能为空"),
        (error("too_short", [], min_length=1), "不能为空"),
        (error("string_pattern_mismatch", "A"), "只能用小写字母、数字和下划线，并以字母开头"),
        (error("string_type", 5), "应为文字，现在是“5”"),
        (error("int_parsing", "five"), "应为整数，现在是“five”"),
        (error("int_type", None), "应为整数，现在是空"),
        (error("bool_parsing", "maybe"), "应为 true 或 false，现在是“maybe”"),
        (error("date_from_datetime_parsing", "5月"), "应为日期，如 2026-03-05，现在是“5月”"),
        (error("list_type", True), "应为列表，如 [一, 二]，现在是“true”"),
        (error("tuple_type", {}), "应为列表，如 [一, 二]，现在是一组“键: 值”"),
        (error("dict_type", []), "应为一组“键: 值”，现在是列表"),
        (error("model_type", "x"), "应为一组“键: 值”，现在是“x”"),
        (error("something_new", "x"), "“x”写法不对"),
    ],
)
def test_each_fault_is_described_in_plain_words(fault: dict[str, Any], said: str) -> None:
    assert describe(fault, RuleFile) == said


def test_where_no_word_is_near_all_are_named() -> None:
    assert unknown("qq", ["title", "tier"]) == "不认识 qq，可用：title、tier"
    assert unknown("qq", []) == "不认识 qq"


def test_of_many_words_only_the_nearest_is_named() -> None:
    many = [f"kind_{n}" for n in range(9)]

    assert not_one_of("kind_88", many) == "“kind_88”不可用，是否想写“kind_8”？"


@pytest.mark.parametrize(
    ("parser", "said"),
    [
        ("found character '\\t' that cannot start any token", "缩进只能用空格，不能用 Tab"),
        (
            "found character '@' that cannot start any token",
            "这里不能用这个字符；以 @、% 或 ` 开头的文字要加引号",
        ),
        ("expected <block end>, but found '-'", "缩进与上文不一致"),
        ("whatever else", "不合 YAML 的写法"),
    ],
)
def test_what_the_parser_could_not_read(parser: str, said: str) -> None:
    assert describe_syntax(parser) == said
