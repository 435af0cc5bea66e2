"""What says the same to many people is filled in once; names and links are put in afterwards.

Sound only for templates that print names and links and compute nothing with them, as the
shipped ones do; a test holds them to it.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from markupsafe import escape

from dj_cadence.domain.message import Item, MessageView, Rendered

_FIRST, _MARKS = 0xE000, re.compile("[\ue000-\uf8ff]")
"""The characters that stand for names: for private use, so that no text means them."""
_MOST_NAMES = 1000
_KEPT = 500
"""Shapes that are kept ready, of some 20 kB each."""


def _but(of: type[Item | MessageView], *left_out: str) -> Callable[[Any], tuple[object, ...]]:
    """Gives the values of all other fields."""
    return attrgetter(*(field.name for field in fields(of) if field.name not in left_out))


_of_view = _but(MessageView, "person_name", "link", "items", "digests")
_of_item = _but(Item, "org_name", "task_id")
"""In which two items must agree to read the same; numbers of tasks are not printed."""


class Shapes:
    """Renders each shape once. Several threads may ask at once."""

    def __init__(self, render: Callable[[MessageView], Rendered]) -> None:
        self._render = render
        self._kept: dict[Hashable, Rendered] = {}

    def fill(self, view: MessageView) -> Rendered:
        """The message. One with too many names, or with a mark among them, is rendered whole."""
        names = dict.fromkeys(_names(view))
        if len(names) > _MOST_NAMES or _MARKS.search("".join(names)):
            return self._render(view)
        marks = {name: chr(_FIRST + n) for n, name in enumerate(names)}
        shape = self._shape(view, marks)
        subject, text, html = shape.subject, shape.text, shape.html
        for name, mark in marks.items():
            subject = subject.replace(mark, " ".join(name.split()))
            text = text.replace(mark, name)
            html = html.replace(mark, escape(name))
        return Rendered(subject, text, html)

    def _shape(self, view: MessageView, marks: Mapping[str, str]) -> Rendered:
        head = (*_of_view(view), marks[view.person_name], marks[view.link])
        key = (*head, *((marks[item.org_name], _of_item(item)) for item in view.items))
        shape = self._kept.get(key)
        if shape is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            shape = self._kept[key] = self._render(_marked(view, marks))
        return shape


def _names(view: MessageView) -> Iterator[str]:
    yield view.person_name
    yield view.link
    yield from (item.org_name for item in view.items)


def _marked(view: MessageView, marks: Mapping[str, str]) -> MessageView:
    return replace(
        view,
        person_name=marks[view.person_name],
        link=marks[view.link],
        items=tuple(replace(item, task_id=0, org_name=marks[item.org_name]) for item in view.items),
    )
