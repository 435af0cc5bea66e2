"""The one row about the installation, that about its tables, and what rule files came to."""

from sqlalchemy import ColumnElement, and_, case, func, null, or_, select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.store.audit.invariant import Invariant, Moment
from dj_cadence.store.schema import digest, layout, org, plan_run, saved_rules, site

_YEAR = 366 * DAY


def _newest_version() -> ColumnElement[int]:
    """The newest version of the data that anything was planned or changed at."""
    changed = func.coalesce(select(func.max(org.c.changed_at_version)).scalar_subquery(), 0)
    planned = func.coalesce(select(func.max(plan_run.c.data_version)).scalar_subquery(), 0)
    return case((changed > planned, changed), else_=planned)


def _last_week(moment: Moment) -> ColumnElement[str]:
    made = select(func.max(digest.c.week)).where(digest.c.week <= moment.latest_week)
    return func.coalesce(made.scalar_subquery(), "")


INVARIANTS = (
    Invariant(
        "site_unnamed",
        site,
        lambda _: or_(site.c.uid == "", site.c.id != 1),
        "处站点标识不对（邮件和日历靠它辨认）；请从备份恢复",
    ),
    Invariant(
        "site_start",
        site,
        lambda m: or_(
            site.c.starts_on > m.latest + _YEAR, site.c.starts_on < m.latest - 100 * _YEAR
        ),
        "处站点起用日期离现在太远；请从备份恢复",
    ),
    Invariant(
        "site_held_and_sending",
        site,
        lambda _: and_(site.c.sending, site.c.sending_paused_on.is_not(None)),
        "处发送开关自相矛盾（既已开启又已暂停）；已暂停，确认后运行 send on",
        lambda _: {"sending": False},
    ),
    Invariant(
        "site_held_ahead",
        site,
        lambda m: site.c.sending_paused_on > m.latest,
        "处发送暂停的日期在将来；已改为今天",
        lambda m: {"sending_paused_on": m.latest},
    ),
    Invariant(
        "site_spoke_ahead",
        site,
        lambda m: site.c.last_sending_day > m.latest,
        "处最后发送的日期在将来，迟发的消息会不注明；已改为今天",
        lambda m: {"last_sending_day": m.latest},
    ),
    Invariant(
        "site_digest_week",
        site,
        lambda m: or_(
            site.c.digest_week > m.latest_week,
            and_(site.c.digest_week != "", site.c.digest_week.not_like("____-W__")),
        ),
        "处周报记到了将来的一周，以后的周报会停发；已改回最近做过的一周",
        lambda m: {"digest_week": _last_week(m)},
    ),
    Invariant(
        "site_data_version",
        site,
        lambda _: site.c.data_version < _newest_version(),
        "处数据版本号倒退，花名册的改动会不进计划；已改正",
        lambda _: {"data_version": _newest_version() + 1},
    ),
    Invariant(
        "site_counters",
        site,
        lambda _: or_(site.c.pass_count < 0, site.c.shown_version < 0),
        "处站点计数是负数；已改正",
        lambda _: {
            "pass_count": case((site.c.pass_count < 0, 0), else_=site.c.pass_count),
            "shown_version": case((site.c.shown_version < 0, 1), else_=site.c.shown_version),
        },
    ),
    Invariant(
        "layout_row",
        layout,
        lambda _: layout.c.id != 1,
        "条结构标记多余；已删去",
        remove=True,
    ),
    Invariant(
        "saved_rules_row",
        saved_rules,
        lambda _: saved_rules.c.id != 1,
        "条规则文件的检查结果多余；已删去",
        remove=True,
    ),
    Invariant(
        "saved_rules_told",
        saved_rules,
        lambda _: saved_rules.c.told_at < saved_rules.c.since,
        "条规则文件的检查结果先告知、后发现；已改为未告知",
        lambda _: {"told_at": null()},
    ),
)
