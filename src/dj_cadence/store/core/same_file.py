"""Holds connections to the database file that was there when the site was opened.

A file that is put into its place is not seen by connections that are open: they go on writing
into one that nobody will find again.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from dj_cadence.errors import DatabaseGone


def hold_to_file(engine: Engine) -> None:
    """Let every use of a connection raise DatabaseGone once the file is another one, or gone."""
    name = engine.url.database or ""
    if name not in ("", ":memory:"):
        same = _SameFile(Path(name).absolute())
        event.listen(engine, "do_connect", same.check)  # would make an empty file
        event.listen(engine, "connect", same.opened)
        event.listen(engine, "checkout", same.check)


class _SameFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._first = self._found()

    def opened(self, *_given: Any) -> None:
        """A new database has its file from the first connection on."""
        self._first = self._first or self._found()

    def check(self, *_given: Any) -> None:
        if self._first and self._found() != self._first:
            raise DatabaseGone(
                f"数据库文件 {self._path} 被换掉或移走了，没有读写。"
                "请停止 run，确认文件无误后重新启动。"
            )

    def _found(self) -> tuple[int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino
