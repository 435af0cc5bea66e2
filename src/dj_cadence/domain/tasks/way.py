"""By which door a person's act came in."""

from enum import StrEnum


class Way(StrEnum):
    """As the trail keeps it; an act of the engine's own has none."""

    LINK = "link"
    PAGE = "page"
    COMMAND = "command"
    IMPORT = "import"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Way.LINK: "用消息里的链接",
    Way.PAGE: "登录后",
    Way.COMMAND: "用命令",
    Way.IMPORT: "从文件导入",
}
