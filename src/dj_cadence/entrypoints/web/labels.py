"""Words and addresses as the pages show them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from dj_cadence.domain.rules.basis import EVIDENCE
from dj_cadence.domain.rules.citation import basis_text
from dj_cadence.domain.rules.duty import Term
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.services.tasks.listing import TaskRow

NOT_YOURS = "没有这项任务，或不在您的职责范围内。"
NOT_LEADING = "只有本组织或上级的书记、党务工作者能部署。"
NOT_ITS_SUPERIOR = "只有上级的书记、党务工作者能设定暂缓提醒期。"
NOT_ABOVE = "周报说的是下级组织的情况，只有本组织和上级能看。"
STALE_FORM = "页面放得太久，请刷新后再试。"
FOREIGN_FORM = "这次提交不是从本站的页面发出的。请打开本站的页面再办。"

_ERRORS = {
    HTTPStatus.BAD_REQUEST: "没有看懂这次提交。请返回上一页重试。",
    HTTPStatus.FORBIDDEN: "没有权限。还没有登录的，请向管理员要登录链接。",
    HTTPStatus.NOT_FOUND: "没有这个页面，或者您没有权限查看。",
    HTTPStatus.METHOD_NOT_ALLOWED: "这个地址不能这样使用。请从首页进入。",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "提交的内容太长。请缩短后重试。",
    HTTPStatus.SERVICE_UNAVAILABLE: "现在打开网页的人太多。请过几秒再试，填好的内容请再提交一次。",
    HTTPStatus.INTERNAL_SERVER_ERROR: "系统出错了，内容没有保存。请稍后重试；仍不行请告诉管理员。",
}


def is_election(task: TaskRow) -> bool:
    """Whether recording it begins a new term."""
    term = task.rule is not None and isinstance(task.rule.recurrence, Term)
    return term and task.step == OWN


def basis(task: TaskRow) -> str:
    """What a task rests on; empty where its rule is gone or names nothing."""
    return basis_text(task.rule, task.stage) if task.rule else ""


def evidence(keys: Iterable[str]) -> str:
    """What a rule offers as proof, as one reads it: 会议记录、签到表."""
    return "、".join(EVIDENCE[key] for key in keys)


def local(instant: datetime, zone: ZoneInfo) -> str:
    """2026-03-05 08:30, where the site is."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def labelled(words: Mapping[str, str]) -> Callable[[str], str]:
    """The filter that gives a key's word; what has none stands as it is."""
    return lambda key: words.get(key, key)


def error_text(status: int) -> str:
    """What a page says about a request that failed."""
    return _ERRORS.get(HTTPStatus(status), "这次请求没有成功。请返回上一页重试。")
