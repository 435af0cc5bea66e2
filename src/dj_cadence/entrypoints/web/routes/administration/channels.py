"""Channels and messages: whether they go out, a message to try one, and sending again."""

from starlette.responses import Response

from dj_cadence.entrypoints.web.form_page import FormPage
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to, whole_number
from dj_cadence.services.delivery import channels, log
from dj_cadence.services.delivery.alarms import shut_channels

_SHOWN = 100
"""Messages that did not arrive, the newest of them."""
_SAID = {"retry": "已排队，下一次检查时发出。"}


def _show(ctx: RequestContext, refused: str = "", answered: str = "") -> Response:
    site = ctx.context.site
    with ctx.read() as session:
        failed = log.deliveries(session, failed=True, person_key="")
        shut = shut_channels(session, ctx.settings, ctx.now)
    return ctx.page(
        "manage/channels.html",
        channels=channels.list_channels(site),
        shut=shut,
        failed=failed[:_SHOWN],
        number_failed=len(failed),
        answered=answered,
        said=_SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
    )


def _test(ctx: RequestContext) -> Response:
    """One real message, now; the page shows what the other side answered."""
    name, address = ctx.form.get("channel", ""), ctx.form.get("address", "")
    reply = channels.test_channel(ctx.context.site, name, address, ctx.now)
    return _show(ctx, answered=f"已发出，对方答复：{reply}")


def _retry(ctx: RequestContext) -> Response:
    number = whole_number(ctx.form.get("message", ""))
    with ctx.write() as session:
        log.retry(session, [number], ctx.today, ctx.now)
    return go_to(f"{CHANNELS.path}?said=retry")


CHANNELS = FormPage("/manage/channels", _show, {"test": _test, "retry": _retry})
