"""The files inside a workbook, unpacked piece by piece and never beyond a bound."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from dj_cadence.loading.tables.bounded_xml import BrokenXmlError, End, Start, Text, walk
from dj_cadence.loading.tables.sheet import UnreadableTableError

BROKEN = "文件已损坏，或不是表格软件存的。请用 WPS 或 Excel 打开，另存为新的 xlsx 再导入。"
TOO_LARGE = "表格太大。请删去多余的行、列和工作表（清除格式），或分成几个文件导入。"
_MOST_UNPACKED = 150_000_000
_LONGEST_DIRECTORY = 1_000_000
"""Bytes: some ten thousand files, which are listed before the first can be looked at."""
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_LOCKED = 0x1


class Archive:
    """An open ZIP file. Whatever is wrong with it raises UnreadableTableError."""

    def __init__(self, content: bytes) -> None:
        _check_directory(content)
        try:
            self._zip = ZipFile(BytesIO(content))
        except (BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise UnreadableTableError(BROKEN) from error
        self._left = _MOST_UNPACKED

    def names(self) -> list[str]:
        return self._zip.namelist()

    def read(self, part: str, most: int) -> bytes:
        """At most so many bytes of a part."""
        content = b""
        for piece in self._pieces(part):
            content += piece
            if len(content) >= most:
                break
        return content[:most]

    def walk(
        self, part: str, starts: Mapping[str, Start], ends: Mapping[str, End], text: Text
    ) -> None:
        """The part's XML, as `bounded_xml.walk` tells it."""
        try:
            walk(self._pieces(part), starts, ends, text)
        except BrokenXmlError as error:
            raise UnreadableTableError(BROKEN) from error

    def _pieces(self, part: str) -> Iterator[bytes]:
        try:
            info = self._zip.getinfo(part)
            if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & _LOCKED:
                raise UnreadableTableError(BROKEN)
            with self._zip.open(info) as stream:
                while piece := stream.read(65536):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise UnreadableTableError(TOO_LARGE)
                    yield piece
        except (BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
            raise UnreadableTableError(BROKEN) from error
        except (OSError, EOFError, zlib.error, struct.error) as error:
            raise UnreadableTableError(BROKEN) from error


def _check_directory(content: bytes) -> None:
    """Refuse a directory that would fill the memory by itself."""
    at = content.rfind(_END, -65_557)
    if at < 0 or len(content) < at + 22:
        raise UnreadableTableError(BROKEN)
    (length,) = struct.unpack_from("<L", content, at + 12)
    if content[max(0, at - 20) : at].startswith(_END_64) or length > _LONGEST_DIRECTORY:
        raise UnreadableTableError(TOO_LARGE)
