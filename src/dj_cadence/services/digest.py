"""The weekly digest: what is overdue in each superior's subtree."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.dates import DAY
from dj_cadence.domain.message import DigestChild, DigestLine, DigestView
from dj_cadence.domain.office import SECRETARY
from dj_cadence.domain.period import chinese_label
from dj_cadence.domain.task import first_overdue_day
from dj_cadence.domain.week import digest_week, first_day_of_week
from dj_cadence.store import digests, orgs
from dj_cadence.store import site as sites
from dj_cadence.store.types import AnyRow

WEEK = timedelta(days=7)


def digests_due(catalogue: Catalogue, made_last: str, today: date) -> str | None:
    """The week whose digests are to be made now, if any."""
    week = digest_week(today, catalogue.calendar)
    return week if week != made_last else None


def make_digests(session: Session, catalogue: Catalogue, week: str, now: datetime) -> None:
    """Write down the digests of `week`, one for each superior with something to read.

    Missing data alone is said once a month, in the week that begins on its first seven days.
    """
    monthly = first_day_of_week(week).day <= WEEK.days
    rows = digests.superiors_without(session, week, catalogue.binding(), for_data=monthly)
    digests.write(session, week, rows, now)
    sites.set_digest_week(session, week)


def digest_view(
    session: Session, catalogue: Catalogue, org_id: int, week: str, *, today: date, now: datetime
) -> DigestView:
    """What the digest of `org_id` says on `today`."""
    above = orgs.by_id(session, org_id)
    duties = catalogue.binding()
    lines = digests.overdue_lines(session, above, duties)
    newly = [row for row in lines if _is_new(row, catalogue, today)]
    still = [row for row in lines if not _is_new(row, catalogue, today)]
    sunday = today + (6 - today.weekday()) * DAY
    due = digests.due_between(session, above, duties, today, sunday)
    settled = digests.settled_since(session, above, duties, now - WEEK)
    late, new = [row.position for row in lines], [row.position for row in newly]
    return DigestView(
        org_code=above.code,
        org_name=above.name,
        week=week,
        day=today,
        newly_overdue=tuple(_line(row, catalogue, today) for row in newly),
        still_overdue=tuple(_line(row, catalogue, today) for row in still),
        children=_children(digests.children(session, above), late, new, due, settled),
        missing=(*_undated(session, above), *_unfilled(session, above, today)),
    )


def _undated(session: Session, above: AnyRow) -> Iterator[str]:
    for name in digests.undated(session, above):
        yield f"{name}：没有上次换届日期，无法推算届满日，请补录"


def _unfilled(session: Session, above: AnyRow, today: date) -> Iterator[str]:
    """Vacant 书记, offices that lost their holder, and where nobody can be written to.

    An office that nobody ever held at an organization falls to its 书记 and is no gap.
    """
    below = digests.party_organizations(session, above, today)
    ids = [row.id for row in below]
    held = orgs.holders(session, ids, today)
    lost: defaultdict[int, list[str]] = defaultdict(list)
    for org_id, office in sorted(orgs.ever_held(session, ids, today) - held.keys()):
        lost[org_id].append(office)
    known = orgs.addresses(session, [holder.person_id for holder in held.values()])
    reached = {org_id for (org_id, _), holder in held.items() if holder.person_id in known}
    for row in below:
        if (row.id, SECRETARY) not in held:
            yield f"{row.name}：书记空缺，请确定负责人"
        elif row.id not in reached:
            yield f"{row.name}：没有人有可用地址，收不到提醒，请补录"
        for office in lost[row.id]:
            if office != SECRETARY:
                yield f"{row.name}：{office}空缺"


def _is_new(row: AnyRow, catalogue: Catalogue, today: date) -> bool:
    """Whether the task became overdue within the last seven days."""
    duty = catalogue.duties.get(row.duty)
    grace = duty.recording_grace if duty else 0
    return first_overdue_day(row.due, grace, catalogue.calendar) > today - WEEK


def _line(row: AnyRow, catalogue: Catalogue, today: date) -> DigestLine:
    duty = catalogue.duties.get(row.duty)
    title = (duty.title if duty else row.duty) + (f"：{row.about}" if row.about else "")
    return DigestLine(row.name, title, chinese_label(row.label), row.due, (today - row.due).days)


def _children(
    rows: Sequence[AnyRow], late: list[int], new: list[int], due: list[int], settled: list[int]
) -> tuple[DigestChild, ...]:
    counted = [_per_child(rows, positions) for positions in (late, new, due, settled)]
    return tuple(
        DigestChild(row.code, row.name, *(counts[row.id] for counts in counted)) for row in rows
    )


def _per_child(rows: Sequence[AnyRow], positions: list[int]) -> Counter[int]:
    """How many of `positions` lie in each child's subtree."""
    found: Counter[int] = Counter()
    for row in rows:
        found[row.id] = sum(row.position <= one <= row.subtree_end for one in positions)
    return found
