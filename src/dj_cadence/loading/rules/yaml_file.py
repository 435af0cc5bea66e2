"""One YAML file: its plain value, where each part of it stands, and its faults."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from dj_cadence.bounded_file import UnreadableError, read_text
from dj_cadence.loading.rules.bounded_yaml import MOST_BYTES, TooMuchError, compose, place_of
from dj_cadence.problem_texts import describe, describe_syntax
from dj_cadence.problems import Problem

Loc = Sequence[str | int]
"""The way to a part of a file: keys of mappings, indexes of lists."""


class RuleModel(BaseModel):
    """Base of what people write: an unknown key is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=RuleModel)


class Place(Protocol):
    """Says where a part of a file stands, or its key."""

    def __call__(self, loc: Loc, *, key: bool = False) -> str: ...


@dataclass(frozen=True, eq=False)
class YamlFile:
    """A file as read; with problems, `value` is what could be made out, if anything."""

    name: str
    """As shown to people: schedules/duties/….yaml."""
    value: Any = None
    problems: tuple[Problem, ...] = ()
    root: Node | None = None
    text: str = field(default="", repr=False)
    """As it stands in the file."""

    def place(self, loc: Loc = (), *, key: bool = False) -> str:
        """`name:line:column` of the nearest part of the file on the way to `loc`."""
        mark = self.root.start_mark if self.root else None
        node = self.root
        for step in loc:
            child = _child(node, step)
            if child is None:
                break
            name, node = child
            mark = name.start_mark if key or node.value == "" else node.start_mark
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}" if mark else f"{self.name}:1:1"


def read_yaml(path: Path, name: str) -> YamlFile:
    """Read `path` as YAML 1.2; whatever is wrong with it comes back as problems.

    Texts, dates and decimal numbers stay text as written; whole numbers, true, false
    and null become values.
    """
    try:
        text = read_text(path, MOST_BYTES)
        root = compose(text)
    except (FileNotFoundError, UnreadableError) as error:  # or a link that leads nowhere
        message = "没有这个文件" if isinstance(error, FileNotFoundError) else str(error)
        return YamlFile(name, problems=(Problem(f"{name}:1:1", message),))
    except YAMLError as error:
        message = error.problem if isinstance(error, TooMuchError) else describe_syntax(str(error))
        problem = Problem(f"{name}:{place_of(error)}", message)
        return YamlFile(name, problems=(problem,), text=text)
    if root is None:
        problem = Problem(f"{name}:1:1", "文件是空的", warning=True)
        return YamlFile(name, problems=(problem,), text=text)
    return YamlFile(name, _plain(root), tuple(_repeated_keys(name, root)), root, text)


def validated(model: type[Model], value: Any, place: Place) -> tuple[Model | None, list[Problem]]:
    """`value` as `model`, or None and every fault with its place."""
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, [
            Problem(place(fault["loc"], key=_is_about_key(fault)), describe(fault, model))
            for fault in error.errors()
        ]


def _is_about_key(fault: Mapping[str, Any]) -> bool:
    loc = fault["loc"]
    return fault["type"] in ("missing", "extra_forbidden") or not loc or "[key]" in loc


def sound_part(model: type[Model], value: Mapping[str, Any]) -> Model:
    """The fields of `value` that are sound by themselves.

    Those that were are in `model_fields_set`; a required one that is not is None.
    """
    try:
        sound: Model = _without_required(model).model_validate(value)
    except ValidationError as error:
        faulty = {fault["loc"][0] for fault in error.errors()}
        return sound_part(model, {name: v for name, v in value.items() if name not in faulty})
    return sound


@cache
def outline(model: type[Model]) -> type[Model]:
    """`model` of a file whose entries may say anything: they are checked one by one."""
    free: dict[str, Any] = {
        name: (dict[get_args(field.annotation)[0], dict[str, Any]], ...)  # type: ignore[misc]
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) is dict
    }
    return create_model(f"{model.__name__}Outline", __base__=model, **free)


@cache
def _without_required(model: type[Model]) -> type[Model]:
    """`model` with no field required."""
    lenient: dict[str, Any] = {
        name: (field.annotation, FieldInfo.merge_field_infos(field, default=None))
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    return create_model(f"Partial{model.__name__}", __base__=model, **lenient)


def _repeated_keys(name: str, node: Node) -> Iterator[Problem]:
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _repeated_keys(name, item)
    if not isinstance(node, MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        word = key.value
        if word in seen:
            place = f"{name}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
            yield Problem(place, f"{word} 写了两次，请合并成一处")
        seen.add(word)
        yield from _repeated_keys(name, value)


def _plain(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.value]
    match str(node.tag).rpartition(":")[2]:
        case "int":
            return int(node.value) if node.value.lstrip("+-").isdecimal() else node.value
        case "bool":
            return node.value.lower() == "true"
        case "null":
            return None
        case _:
            return node.value


def _child(node: Node | None, step: str | int) -> tuple[Node, Node] | None:
    """(what names the part, the part itself); of a key written twice the last counts."""
    if isinstance(node, MappingNode):
        return next(((k, v) for k, v in reversed(node.value) if k.value == str(step)), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
