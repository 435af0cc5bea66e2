"""The part of a page that offers a calendar to subscribe to, and changing its address."""

from dataclasses import dataclass
from http import HTTPStatus

import segno
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to
from dj_cadence.services.access.permissions import may_act
from dj_cadence.services.feeds.address import feed_address, rotate


@dataclass(frozen=True, slots=True)
class Subscription:
    """One address in the three forms that phones and computers take."""

    https: str
    webcal: str
    """A tap on it opens the phone's calendar."""
    qr: Markup
    """`https` for another phone's camera, as SVG: what Android makes of webcal is no calendar."""


def subscription(ctx: RequestContext, subject: str, address: str | None) -> Subscription:
    """The calendar of an organization or a person; its address is made where there is none."""
    https = address or feed_address(ctx.database, ctx.settings, subject, ctx.now)
    webcal = f"webcal://{https.partition('://')[2]}"
    drawn = segno.make(https, micro=False, boost_error=False).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, title="日历订阅二维码", svgclass="qr"
    )
    return Subscription(https, webcal, Markup(drawn))  # noqa: S704 - drawn by us, from our address


def change(ctx: RequestContext) -> Response:
    """更换地址: the organization's old calendar address stops working, or the visitor's own."""
    with ctx.write() as session:
        own = ctx.visitor.person_id
        subject, page, allowed = f"person:{own}", "/", bool(own)
        if ctx.code:
            org = ctx.organization(session)
            subject, page = f"org:{org.id}", organization_path(org.code)
            allowed = may_act(session, ctx.visitor, org.id, ctx.today)
        if not allowed:
            raise HTTPException(HTTPStatus.FORBIDDEN)
        rotate(session, ctx.settings, subject, ctx.now)
    return go_to(f"{page}?said=feed#feed")
