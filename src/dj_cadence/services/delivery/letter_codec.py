"""Letters as the ledger keeps them: what many say alike once, and the rest of each by itself.

What the link in a letter opens with is left out. Whoever reads the database, or a copy of it,
could act as the addressee with it; it is put in again from the site's key.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dj_cadence.domain.messages.notifier import Attachment, Audience, Letter
from dj_cadence.domain.messages.skeleton import Skeleton
from dj_cadence.store.core.types import dumps

HIDDEN = "…"
"""Stands for a token where a letter is shown to somebody else."""
_BLANK = "\ufdd0link\ufdd0"
"""Stands for it in what is kept. No text may hold this character."""
_LIST = b"["
"""How JSON begins, and no compressed letter. To compress a few names takes longer than it saves."""
_MANY = 300
"""Shapes that are kept ready, of 20 to 150 kB each."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A letter in two parts, for the database."""

    skeleton: bytes
    """Equal for letters that differ in names only."""
    content: bytes


def pack(letter: Letter, skeleton: Skeleton, names: Sequence[str], token: str) -> Packed:
    """`letter` says `skeleton` with `names`; what it says itself is not looked at.

    `token` is what its link opens with.
    """
    files = [[one.name, one.media_type, _in_text(one.content)] for one in letter.attachments]
    ids = (letter.message_id, letter.to, letter.to_name, letter.date, letter.form, letter.headers)
    kept = [name.replace(token, _BLANK) for name in names] if token else names
    content = dumps([*ids, kept, files]).encode()
    said = _shared(skeleton) if names else _compressed(_without(token, skeleton))
    return Packed(said, zlib.compress(content) if files else content)


def pack_whole(letter: Letter) -> Packed:
    """A letter that shares what it says with no other."""
    return pack(letter, Skeleton(letter.subject, letter.text, letter.html), (), "")


def unpack(skeleton: bytes, content: bytes, token: str = HIDDEN) -> Letter:
    """The letter of which `pack` made these two, its link opening with `token`."""
    plain = content if content.startswith(_LIST) else zlib.decompress(content)
    *ids, form, headers, names, files = json.loads(plain)
    message_id, to, to_name, made_on = ids
    filled = [name.replace(_BLANK, token) for name in names]
    said = _known(skeleton).filled(filled) if names else _with(token, _read(skeleton))
    return Letter(
        message_id,
        to,
        to_name,
        said.subject,
        said.text,
        said.html,
        made_on,
        headers=tuple((name, value) for name, value in headers),
        form=Audience(form),
        attachments=tuple(Attachment(name, kind, b64decode(text)) for name, kind, text in files),
    )


def _without(token: str, skeleton: Skeleton) -> Skeleton:
    return _replaced(skeleton, token, _BLANK) if token else skeleton


def _with(token: str, skeleton: Skeleton) -> Skeleton:
    return _replaced(skeleton, _BLANK, token)


def _replaced(skeleton: Skeleton, old: str, new: str) -> Skeleton:
    return Skeleton(
        *(part.replace(old, new) for part in (skeleton.subject, skeleton.text, skeleton.html))
    )


def _in_text(content: bytes) -> str:
    return b64encode(content).decode()


def _compressed(skeleton: Skeleton) -> bytes:
    return zlib.compress(dumps([skeleton.subject, skeleton.text, skeleton.html]).encode())


def _read(content: bytes) -> Skeleton:
    return Skeleton(*json.loads(zlib.decompress(content)))


_shared, _known = lru_cache(_MANY)(_compressed), lru_cache(_MANY)(_read)
