"""By which door a person's act came in."""

from dj_cadence.chinese import LabelledEnum


class Way(LabelledEnum):
    """As the trail keeps it; an act of the engine's own has none."""

    LINK = "link", "用消息里的链接"
    PAGE = "page", "登录后"
    COMMAND = "command", "用命令"
    IMPORT = "import", "从文件导入"
