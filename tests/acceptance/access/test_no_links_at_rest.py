"""Whoever gets hold of the database gets hold of no link that opens anything."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from dj_cadence.signing import make_token, message_token
from tests.world.terminal import Terminal


def unpacked(content: bytes) -> bytes:
    """What a packed column says."""
    for width in (zlib.MAX_WBITS, zlib.MAX_WBITS | 16, -zlib.MAX_WBITS):
        try:
            return zlib.decompress(content, width)
        except zlib.error:
            continue
    return content


def values(database: Path) -> Iterator[bytes]:
    """Every text and every content of every table, unpacked."""
    with closing(sqlite3.connect(database)) as connection:
        names = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        for (table,) in connection.execute(names).fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, bytes):
                        yield unpacked(value)
                    elif isinstance(value, str):
                        yield value.encode()


def every_byte(site: Path) -> bytes:
    """The files of the database as they lie there, and what their columns say."""
    raw = [path.read_bytes() for path in sorted(site.glob("dj-cadence.db*"))]
    return b"\0".join([*raw, *values(site / "dj-cadence.db")])


def tokens(site: Path) -> dict[str, str]:
    """Every token that the site's key gives, by what it opens."""
    key = (site / "site.key").read_text(encoding="ascii").strip().encode()
    with closing(sqlite3.connect(site / "dj-cadence.db")) as connection:
        known = connection.execute("SELECT purpose, subject, generation FROM token").fetchall()
        (messages,) = connection.execute("SELECT max(id) FROM message").fetchone()
    found = {f"{p} {s} {g}": make_token(key, p, s, g) for p, s, g in known}
    return found | {f"message {n}": message_token(key, n) for n in range(1, messages + 1)}


def given_out(address: str) -> str:
    """The token in an address that a command prints."""
    return address.strip().rpartition("/")[2].removesuffix(".ics")


def test_no_token_lies_in_the_database_of_a_walked_site(act: Terminal) -> None:
    with closing(sqlite3.connect(act.site / "dj-cadence.db")) as connection:
        ((person,),) = connection.execute("SELECT key FROM person LIMIT 1")
        ((org,),) = connection.execute("SELECT code FROM org LIMIT 1")
    ways = (["feed", org], ["feed", "--person", person], ["login-link", person])
    given = {" ".join(words): given_out(act(*words).out) for words in ways}
    made = tokens(act.site)
    assert given["feed " + org] in made.values()  # those looked for are those that are given out

    lying = every_byte(act.site)

    found = {what for what, token in (given | made).items() if token.encode() in lying}
    assert found == set()
    assert len(made) > 100


def test_what_is_sent_again_is_the_same_letter_with_the_same_link(act: Terminal) -> None:
    """The link is made up again from the key."""
    with closing(sqlite3.connect(act.site / "dj-cadence.db")) as connection:
        ((number,),) = connection.execute(
            "SELECT max(id) FROM message WHERE state = 'sent' AND kind = 'bundle'"
        )
        connection.execute("UPDATE message SET state = 'quarantined' WHERE id = ?", (number,))
        connection.commit()
    new = act.site / "maildir" / "new"
    before = {path.name for path in new.iterdir()}

    assert act("deliveries", "retry", number).code == 0
    assert act("tick").code == 0

    (again,) = [path for path in new.iterdir() if path.name not in before]
    twin = [path for path in new.iterdir() if path.name in before and f"m{number}." in path.name]
    assert [path.read_bytes() for path in twin] == [again.read_bytes()]
