"""The kinds of documents that are made of what the site knows."""

from enum import StrEnum


class DocumentKind(StrEnum):
    """A document by the name that the command takes; `label` is what people call it."""

    REMINDER = "reminder"
    REQUEST = "request"
    REPLY = "reply"
    CANDIDATES = "candidates"
    CANDIDATES_REPLY = "candidates-reply"
    RESULT = "result"
    RESULT_REPLY = "result-reply"
    YEAR_END = "year-end"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_reply(self) -> bool:
        """Whether the one above writes it to the organization that it is about."""
        return self in _REPLIES


_LABELS = {
    DocumentKind.REMINDER: "换届提醒函",
    DocumentKind.REQUEST: "换届选举请示",
    DocumentKind.REPLY: "换届选举批复",
    DocumentKind.CANDIDATES: "候选人预备人选请示",
    DocumentKind.CANDIDATES_REPLY: "候选人预备人选批复",
    DocumentKind.RESULT: "选举结果报告",
    DocumentKind.RESULT_REPLY: "选举结果批复",
    DocumentKind.YEAR_END: "年度任务完成情况",
}
_REPLIES = {DocumentKind.REPLY, DocumentKind.CANDIDATES_REPLY, DocumentKind.RESULT_REPLY}
