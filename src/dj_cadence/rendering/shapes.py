"""What says the same to many people is filled in once; names and links are put in afterwards.

Sound only for templates that print names and links and compute nothing with them, as the
shipped ones do; a test holds them to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from markupsafe import escape

from dj_cadence.domain.message import MessageView, Rendered

_FIRST, _LAST = "\ue000", "\uf8ff"
"""The characters that stand for names: for private use, so that no text means them."""


def fill(render: Callable[[MessageView], Rendered], view: MessageView) -> Rendered:
    """The message, with `render` asked for its shape; many messages share a shape.

    A view that has too many names, or one with such a character in it, is rendered as it is.
    """
    names = list(dict.fromkeys(_names(view)))
    if len(names) > ord(_LAST) - ord(_FIRST) or any(map(_is_marked, names)):
        return render(view)
    marks = {name: chr(ord(_FIRST) + n) for n, name in enumerate(names)}
    shape = render(_shape(view, marks))
    subject, text, html = shape.subject, shape.text, shape.html
    for name, mark in marks.items():
        subject = subject.replace(mark, " ".join(name.split()))
        text = text.replace(mark, name)
        html = html.replace(mark, escape(name))
    return Rendered(subject, text, html)


def _names(view: MessageView) -> Iterator[str]:
    yield view.person_name
    yield view.link
    yield from (item.org_name for item in view.items)


def _is_marked(name: str) -> bool:
    return any(_FIRST <= character <= _LAST for character in name)


def _shape(view: MessageView, marks: dict[str, str]) -> MessageView:
    """Numbers of tasks are not printed, and would make every message another shape."""
    return replace(
        view,
        person_name=marks[view.person_name],
        link=marks[view.link],
        items=tuple(replace(item, task_id=0, org_name=marks[item.org_name]) for item in view.items),
    )
