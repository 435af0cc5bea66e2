"""Where the tables and keys of a TOML text stand; the parser does not say."""

import re
from collections.abc import Iterator

_WORD = r"(?:[\w-]+|\"[^\"]*\"|'[^']*')"
_NAME = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_TABLE = re.compile(rf"\s*\[+\s*({_NAME})\s*\]+")
_KEY = re.compile(rf"\s*({_NAME})\s*=")
_QUOTES = ('"""', "'''")

Path = tuple[str, ...]


def toml_places(text: str) -> dict[Path, str]:
    """`line:column` of every table header and of every key that begins a line.

    The first place counts. What stands inside an inline table has no place of its own.
    """
    places: dict[Path, str] = {}
    for path, line, column in _found(text):
        places.setdefault(path, f"{line}:{column}")
    return places


def nearest_place(places: dict[Path, str], path: Path) -> str:
    """The place of `path`, or of the nearest table around it."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, "1:1")


def _found(text: str) -> Iterator[tuple[Path, int, int]]:
    table: Path = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quote:
            quote = "" if quote in line else quote
        elif header := _TABLE.match(line):
            table = _path(header[1])
            yield table, number, header.start(1) + 1
        elif key := _KEY.match(line):
            yield table + _path(key[1]), number, key.start(1) + 1
            quote = next((q for q in _QUOTES if line.count(q, key.end()) == 1), "")


def _path(name: str) -> Path:
    return tuple(word.strip("\"'") for word in re.findall(_WORD, name))
