"""One text for equal values, whatever the process: what hashes are taken of."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from hashlib import sha256
from typing import Any

_PLAIN_ALREADY = frozenset({str, int, bool, float, type(None)})


def plain(value: object) -> object:
    """Dataclasses, sets, dates and enums as JSON values; sets sorted."""
    return value if type(value) in _PLAIN_ALREADY else _plain(value)


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case set() | frozenset():
            return sorted(map(plain, value), key=str)
        case list() | tuple():
            return [plain(item) for item in value]
        case _ if is_dataclass(value):
            return {name: plain(getattr(value, name)) for name in _compared(value.__class__)}
    return {str(k): plain(v) for k, v in value.items()} if isinstance(value, Mapping) else value


@cache
def _compared(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.compare)


_text = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain
).encode


def digest(*values: object) -> str:
    """SHA-256, in hex, over the values. The keys of mappings must be text."""
    return sha256(_text(values).encode()).hexdigest()
