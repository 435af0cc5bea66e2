"""Faults in files people wrote, in plain Chinese."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from dj_cadence.problems import suggestion

_EXPECTED_TYPES = {
    "string": "文字",
    "int": "整数",
    "float": "数字",
    "bool": " true 或 false",
    "date": "日期，如 2026-03-05",
    "list": "列表，如 [一, 二]",
    "tuple": "列表，如 [一, 二]",
    "dict": "一组“键: 值”",
    "model": "一组“键: 值”",
}
_LIMITS = {
    "greater_than_equal": "不能小于 {ge:g}",
    "less_than_equal": "不能大于 {le:g}",
    "string_too_short": "不能为空",
    "too_short": "不能为空",
    "string_too_long": "太长，最多 {max_length} 个字符",
    "string_pattern_mismatch": "只能用小写字母、数字和下划线，并以字母开头",
}
_MANY = 8
_SYNTAX = {
    "'\\t'": "缩进只能用空格，不能用 Tab",
    "cannot start any token": "这里不能用这个字符；以 @、% 或 ` 开头的文字要加引号",
    "mapping values are not allowed": "这里多了一个冒号；含冒号的文字要加引号，上一行要用英文冒号",
    "could not find expected ':'": "缺少冒号；要用英文冒号，后面空一格",
    "block end": "缩进与上文不一致",
    "',' or": "括号没有配对，或缺少英文逗号",
    "end of stream": "引号或括号没有配对",
    "<stream end>": "引号或括号没有配对",
    "undefined alias": "* 开头的文字要加引号",
    "single document": "一个文件里只能有一份内容，请删去中间的 ---",
    "special characters": "含有看不见的控制字符，请删去",
}


def describe(error: Mapping[str, Any], model: Any = None) -> str:
    """What is wrong and what is expected, for one fault as pydantic reports it of `model`."""
    kind, context = error["type"], error.get("ctx", {})
    name = error["loc"][-1] if error["loc"] else ""
    if kind == "missing":
        return f"缺少 {name}"
    if kind == "extra_forbidden":
        return unknown(str(name), keys_at(model, error["loc"][:-1]))
    if kind == "value_error":
        return str(context["error"])
    if kind in ("enum", "literal_error"):
        return not_one_of(error["input"], re.findall(r"'([^']*)'", context["expected"]))
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    expected = _EXPECTED_TYPES.get(kind.partition("_")[0])
    shown = _shown(error["input"])
    return f"应为{expected}，现在是{shown}" if expected else f"{shown}写法不对"


def keys_at(annotation: Any, loc: Sequence[str | int] = ()) -> list[str]:
    """The keys that a person may write at `loc` below a model, or what a field of one holds."""
    fields = getattr(annotation, "model_fields", None)
    if fields is None:
        rest = loc if get_origin(annotation) in (Union, UnionType) else loc[1:]
        return [key for part in get_args(annotation) for key in keys_at(part, rest)]
    written = {field.alias or name: field.annotation for name, field in fields.items()}
    return keys_at(written.get(str(loc[0])), loc[1:]) if loc else list(written)


def checked(holds: Callable[[str], object], fault: Callable[[str], str]) -> Callable[[str], str]:
    """A check that gives the text back, or raises ValueError with what is wrong with it."""

    def check(text: str) -> str:
        if not holds(text):
            raise ValueError(fault(text))
        return text

    return check


def one_of(known: Collection[str]) -> Callable[[str], str]:
    """A check that a text is one of the `known` values."""
    return checked(known.__contains__, lambda text: not_one_of(text, known))


def describe_syntax(problem: str) -> str:
    """What is wrong where YAML itself could not be read; `problem` is the parser's text."""
    return next((text for sign, text in _SYNTAX.items() if sign in problem), "不合 YAML 的写法")


def unknown(word: str, words: Iterable[str]) -> str:
    """That `word` is no key here, with the nearest one or all of them."""
    words = list(words)
    near = suggestion(word, words)
    return (
        f"不认识 {word}{near}" if near or not words else f"不认识 {word}，可用：{'、'.join(words)}"
    )


def not_one_of(given: object, allowed: Iterable[str]) -> str:
    """That `given` is none of the `allowed` values, with the nearest."""
    allowed = list(allowed)
    near = suggestion(str(given), allowed)
    if len(allowed) == 1 or (near and len(allowed) > _MANY):
        return f"{_shown(given)}不可用{near or f'，应为 {allowed[0]}'}"
    return f"{_shown(given)}不可用，应为 {'、'.join(allowed)} 之一{near}"


def _shown(given: object) -> str:
    if given is None:
        return "空"
    if isinstance(given, dict):
        return "一组“键: 值”"
    if isinstance(given, list):
        return "列表"
    return f"“{str(given).lower() if isinstance(given, bool) else given}”"
