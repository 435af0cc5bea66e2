"""Letters as they were first written: the only writer of `letter` and `skeleton`.

What the two parts are is explained in `services.delivery.skeletons`.
"""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import LargeBinary, String, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.claim import Claim, StoredLetter
from dj_cadence.store.core.compiled import CompiledStatement
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.delivery import messages
from dj_cadence.store.schema import letter, message, skeleton

_SKELETON_ID = (
    select(skeleton.c.id)
    .where(skeleton.c.hash == bindparam("hash", type_=String))
    .scalar_subquery()
)
FORGET = CompiledStatement(delete(letter).where(letter.c.message_id == bindparam("this")))
"""The letter of a message is to be written anew."""


def keep(session: Session, written: Sequence[tuple[Claim, StoredLetter]]) -> None:
    """Keep these letters for good, each only while its message is claimed by this try."""
    if not written:
        return
    hashes = _keep_skeletons(session, {stored.skeleton for _, stored in written})
    rows = select(message.c.id, _SKELETON_ID, bindparam("content", type_=LargeBinary))
    session.connection().execute(
        insert(letter).from_select(
            ["message_id", "skeleton_id", "content"], rows.where(*messages.IS_CLAIMED)
        ),
        [
            {**messages.claimed(claim), "hash": hashes[stored.skeleton], "content": stored.content}
            for claim, stored in written
        ],
    )


def keep_of_new(session: Session, message_id: int, stored: StoredLetter) -> None:
    """Keep the letter of a message that was written together with it."""
    values = {"message_id": message_id, "skeleton_id": _SKELETON_ID, "content": stored.content}
    hashes = _keep_skeletons(session, {stored.skeleton})
    session.execute(insert(letter).values(values), {"hash": hashes[stored.skeleton]})


def _keep_skeletons(session: Session, contents: set[bytes]) -> dict[bytes, str]:
    """Their hashes; in order, so that two processes do not wait for one another."""
    hashes = {content: sha256(content).hexdigest() for content in contents}
    ordered = sorted((hash_, content) for content, hash_ in hashes.items())
    rows = [{"hash": hash_, "content": content} for hash_, content in ordered]
    session.connection().execute(insert_or_ignore(skeleton), rows)
    return hashes
