"""What says the same to many people is filled in once; names and links are put in afterwards.

Sound only for templates that print names and links and compute nothing with them, as the
shipped ones do but for what goes up a line; a test holds them to it.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import astuple

from dj_cadence.domain.messages.skeleton import Skeleton, has_placeholder, placeholders
from dj_cadence.domain.messages.view import MessageView, Rendered

ViewOf = Callable[[Sequence[str]], MessageView]
"""Gives the message with these names in the places of its own."""
Filled = tuple[Skeleton, tuple[str, ...]]
"""A skeleton, and the names that fill it."""
_MOST_NAMES = 40
"""A longer message is hardly ever the same for two people."""
_KEPT = 300
"""Shapes that are kept ready, of 20 to 150 kB each."""
_UNKNOWN = object()


class Skeletons:
    """Renders each skeleton once. Several threads may ask at once."""

    def __init__(self, render: Callable[[MessageView], Rendered]) -> None:
        self._render = render
        self._kept: dict[Hashable, Skeleton | None] = {}

    def of(self, said: Hashable, names: Sequence[str], view_of: ViewOf) -> Filled:
        """The message of `names`; `said` is all that it says besides.

        A name that is empty stays so, for templates leave out what there is not. A message
        with too many names, or in which somebody uses a mark, is rendered whole.
        """
        distinct = tuple(filter(None, dict.fromkeys(names)))
        if len(names) > _MOST_NAMES or has_placeholder("".join(distinct)):
            return whole(self._render(view_of(names)))
        mark_of = {"": "", **dict(zip(distinct, placeholders(len(distinct)), strict=True))}
        pattern = tuple(map(mark_of.__getitem__, names))
        skeleton = self._skeleton((said, pattern), pattern, view_of)
        return (skeleton, distinct) if skeleton else whole(self._render(view_of(names)))

    def _skeleton(self, key: Hashable, pattern: Sequence[str], view_of: ViewOf) -> Skeleton | None:
        """None where what is said has a mark of its own."""
        found = self._kept.get(key, _UNKNOWN)
        if isinstance(found, Skeleton) or found is None:
            return found
        nameless = view_of([""] * len(pattern))
        marked = has_placeholder("".join(_texts(astuple(nameless))))
        made = None if marked else whole(self._render(view_of(pattern)))[0]
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = made
        return made


def whole(rendered: Rendered) -> Filled:
    """A message that nobody shares, as a skeleton."""
    return Skeleton(rendered.subject, rendered.text, rendered.html), ()


def _texts(values: object) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, tuple):
        for value in values:
            yield from _texts(value)
