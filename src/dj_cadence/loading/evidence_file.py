"""A paper about what was done: what it is, judged by its content and never by its name."""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused
from dj_cadence.loading.evidence_kind import ALLOWED, media_type, suffix_of

LARGEST = 20 * 1024 * 1024
"""Bytes of one file: a telephone's photo has up to 15 MB."""
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_LONGEST_STEM = 80


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that may be kept."""

    name: str
    """Safe to save under, its ending that of its content."""
    media_type: str
    sha256: str
    content: bytes = field(repr=False)


def read_paper(path: Path) -> EvidenceFile:
    """The file at `path`. Raises Refused where it cannot be read or is of no allowed kind."""
    try:
        with path.open("rb") as file:
            return read_open(path.name, file)
    except OSError as error:
        raise Refused(f"{path}：文件打不开（{os_reason(error.errno)}）。") from error


def read_open(name: str, file: BinaryIO) -> EvidenceFile:
    """A file that is open already; not more of it than is kept is read. Raises Refused."""
    return paper(name, file.read(LARGEST + 1))


def paper(name: str, content: bytes) -> EvidenceFile:
    """A file by the name it was given. Raises Refused for one that is not kept."""
    if len(content) > LARGEST:
        raise _too_large(name)
    kind = media_type(content, Path(_safe(name)).suffix.lower())
    if not content or not kind:
        what = "是空文件" if not content else "不是可以附的文件种类"
        raise Refused(f"“{_safe(name)}”{what}。{ALLOWED}。")
    stem, _, ending = _safe(name).rpartition(".")
    stem = (stem or ending).strip(". ")[:_LONGEST_STEM] or "附件"
    return EvidenceFile(stem + suffix_of(kind), kind, sha256(content).hexdigest(), content)


def _too_large(name: str) -> Refused:
    return Refused(
        f"“{_safe(name)}”太大，每个文件最多 {LARGEST // 1024 // 1024} MB。"
        "请压缩后再附；照片可以先在手机上缩小。"
    )


def _safe(name: str) -> str:
    """The last part of a name, without what a file system or a reader could stumble over."""
    return _UNSAFE.sub("", re.split(r"[/\\]", name)[-1]).strip()
