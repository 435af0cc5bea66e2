"""What a site holds, and archives as a stranger might make them."""

import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path


def whose(folder: Path) -> set[str]:
    """The names that a site carries: one where it is whole."""
    with closing(sqlite3.connect(folder / "dj-cadence.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        people = {row[0] for row in connection.execute("SELECT name FROM person")}
    files = (folder / "evidence" / "0a1b", folder / "schedules" / "own.txt")
    key = sha256((folder / "site.key").read_bytes()).hexdigest()
    named = {path.read_text(encoding="utf-8") for path in files}
    return people | named | {f"key {key}"} | {_title(folder)}


def _title(folder: Path) -> str:
    return (folder / "site.toml").read_text(encoding="utf-8").partition("\n")[0]


def seen(folder: Path) -> dict[str, str]:
    """Everything below a folder, but for what SQLite keeps beside a database."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(("-wal", "-shm"))
    }


def contents(backup: Path) -> dict[str, bytes]:
    """What a backup holds, by name."""
    with zipfile.ZipFile(backup) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def pack(file: Path, held: Mapping[str, bytes]) -> Path:
    """An archive with exactly these names, whatever they are."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in held.items():
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = entry.orig_filename = name
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)
    return file


def altered(database: bytes, folder: Path, *statements: str) -> bytes:
    """A database file after some statements."""
    file = folder / "altered.db"
    file.write_bytes(database)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    content = file.read_bytes()
    file.unlink()
    return content
