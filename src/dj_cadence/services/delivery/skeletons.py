"""Letters that differ in names only are rendered once, and what they say is stored once.

The monthly list says the same to thousands of people, but for whom it speaks to, whose task it
is and where the link leads. Such a letter is a *skeleton*, the rendered message with placeholders
where those names stand, and the names of each. Rendering (templates and inlined CSS) is the most
expensive step of a letter, and a skeleton of 16 kB is compressed and stored once: by
benchmarks/bench_deliver.py half as many letters again go out in the same time, over one connection
to a near server, and the database stays a fifth smaller.

Everything about skeletons is in this module and in the two tables of `store.delivery.letters`. The
rest of the code sees a `Letter`: `SharedRenderer` gives a `Filled` message, `pack` and `unpack`
carry a letter to the database and back. It is sound only for templates that print names and links
and compute nothing with them, as the shipped ones do but for what goes up a line; a test holds
them to it.

What the link in a letter opens with is left out of what is stored. Whoever reads the database, or
a copy of it, could act as the addressee with it; it is put in again from the site's key.
"""

import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property, lru_cache
from html import escape
from typing import NamedTuple

from dj_cadence.domain.messages.claim import StoredLetter
from dj_cadence.domain.messages.notifier import Attachment, Audience, Letter
from dj_cadence.domain.messages.view import MessageView, Rendered
from dj_cadence.store.core.types import dumps

ViewOf = Callable[[Sequence[str]], MessageView]
"""Gives the message with these names in the places of its own."""
HIDDEN = "…"
"""Stands for a token where a letter is shown to somebody else."""
_LINK = "\ufdd0link\ufdd0"
"""Stands for it in what is stored. No text may hold this character."""
_MOST_NAMES = 40
"""A longer message is hardly ever the same for two people."""
_KEPT = 300
"""Skeletons that are kept in memory, of 20 to 150 kB each."""
_LIST = b"["
"""How JSON begins, and no compressed letter. To compress a few names takes longer than it saves."""
_FIRST = 0xE000
_PLACEHOLDER = re.compile("([\ue000-\uf8ff])")


# --- messages with placeholders -------------------------------------------------------------------


def placeholders(count: int) -> str:
    """So many, in order: characters for private use, so that no text means them."""
    return "".join(map(chr, range(_FIRST, _FIRST + count)))


def has_placeholder(text: str) -> bool:
    """Whether somebody uses such a character after all."""
    return _PLACEHOLDER.search(text) is not None


class Skeleton(Rendered):
    """A rendered message with placeholders, the first for the first name, and so on."""

    def filled(self, names: Sequence[str]) -> Rendered:
        """The message with these names; without any it stands as it is."""
        if not names:
            return self
        in_line = [" ".join(name.split()) for name in names]
        each = zip(self._pieces, (in_line, names, list(map(escape, names))), strict=True)
        return Rendered(*(_joined(pieces, words) for pieces, words in each))

    @cached_property
    def _pieces(self) -> list[list[str]]:
        """The parts cut at the placeholders, which is quicker to fill than to search."""
        return [_PLACEHOLDER.split(part) for part in self]

    def replaced(self, old: str, new: str) -> "Skeleton":
        return Skeleton(*(part.replace(old, new) for part in self))


def _joined(pieces: list[str], names: Sequence[str]) -> str:
    filled = pieces.copy()
    filled[1::2] = [names[ord(placeholder) - _FIRST] for placeholder in pieces[1::2]]
    return "".join(filled)


class Filled(NamedTuple):
    """A skeleton with the names of one message; a message that nobody shares has none."""

    skeleton: Skeleton
    names: tuple[str, ...] = ()

    def rendered(self) -> Rendered:
        return self.skeleton.filled(self.names)


def whole(rendered: Rendered) -> Filled:
    """A message that nobody shares."""
    return Filled(Skeleton(*rendered))


@dataclass
class SharedRenderer:
    """Renders each skeleton once. For one thread."""

    _render: Callable[[MessageView], Rendered]
    _kept: dict[Hashable, Skeleton | None] = field(default_factory=dict)

    def render(self, content: Hashable, names: Sequence[str], view_of: ViewOf) -> Filled:
        """The message of `names`; `content` is all that it says besides.

        A name that is empty stays so, for templates leave out what there is not. A message
        with too many names, or in which somebody uses a placeholder, is rendered whole.
        """
        distinct = tuple(filter(None, dict.fromkeys(names)))
        skeleton = None
        if len(names) <= _MOST_NAMES and not has_placeholder("".join(distinct)):
            stands_for = dict(zip(distinct, placeholders(len(distinct)), strict=True))
            pattern = tuple(stands_for.get(name, "") for name in names)
            skeleton = self._skeleton((content, pattern), pattern, view_of)
        return Filled(skeleton, distinct) if skeleton else whole(self._render(view_of(names)))

    def _skeleton(self, key: Hashable, pattern: Sequence[str], view_of: ViewOf) -> Skeleton | None:
        """None where the content has a placeholder of its own."""
        if key not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            nameless = view_of([""] * len(pattern))
            is_clean = not has_placeholder("".join(_texts(astuple(nameless))))
            self._kept[key] = whole(self._render(view_of(pattern))).skeleton if is_clean else None
        return self._kept[key]


def _texts(values: object) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, tuple):
        for value in values:
            yield from _texts(value)


# --- letters as they are stored -------------------------------------------------------------------


def pack(letter: Letter, filled: Filled, token: str) -> StoredLetter:
    """`letter` says what `filled` does; `token` is what its link opens with."""
    skeleton, names = filled
    files = [
        [attachment.name, attachment.media_type, b64encode(attachment.content).decode()]
        for attachment in letter.attachments
    ]
    ids = (letter.message_id, letter.to, letter.to_name, letter.date, letter.form, letter.headers)
    content = dumps([*ids, [name.replace(token, _LINK) for name in names], files]).encode()
    stored = _shared(skeleton) if names else _compressed(skeleton.replaced(token, _LINK))
    return StoredLetter(stored, zlib.compress(content) if files else content)


def unpack(stored: StoredLetter, token: str = HIDDEN) -> Letter:
    """The letter that `pack` made into this, its link opening with `token`."""
    content = stored.content
    plain = content if content.startswith(_LIST) else zlib.decompress(content)
    message_id, to, to_name, made_on, form, headers, names, files = json.loads(plain)
    if names:
        rendered = _known(stored.skeleton).filled([name.replace(_LINK, token) for name in names])
    else:
        rendered = _read(stored.skeleton).replaced(_LINK, token)
    attachments = (Attachment(name, kind, b64decode(text)) for name, kind, text in files)
    pairs, kept = tuple(map(tuple, headers)), tuple(attachments)
    return Letter(message_id, to, to_name, *rendered, made_on, pairs, Audience(form), kept)


def _compressed(skeleton: Skeleton) -> bytes:
    return zlib.compress(dumps(skeleton).encode())


def _read(content: bytes) -> Skeleton:
    return Skeleton(*json.loads(zlib.decompress(content)))


_shared, _known = lru_cache(_KEPT)(_compressed), lru_cache(_KEPT)(_read)
