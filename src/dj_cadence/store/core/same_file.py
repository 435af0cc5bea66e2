"""Holds connections to the database file that was there when the site was opened.

A file that is put into its place is not seen by connections that are open: they go on writing
into one that nobody will find again.
"""

from pathlib import Path

from sqlalchemy import Engine, event

from dj_cadence.errors import DatabaseGone


def hold_to_file(engine: Engine) -> None:
    """Let every use of a connection raise DatabaseGone once the file is another one, or gone."""
    name = engine.url.database or ""
    if name in ("", ":memory:"):
        return
    path = Path(name).absolute()
    first = _found(path)

    def opened(*_given: object) -> None:
        nonlocal first  # a new database has its file from the first connection on
        first = first or _found(path)

    def check(*_given: object) -> None:
        if first and _found(path) != first:
            raise DatabaseGone(
                f"数据库文件 {path} 被换掉或移走了，没有读写。请停止 run，确认文件无误后重新启动。"
            )

    event.listen(engine, "do_connect", check)  # would make an empty file
    event.listen(engine, "connect", opened)
    event.listen(engine, "checkout", check)


def _found(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
