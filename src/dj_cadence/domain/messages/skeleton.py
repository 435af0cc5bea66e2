"""What says the same to many people: a rendered message with marks in place of names.

A mark is a character for private use, so that no text means it: the first stands for the
first name, and so on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from dj_cadence.domain.messages.view import Rendered

_FIRST = 0xE000
_MARK = re.compile("([\ue000-\uf8ff])")


def placeholders(count: int) -> str:
    """So many marks, in order; there are some six thousand."""
    return "".join(map(chr, range(_FIRST, _FIRST + count)))


def has_placeholder(text: str) -> bool:
    """Whether somebody uses such a character after all."""
    return _MARK.search(text) is not None


@dataclass(frozen=True)
class Skeleton:
    """A message as `Rendered`, with marks; or without any, which nobody else can share."""

    subject: str
    text: str
    html: str

    def filled(self, names: Sequence[str]) -> Rendered:
        """The message with `names` in place of the marks; without names, as it stands."""
        if not names:
            return Rendered(self.subject, self.text, self.html)
        subject, text, html = self._blanks
        return Rendered(
            subject.filled([" ".join(name.split()) for name in names]),
            text.filled(names),
            html.filled([escape(name) for name in names]),
        )

    @cached_property
    def _blanks(self) -> tuple["_Blanks", ...]:
        return tuple(map(_Blanks, (self.subject, self.text, self.html)))


class _Blanks:
    """A text cut at its marks, which is quicker to fill than to search."""

    def __init__(self, text: str) -> None:
        self._pieces = _MARK.split(text)
        self._order = [ord(mark) - _FIRST for mark in self._pieces[1::2]]

    def filled(self, names: Sequence[str]) -> str:
        pieces = self._pieces.copy()
        pieces[1::2] = [names[n] for n in self._order]
        return "".join(pieces)
