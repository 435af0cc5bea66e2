"""YAML as a tree of nodes, of bounded depth and size however it multiplies itself."""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

MOST_BYTES = 200_000
"""The longest shipped file has 12,000."""
_DEEPEST = 30
_MOST_NODES = 10_000
"""Each reference by * counts as if it were written out."""
_LETTERS = 200
"""A longer text counts for several nodes."""
_MOST_DIGITS = 15


class TooMuchError(MarkedYAMLError):
    """The text asks for more than any rule needs; its `problem` is in Chinese."""


def compose(text: str) -> Node | None:
    """The nodes of a text, None for an empty one. Raises YAMLError for what is none.

    A node that is referred to stands in several places of the tree; to walk through all of
    them takes some ten thousand steps at most.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Bounded
    try:
        root: Node | None = yaml.compose(text)
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        mark = StringMark("", error.position, line, column, "", 0)
        raise TooMuchError(problem="有看不见的控制字符，请删去", problem_mark=mark) from None
    return root


def place_of(error: YAMLError) -> str:
    """line:column of a fault."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"


class _Bounded(Composer):
    """Knows of each finished node how deep and how large it is."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader=loader)
        self.warn_double_anchors = False
        self._measures: dict[int, tuple[int, int]] = {}
        self._open = self._seen = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        self._open += 1
        self._seen += 1
        _bound(event, self._open, self._seen)
        node = super().compose_node(parent, index)
        self._open -= 1
        if isinstance(event, AliasEvent):
            if id(node) not in self._measures:
                raise TooMuchError(problem="用 & 和 * 引用了自己", problem_mark=event.start_mark)
        else:
            self._measures[id(node)] = self._measured(node)
        return node

    def _measured(self, node: Node) -> tuple[int, int]:
        inside = [self._measures[id(child)] for child in _children(node)]
        depth = 1 + max((depth for depth, _ in inside), default=0)
        size = 1 + sum(size for _, size in inside) + _length(node) // _LETTERS
        _bound(node, depth, size)
        return depth, size


def _bound(part: Any, depth: int, size: int) -> None:
    if depth > _DEEPEST or size > _MOST_NODES:
        problem = "嵌套太深" if depth > _DEEPEST else "内容太多，或用 * 重复得太多"
        raise TooMuchError(problem=problem, problem_mark=part.start_mark)


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                mark = key.start_mark
                raise TooMuchError(problem="名称只能是文字", problem_mark=mark)
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _length(node: Node) -> int:
    """Of a text. Raises TooMuchError for a number that no rule can mean."""
    if not isinstance(node, ScalarNode):
        return 0
    number = str(node.tag).endswith(":int")
    if number and len(node.value) > _MOST_DIGITS:
        raise TooMuchError(problem="数字太大", problem_mark=node.start_mark)
    return len(node.value)
