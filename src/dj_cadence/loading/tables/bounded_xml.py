"""XML walked through without being kept, of bounded depth and length, without a DTD."""

from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn
from xml.parsers import expat

_DEEPEST = 32
_LONGEST_TAG = 1_000_000
"""Bytes; the parser keeps a tag until it is closed, and begins anew with each piece."""
_MOST_NAMES = 2_000
"""Of elements and attributes; the parser keeps each for good."""


class BrokenXmlError(Exception):
    """The text is no XML, or none that a spreadsheet writes."""


Start = Callable[[Mapping[str, str]], None]
End = Callable[[], None]
Text = Callable[[str], None]


def walk(
    pieces: Iterable[bytes], starts: Mapping[str, Start], ends: Mapping[str, End], text: Text
) -> None:
    """Tell the elements of these names as they begin and end, and each piece of text.

    The prefix of a name does not count. Raises BrokenXmlError.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = fed = 0

    def on_start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise BrokenXmlError
        start = starts.get(name) or (starts.get(name.rpartition(":")[2]) if ":" in name else None)
        if start:
            start(attributes)

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        end = ends.get(name) or (ends.get(name.rpartition(":")[2]) if ":" in name else None)
        if end:
            end()

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for piece in pieces:
            fed += len(piece)
            parser.Parse(piece, False)
            if fed - parser.CurrentByteIndex > _LONGEST_TAG or len(parser.intern) > _MOST_NAMES:
                raise BrokenXmlError
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise BrokenXmlError from error


def _refuse(*_declared: object) -> NoReturn:
    raise BrokenXmlError
