"""What to say of a database that cannot be used, in a sentence with the way out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Database

_SQLITE_ADVICE = {
    "SQLITE_NOTADB": "它不是数据库文件。请把它移走后再试，或用备份的文件替换",
    "SQLITE_CORRUPT": "文件已损坏。请用备份的文件替换",
    "SQLITE_CANTOPEN": "文件打不开。请确认所在文件夹存在，并允许本程序读写",
    "SQLITE_READONLY": "文件是只读的。请允许本程序写入",
    "SQLITE_PERM": "没有权限。请允许本程序读写",
    "SQLITE_BUSY": "文件正被别的程序占用。请稍后再试",
    "SQLITE_FULL": "磁盘已满。请腾出空间后再试",
}
_SERVER_ADVICE = {
    r"no password supplied": "数据库要口令，没有给。请放在环境变量 PGPASSWORD 里，再运行同一个命令",
    r"password authentication failed|28P01": (
        "用户名或口令不对。请核对 site.toml 里的用户名和环境变量 PGPASSWORD"
    ),
    r'role "[^"]*" does not exist|28000': (
        "数据库里没有这个用户。请数据库管理员建立：createuser 用户名 --pwprompt"
    ),
    r'database "[^"]*" does not exist|3D000': (
        "还没有这个数据库。请数据库管理员建立：createdb 库名 --owner 用户名 --encoding UTF8"
    ),
    r"no pg_hba\.conf entry": (
        "数据库不让这台机器或这个用户连接。请数据库管理员在 pg_hba.conf 里放行"
    ),
    r"permission denied|42501": (
        "这个用户没有权限建表。请数据库管理员把库交给它：ALTER DATABASE 库名 OWNER TO 用户名"
    ),
    r"could not translate host name|failed to resolve|Name or service not known": (
        "找不到数据库所在的机器。请核对 site.toml 里的主机名；口令里的 @ 要写成 %40"
    ),
    r"Connection refused|No such file or directory|could not connect|connection failed": (
        "连不上数据库服务。请确认它已启动，并核对 site.toml 里的主机和端口"
    ),
    r"timeout|timed out|unreachable": (
        "连接数据库超时。请核对 site.toml 里的主机和端口，以及网络和防火墙"
    ),
    r"too many clients|53300|remaining connection slots": "数据库的连接已满。请稍后再试",
    r"terminating connection|server closed|57P0|starting up|shutting down|closed": (
        "数据库服务刚刚停止或重启。请稍后再试"
    ),
    r"No space left|53100": "数据库所在的磁盘已满。请腾出空间后再试",
    r"read-only transaction|25006": "数据库是只读的。请连接可以写入的主库",
}
"""By what the server or the driver says, whatever language the rest is in."""


@contextmanager
def explained(database: Database, *, at_work: bool = False) -> Iterator[None]:
    """Turn an error of a driver into a sentence that names the database and the way out.

    While a command is `at_work` only where it is the database that cannot be used.
    """
    try:
        yield
    except SQLAlchemyError as error:
        advice = _advice(error)
        from_outside = isinstance(error, OperationalError | InterfaceError)
        if at_work and not (isinstance(error, DBAPIError) and (advice or from_outside)):
            raise  # a fault of ours
        cause = str(getattr(error, "orig", None) or error).partition("\n")[0]
        explanation = advice or f"数据库用不了（{cause}）。请检查数据库地址和数据库服务"
        raise Refused(f"{name(database)}：{explanation}") from error


def name(database: Database) -> str:
    """The file, or the address without its password."""
    url = database.engine.url
    return (database.is_sqlite and url.database) or url.render_as_string(hide_password=True)


def _advice(error: SQLAlchemyError) -> str:
    """The way out, where what is said is known; else nothing."""
    original = getattr(error, "orig", None) or error
    if code := getattr(original, "sqlite_errorname", ""):
        primary = "_".join(code.split("_")[:2])  # SQLITE_READONLY_DIRECTORY is a SQLITE_READONLY
        return _SQLITE_ADVICE.get(primary, "")
    words = f"{getattr(original, 'sqlstate', None) or ''} {original}"
    tips = (tip for sign, tip in _SERVER_ADVICE.items() if re.search(sign, words, re.IGNORECASE))
    return next(tips, "")
