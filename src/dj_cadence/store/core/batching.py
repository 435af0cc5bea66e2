"""Long lists, a few at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_AT_ONCE = 500
_Item = TypeVar("_Item")


def batched(items: Iterable[_Item], size: int = _AT_ONCE) -> Iterator[list[_Item]]:
    """So many at a time that no statement grows too long."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
