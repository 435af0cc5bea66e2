"""Who acts on a task, by which door and when."""

from dataclasses import dataclass
from datetime import date, datetime

from dj_cadence.chinese import LabelledEnum


class Way(LabelledEnum):
    """By which door an act came in, as the trail keeps it; one of the engine's own has none."""

    LINK = "link", "用消息里的链接"
    PAGE = "page", "登录后"
    COMMAND = "command", "用命令"
    IMPORT = "import", "从文件导入"


@dataclass(frozen=True, slots=True)
class Actor:
    """As every act is written down."""

    name: str
    """The key of a person; else the operator, an invented owner or the program itself."""
    now: datetime
    """Aware."""
    today: date
    """The site's local date at that instant."""
    via: Way | None = None
    """None: an act of the engine's own."""
