"""The site.toml of a site that moved: its database is in its own folder, whatever it said."""

import tomllib
from typing import Any

from dj_cadence.settings.toml_positions import toml_places

KEY = "database"
_REMARK = "# 恢复备份时停用：数据库放在站点自己的文件夹里。\n# "


def with_own_database(text: str) -> tuple[str, str]:
    """`text` without its line about the database, and what that line said, if anything.

    The line stays as a comment. Raises ValueError where `text` cannot be read, or the line
    cannot be told from the rest.
    """
    before = _parsed(text)
    if before is None:
        raise ValueError(KEY)
    if KEY not in before:
        return text, ""
    value = before.pop(KEY)
    lines = text.splitlines(keepends=True)
    first = int(toml_places(text).get((KEY,), "0:0").partition(":")[0]) - 1
    for last in range(first, min(first + 20, len(lines))) if first >= 0 else ():
        taken = "".join(lines[first : last + 1]).splitlines(keepends=True)
        commented = _REMARK + "# ".join(taken)
        changed = "".join([*lines[:first], commented, *lines[last + 1 :]])
        if _parsed(changed) == before:
            return changed, str(value)
    raise ValueError(KEY)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
