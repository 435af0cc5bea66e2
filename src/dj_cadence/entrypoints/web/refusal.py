"""A form that was not carried out: shown again as it was filled in, with what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from dj_cadence.entrypoints.web.request_context import RequestContext, whole_number
from dj_cadence.errors import Refused


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was typed into the form of one act on one task, and why it stands there again."""

    act: str
    task: int
    values: Mapping[str, str]
    files: tuple[str, ...]
    """Names only: a browser never fills a file's field in again."""
    text: str = ""
    """What is wrong; empty where somebody came back to change it."""
    field: str = ""
    """The field that `text` is about; empty where it is about the whole."""

    def is_of(self, act: str, task_id: int) -> bool:
        return (self.act, self.task) == (act, task_id)


def refusal(ctx: RequestContext, error: Refused | None = None) -> Refusal:
    """The form of this request, not carried out because of `error`."""
    return Refusal(
        act=ctx.path("act"),
        task=whole_number(ctx.form.get("task", "")),
        values=ctx.form,
        files=tuple(file.filename or "" for file in ctx.files),
        text=str(error or ""),
        field=error.field if error else "",
    )
