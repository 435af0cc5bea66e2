"""The auditor: proves that nothing owed got lost, and repairs what can be repaired safely.

What must hold of each table stands in `store.audit`; what takes more than SQL to tell, here. A
finding is something that no pass of the engine would have set right by itself: everything is
held against the last whole pass (the moment), so that nothing is found in the middle of a batch,
before the sending hour, or before the plan is rolled on.

Repairs compare and set, so many rows at a time, beside a running daemon. Where the database
itself is damaged nothing is written any more.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.services.audit.contents import look_at_contents, look_at_evidence, rules_in_force
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.audit.links import look_at_links
from dj_cadence.services.audit.plan import look_at_plan
from dj_cadence.services.audit.rows import look_at_rows, unreadable
from dj_cadence.services.audit.tasks import look_at_tasks
from dj_cadence.services.audit.tree import look_at_tree
from dj_cadence.services.site import Site
from dj_cadence.store.audit import contents
from dj_cadence.store.audit.columns import OTHER_CLOCKS
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.core import stored_bytes
from dj_cadence.store.core.database import Database
from dj_cadence.store.core.layout import differences
from dj_cadence.store.core.types import AnyRow

__all__ = ["AuditFinding", "audit"]
_ONLY_LOOKS = "损坏期间只核对，不改动"
_NEVER = datetime(1, 1, 2, tzinfo=UTC)
_LONGEST_HOLIDAY = 15 * DAY
_log = logging.getLogger(__name__)
_PLAN_HANGS_ON = (
    *("start_event_", "catalogue_", "clock_", "cohort_", "database_", "look_", "org_"),
    *("override_", "profile_", "reference_", "site_", "slot_", "unreadable"),
)
"""How the kinds of findings begin from which the plan would be worked out wrongly."""


def audit(site: Site, now: datetime) -> list[AuditFinding]:
    """Look at everything; empty where all is as it should be."""
    return [finding for finding in _look(site, now) if finding.number]


def _look(site: Site, now: datetime) -> Iterator[AuditFinding]:
    database, findings = site.database, list[AuditFinding]()
    faults = stored_bytes.faults(database)
    mend = not faults
    if faults:
        text = f"处数据库文件损坏；请停止 run，用 restore 从备份恢复（{faults[0]}）。{_ONLY_LOOKS}"
        findings.append(AuditFinding("database_damaged", len(faults), text))
    rules = row = None
    with unreadable("catalogue", findings), database.read() as session:
        rules = rules_in_force(session, findings)
    with unreadable("site", findings), database.read() as session:
        rows = contents.site_rows(session)
        row = rows[0] if len(rows) == 1 else None
        text = f"处站点资料不对（应有一行，现有 {len(rows)} 行）；请从备份恢复"
        findings.append(AuditFinding("site_row", int(row is None), text))
    moment = _moment_of(site, row, rules.calendar if rules else None, now)
    findings.append(_clock_behind(moment))
    findings += look_at_rows(database, moment, mend=mend)
    for what, looks in {
        "layout": lambda: _altered(database),
        "org": lambda: look_at_tree(database, mend=mend),
        "content": lambda: look_at_contents(database, rules, mend=mend),
        "token": lambda: look_at_links(database, site.settings, moment, mend=mend),
        "evidence": lambda: look_at_evidence(database, site.settings.folder),
    }.items():
        findings += _guarded(what, looks)
    yield from findings
    if rules and row:
        catalogue = rules
        yield from _guarded("task", lambda: look_at_tasks(site, catalogue, moment, mend=mend))
        left = (finding.kind for finding in findings if finding.number and not finding.mended)
        if not any(kind.startswith(_PLAN_HANGS_ON) for kind in left):
            yield from _guarded("plan", lambda: look_at_plan(site, catalogue, moment, mend=mend))


def _guarded(what: str, look: Callable[[], Iterator[AuditFinding]]) -> Iterator[AuditFinding]:
    """What a look finds, and that it came to nothing where the database fails."""
    findings: list[AuditFinding] = []
    try:
        with unreadable(what, findings):
            findings.extend(look())
    except Exception as error:  # noqa: BLE001 - damage must not keep the other looks back
        _log.exception("audit_broken look=%s", what)
        text = f"处核对没有做完（{what}：{type(error).__name__}）；请看日志，改正前面的问题后再核对"
        findings.append(AuditFinding("look_broken", 1, text))
    yield from findings


def _altered(database: Database) -> Iterator[AuditFinding]:
    """In what somebody changed the tables by hand: an index that is lost makes all slow."""
    wrong = differences(database)
    text = f"处数据库的结构被改过（{'；'.join(wrong[:5])}）；请恢复用本版本做的备份"
    yield AuditFinding("layout_altered", len(wrong), text)


def _moment_of(
    site: Site, row: AnyRow | None, calendar: WorkCalendar | None, now: datetime
) -> Moment:
    """`row` is the site's, where there is one; without a calendar every holiday is a long one."""
    seen = row.last_tick if row else None
    day, today = site.today(seen or now), site.today(now)
    latest = max(day, today)
    tomorrow = latest + DAY
    return Moment(
        now=now,
        seen=seen or _NEVER,
        day=day,
        latest=latest,
        waits_until=calendar.on_or_after(tomorrow) if calendar else tomorrow + _LONGEST_HOLIDAY,
        latest_week=week_label(latest),
    )


def _clock_behind(moment: Moment) -> AuditFinding:
    """Passes were made at an instant that is still to come: one of the two clocks was wrong."""
    ahead = moment.seen - moment.now > OTHER_CLOCKS
    text = f"次检查记在将来（{moment.seen:%Y-%m-%d %H:%M} UTC）；请核对这台机器的时钟，再运行 tick"
    return AuditFinding("clock_behind", int(ahead), text)
