"""Links, logins and calendars."""

from sqlalchemy import and_, func, or_

from dj_cadence.store.audit.invariant import Invariant
from dj_cadence.store.schema import feed, feed_revision, login, token

PURPOSES = ("feed", "message", "login")


TOKENS = (
    Invariant(
        "token_purpose",
        token,
        lambda _: and_(token.c.purpose.not_in(PURPOSES), token.c.revoked_at.is_(None)),
        "个链接的用途不认识；已删去",
        remove=True,
    ),
)

LOGINS = (
    Invariant(
        "login_hash",
        login,
        lambda _: func.length(login.c.hash) != 64,
        "次登录读不懂；已删去，本人重新登录即可",
        remove=True,
    ),
    Invariant(
        "login_backwards",
        login,
        lambda _: or_(login.c.seen_at < login.c.made_at, login.c.ended_at < login.c.made_at),
        "次登录的先后颠倒；已退出，本人重新登录即可",
        lambda _: {"seen_at": login.c.made_at, "ended_at": login.c.made_at},
    ),
)

FEEDS = (
    Invariant(
        "feed_generation",
        feed,
        lambda _: feed.c.generation < 1,
        "个日历地址的代次不对；已改为第一代，旧地址要重新订阅",
        lambda _: {"generation": 1},
    ),
    Invariant(
        "feed_copy",
        feed,
        lambda _: and_(
            feed.c.key != "",
            or_(
                feed.c.body.is_(None),
                feed.c.packed.is_(None),
                feed.c.etag == "",
                feed.c.modified_at.is_(None),
            ),
        ),
        "份日历的留存不完整；已作废，下次读取时重做",
        lambda _: {"key": ""},
    ),
)

REVISIONS = (
    Invariant(
        "feed_revision_number",
        feed_revision,
        lambda _: feed_revision.c.number < 0,
        "处日历修订号是负数；已改正",
        lambda _: {"number": 0},
    ),
)
