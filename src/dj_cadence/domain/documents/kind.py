"""The documents that there are; commands and rules name them without what is in them."""

from dj_cadence.chinese import LabelledEnum


class DocumentKind(LabelledEnum):
    """A document by the name that the command takes; `label` is what people call it."""

    REMINDER = "reminder", "换届提醒函"
    REQUEST = "request", "换届选举请示"
    REPLY = "reply", "换届选举批复"
    CANDIDATES = "candidates", "候选人预备人选请示"
    CANDIDATES_REPLY = "candidates-reply", "候选人预备人选批复"
    RESULT = "result", "选举结果报告"
    RESULT_REPLY = "result-reply", "选举结果批复"
    YEAR_END = "year-end", "年度任务完成情况"

    @property
    def is_reply(self) -> bool:
        """Whether the one above writes it to the organization that it is about."""
        return self in _REPLIES


_REPLIES = {DocumentKind.REPLY, DocumentKind.CANDIDATES_REPLY, DocumentKind.RESULT_REPLY}
