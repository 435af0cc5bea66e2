"""The site itself: its switch for sending, a check-up, an audit, the clock, a backup."""

import logging
import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from dj_cadence.bootstrap import load_rules
from dj_cadence.entrypoints.web.form_page import FormPage
from dj_cadence.entrypoints.web.request_context import RequestContext, attachment, go_to
from dj_cadence.errors import Refused
from dj_cadence.services.audit import audit as look_at_everything
from dj_cadence.services.backup import backup as backups
from dj_cadence.services.backup.restore import confirm
from dj_cadence.services.operations import doctor
from dj_cadence.services.operations.clock_guard import accept_clock
from dj_cadence.services.site import state_of, switch_sending

_log = logging.getLogger(__name__)
_SAID = {
    "on": "发送已开启，到期的提醒一分钟左右开始发送。",
    "off": "发送已关闭，提醒只登记，不发送。",
    "clock": "已确认时间无误，系统从现在继续运行。",
}


def _show(ctx: RequestContext, refused: str = "") -> Response:
    site = ctx.context.site
    rules = load_rules(site.settings.folder)
    row, _ = state_of(site.database)
    return ctx.page(
        "manage/upkeep.html",
        sending=row.sending and row.sending_paused_on is None,
        is_held=row.sending_paused_on is not None,
        findings=doctor.examine(site, rules, now=ctx.now),
        fits_in_file=site.database.file is not None,
        said=_SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
    )


def _send(ctx: RequestContext) -> Response:
    """The main switch. What came along in a backup counts as looked at once it is on."""
    if on := ctx.form.get("switch") == "on":
        confirm(ctx.settings.folder)
    switch_sending(ctx.context.site, on=on, today=ctx.today)
    return go_to(f"{UPKEEP.path}?said={'on' if on else 'off'}")


def _audit(ctx: RequestContext) -> Response:
    """Compare everything with what it must be, mend what can be, and show what was found."""
    return ctx.page("manage/audit.html", findings=look_at_everything(ctx.context.site, ctx.now))


def _clock(ctx: RequestContext) -> Response:
    """Believe the machine's clock."""
    accept_clock(ctx.context.site, ctx.now)
    return go_to(f"{UPKEEP.path}?said=clock")


def _backup(ctx: RequestContext) -> Response:
    """The whole site in one file, which is gone from here once it was fetched.

    It holds the key of all links, so an old login is not enough. Raises Refused for one.
    """
    if ctx.login and not ctx.login.is_fresh:
        raise Refused("备份里有站点密钥。为了稳妥，请退出后重新登录，在一刻钟内下载。")
    _log.warning("backup_taken by=%s", ctx.visitor.key)
    folder = tempfile.TemporaryDirectory(prefix="dj-cadence-")
    file = Path(folder.name) / "backup"
    try:
        backups.backup(ctx.context.site, file)
    except BaseException:
        folder.cleanup()
        raise
    headers = attachment(f"{ctx.settings.name} {ctx.today} 备份.zip")
    gone = BackgroundTask(folder.cleanup)
    return FileResponse(file, media_type="application/zip", headers=headers, background=gone)


UPKEEP = FormPage(
    "/manage/site", _show, {"send": _send, "audit": _audit, "clock": _clock, "backup": _backup}
)
