"""The files inside a workbook, unpacked and walked through piece by piece, never beyond a bound."""

import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import NoReturn
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from dj_cadence.loading.tables.sheet import UnreadableTableError

BROKEN = "文件已损坏，或不是表格软件存的。请用 WPS 或 Excel 打开，另存为新的 xlsx 再导入。"
TOO_LARGE = "表格太大。请删去多余的行、列和工作表（清除格式），或分成几个文件导入。"
_LONGEST_DIRECTORY = 1_000_000
"""Bytes: some ten thousand files, which are listed before the first can be looked at."""
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_LOCKED = 0x1
_DEEPEST = 32
_LONGEST_TAG = 1_000_000
"""Bytes; the parser keeps a tag until it is closed, and begins anew with each piece."""
_MOST_NAMES = 2_000
"""Of elements and attributes; the parser keeps each for good."""


@dataclass(slots=True)
class Element:
    """One that was asked for, with what stands in it as the text or the formula of a cell."""

    name: str
    """Without a prefix."""
    attributes: Mapping[str, str]
    value: str = ""
    formula: str = ""
    """Begins with an equals sign, where there is one."""


class Archive:
    """An open ZIP file. Whatever is wrong with it raises UnreadableTableError."""

    def __init__(self, content: bytes) -> None:
        _check_directory(content)
        try:
            self._zip = ZipFile(BytesIO(content))
        except (BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise UnreadableTableError(BROKEN) from error
        # Elements are rows and cells, empty ones too, and whatever else is asked for.
        self._left = {
            "bytes": 150_000_000,
            "elements": 1_500_000,
            "cells": 1_000_000,
            "letters": 30_000_000,
        }

    def names(self) -> list[str]:
        return self._zip.namelist()

    def spend(self, **amounts: int) -> None:
        """Count what was looked at, over all files; raises when something is used up."""
        for what, amount in amounts.items():
            self._left[what] -= amount
            if self._left[what] < 0:
                raise UnreadableTableError(TOO_LARGE)

    def read(self, part: str, most: int) -> bytes:
        """At most so many bytes of a part, of its first piece."""
        return next(self._pieces(part), b"")[:most]

    def elements(self, part: str, wanted: Collection[str]) -> Iterator[Element]:
        """The elements of these names in the part's XML, in the order in which they begin."""
        walk, fed = _Walk(wanted), 0
        try:
            for piece in self._pieces(part):
                fed += len(piece)
                walk.parser.Parse(piece, False)
                pending = fed - walk.parser.CurrentByteIndex
                if pending > _LONGEST_TAG or len(walk.parser.intern) > _MOST_NAMES:
                    _refuse()
                yield from self._told(walk, all_but=1)
            walk.parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise UnreadableTableError(BROKEN) from error
        yield from self._told(walk, all_but=0)

    def _told(self, walk: "_Walk", all_but: int) -> list[Element]:
        """The elements that are finished; the last one may still go on in the next piece."""
        count = max(0, len(walk.elements) - all_but)
        told, walk.elements = walk.elements[:count], walk.elements[count:]
        self.spend(elements=count, letters=walk.letters)
        walk.letters = 0
        return told

    def _pieces(self, part: str) -> Iterator[bytes]:
        try:
            info = self._zip.getinfo(part)
            if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & _LOCKED:
                raise UnreadableTableError(BROKEN)
            with self._zip.open(info) as stream:
                while piece := stream.read(16384):
                    self.spend(bytes=len(piece))
                    yield piece
        except (BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
            raise UnreadableTableError(BROKEN) from error
        except (OSError, EOFError, zlib.error, struct.error) as error:
            raise UnreadableTableError(BROKEN) from error


class _Walk:
    """XML walked through without being kept, of bounded depth, without a DTD."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.elements: list[Element] = []
        self.letters = self._depth = 0
        self._wanted = wanted
        self._open: Element | None = None
        self._value: list[str] = []
        self._formula: list[str] = []
        self._into: list[str] | None = None
        self._is_phonetic = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            _refuse()
        if ":" in name:
            name = name.rpartition(":")[2]
        if name in self._wanted:
            self._open = Element(name, attributes)
            self.elements.append(self._open)
            self._value, self._formula = [], []
        elif name in ("v", "t"):
            self._into = None if self._is_phonetic else self._value
        elif name == "f":
            self._formula.append("=")
            self._into = self._formula
        elif name == "rPh":  # how the text is spoken
            self._is_phonetic = True

    def _end(self, name: str) -> None:
        self._depth -= 1
        if ":" in name:
            name = name.rpartition(":")[2]
        if name in ("v", "t", "f"):
            self._into = None
        elif name == "rPh":
            self._is_phonetic = False
        elif self._open and name == self._open.name:
            self._open.value, self._open.formula = "".join(self._value), "".join(self._formula)
            self._open = None

    def _text(self, data: str) -> None:
        if self._into is not None:
            self.letters += len(data)
            self._into.append(data)


def _refuse(*_declared: object) -> NoReturn:
    raise UnreadableTableError(BROKEN)


def _check_directory(content: bytes) -> None:
    """Refuse a directory that would fill the memory by itself."""
    at = content.rfind(_END, -65_557)
    if at < 0 or len(content) < at + 22:
        raise UnreadableTableError(BROKEN)
    (length,) = struct.unpack_from("<L", content, at + 12)
    if content[max(0, at - 20) : at].startswith(_END_64) or length > _LONGEST_DIRECTORY:
        raise UnreadableTableError(TOO_LARGE)
