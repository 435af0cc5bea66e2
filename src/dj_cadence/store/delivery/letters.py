"""Letters as they were first written. What many of them say alike is kept once."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import LargeBinary, String, bindparam, insert, select
from sqlalchemy.orm import Session

from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.delivery.claims import Claim
from dj_cadence.store.schema import letter, message, skeleton


class StoredLetter(NamedTuple):
    """The letter of a claimed message, packed."""

    claim: Claim
    skeleton: bytes
    content: bytes


def freeze(session: Session, letters: Sequence[StoredLetter]) -> None:
    """Keep these letters for good, each only while its message is claimed by this try."""
    if not letters:
        return
    hashes = _keep_skeletons(session, {one.skeleton for one in letters})
    mine = (
        message.c.id == bindparam("this"),
        message.c.state == "leased",
        message.c.lease_by == bindparam("owner"),
    )
    found = select(message.c.id, _SHAPE, bindparam("written", type_=LargeBinary)).where(
        *mine, message.c.attempts == bindparam("try")
    )
    session.connection().execute(
        insert(letter).from_select(["message_id", "skeleton_id", "content"], found),
        [
            {"this": c.id, "try": c.n, "owner": c.owner, "hash": hashes[said], "written": content}
            for c, said, content in letters
        ],
    )


def keep(session: Session, message_id: int, said: bytes, content: bytes) -> None:
    """Keep the letter of a message that was written together with it."""
    found = {"message_id": message_id, "skeleton_id": _SHAPE, "content": content}
    hashes = _keep_skeletons(session, {said})
    session.execute(insert(letter).values(found), {"hash": hashes[said]})


_SHAPE = (
    select(skeleton.c.id)
    .where(skeleton.c.hash == bindparam("hash", type_=String))
    .scalar_subquery()
)


def _keep_skeletons(session: Session, contents: set[bytes]) -> dict[bytes, str]:
    """Their hashes; in order, so that two processes do not wait for one another."""
    hashes = {content: sha256(content).hexdigest() for content in contents}
    ordered = sorted((hash_, content) for content, hash_ in hashes.items())
    rows = [{"hash": hash_, "content": content} for hash_, content in ordered]
    session.connection().execute(insert_or_ignore(skeleton), rows)
    return hashes
