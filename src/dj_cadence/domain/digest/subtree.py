"""What belongs to the organizations of a tree, in preorder: a subtree is a stretch of positions."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from dj_cadence.domain.organizations.organization import Organization


class HasPosition(Protocol):
    """What belongs to an organization of the tree."""

    @property
    def position(self) -> int: ...


Row = TypeVar("Row", bound=HasPosition)


class SubtreeRows(Generic[Row]):
    """Rows in the organizations' own order."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._positions = [row.position for row in rows]

    def below(self, above: Organization) -> Sequence[Row]:
        """Those strictly below an organization."""
        first = bisect_right(self._positions, above.position)
        return self._rows[first : bisect_right(self._positions, above.subtree_end)]


def child_of(row: HasPosition, children: Sequence[Organization]) -> Organization:
    """Which of the organizations directly below the row belongs to."""
    return children[bisect_left(children, row.position, key=lambda child: child.subtree_end)]
