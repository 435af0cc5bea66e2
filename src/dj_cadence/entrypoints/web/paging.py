"""Long lists page by page: what shows everything at once is read by nobody."""

from collections.abc import Sequence
from typing import TypeVar

CARDS = 100
"""Tasks with their forms, of some three thousand bytes each."""
LINES = 200
"""Tasks or organizations of which a line is shown."""
_Row = TypeVar("_Row")


class Paging:
    """The page that is asked for. One that holds several lists shows as much of each."""

    def __init__(self, number: int) -> None:
        self.number = max(number, 1)
        self.pages = 1

    def turn_to(self, ids: Sequence[int], wanted: int, most: int) -> None:
        """Ask for the page on which `wanted` stands, where it is among them."""
        if wanted in ids:
            self.number = ids.index(wanted) // most + 1

    def part(self, rows: Sequence[_Row], most: int) -> Sequence[_Row]:
        """What of `rows` stands on this page, at `most` to a page."""
        self.pages = max(self.pages, -(-len(rows) // most))
        return rows[(self.number - 1) * most : self.number * most]
