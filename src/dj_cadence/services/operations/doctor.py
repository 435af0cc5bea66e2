"""A check-up of one site, for the operator."""

import os
import shlex
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.clock_doubt import STEP
from dj_cadence.domain.dates.working_days import CalendarStatus
from dj_cadence.domain.labels import CHANNELS
from dj_cadence.domain.messages.states import MessageState
from dj_cadence.loading.rules.catalogue import LoadedRules
from dj_cadence.problems import Problem, faults
from dj_cadence.services.backup.restore import is_unconfirmed
from dj_cadence.services.delivery.alarms import shut_channels
from dj_cadence.services.operations.file_watch import QUIET, rule_file_trouble
from dj_cadence.services.roster.export import check_roster
from dj_cadence.services.site import Site
from dj_cadence.store.core import stored_bytes
from dj_cadence.store.core.layout import differences
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery import messages
from dj_cadence.store.delivery.addresses import list_aside, newly_bad
from dj_cadence.store.roster import orgs
from dj_cadence.store.rules import catalogue as catalogues
from dj_cadence.store.rules.saved_rules import RuleFileTrouble
from dj_cadence.store.site import site as sites

NEWLY = timedelta(days=30)
"""How long an address that was refused for good is spoken of."""
STALE = timedelta(minutes=10)
_NAMED = 3
"""So many files that are too open are named, and how many there are."""
_MASK = 0o077
"""The bits of everybody but the owner: what a site writes holds names, addresses and keys."""
_PUBLIC = ("schedules", "templates")
"""Say nothing about anybody."""
_UNCONFIRMED = "备份带来的通知渠道程序和模板还没有人确认，暂不使用；看过后运行 send on"
_NOT_SENT = "封消息没有送达；看 deliveries --failed"
_STUCK = (MessageState.GAVE_UP, MessageState.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and whether it is well."""

    well: bool
    text: str


def examine(site: Site, rules: LoadedRules, *, now: datetime) -> list[Finding]:
    """Look at everything that keeps a site from doing its work."""
    if spoilt := stored_bytes.faults(site.database):  # whatever else was read would be chance
        text = f"数据库文件损坏（{spoilt[0]}）；请停止 run，用 restore 从备份恢复"
        return [Finding(well=False, text=text)]
    today = site.today(now)
    with site.database.read() as session:
        row = sites.load(session)
        applied = catalogues.applied_hash(session)
        organizations = len(orgs.ids(session))
        stuck = messages.count(session, *_STUCK)
        roster = check_roster(session, today)
        trouble = rule_file_trouble(session)
        bad = newly_bad(session, now - NEWLY)
        aside = list_aside(session)
        shut = shut_channels(session, site.settings, now)
    wrong, altered = faults(rules.problems), differences(site.database)
    is_other = bool(wrong) or applied != rules.catalogue.hash
    rows = [
        (True, f"数据库可用，站点自{day_text(row.starts_on)}起用"),
        (
            False,
            f"数据库的结构被改过：{'；'.join(altered)}。请恢复用本版本做的备份" if altered else "",
        ),
        (organizations > 0, f"花名册：{organizations} 个组织，{len(roster)} 条待补"),
        _files(wrong),
        _applied(applied, rules),
        (False, _told(site, trouble) if trouble and is_other else ""),
        _calendar(rules, today.year),
        _sending(row, site.home),
        _ticking(row.last_tick, now),
        (stuck == 0, "没有送不出去的消息" if not stuck else f"{stuck} {_NOT_SENT}"),
        *((False, channel.text) for channel in shut),
        *((False, f"{_name(row)}被拒收：{row.reason}") for row in bad),
        *((False, _aside(row, site.settings.time_zone)) for row in aside),
        (False, _UNCONFIRMED if is_unconfirmed(site.settings.folder) else ""),
        (False, _too_open(site)),
    ]
    return [Finding(well, text) for well, text in rows if text]


def _sending(row: AnyRow, home: str) -> tuple[bool, str]:
    if row.sending_paused_on is not None or (row.sending and row.home != home):
        return False, "站点被复制或移动过，发送已暂停。先确认原来的站点已停用，再运行 send on"
    return row.sending, "发送已开启" if row.sending else "发送未开启；准备好后运行 send on"


def _name(row: AnyRow) -> str:
    return f"{row.name}的{CHANNELS.get(row.channel, row.channel)}地址"


def _aside(row: AnyRow, zone: ZoneInfo) -> str:
    if row.aside_until is None:
        return ""
    again = day_text(row.aside_until.astimezone(zone).date())
    return f"{_name(row)}暂时收不了：{row.reason}；{again}再试"


def _too_open(site: Site) -> str:
    folder = site.settings.folder
    paths = _open_paths(folder, site.database.files())
    if not paths:
        return ""
    named = "、".join(map(str, paths[:_NAMED]))
    more = f" 等 {len(paths)} 处" if len(paths) > _NAMED else ""
    mended = dict.fromkeys(folder if path.is_relative_to(folder) else path for path in paths)
    command = f"chmod -R go= {shlex.join(map(str, mended))}"
    return f"本机其他用户也能读写 {named}{more}，里面有姓名、地址或密钥；请运行 {command}"


def _open_paths(folder: Path, others: Iterable[Path]) -> list[Path]:
    """Files and folders of a site that others may read or write, the folder itself first.

    `others` belong to the site and lie elsewhere, such as its database.
    """
    paths = [folder]
    for place, folders, files in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in sorted(folders) if name not in _PUBLIC]
        paths += (Path(place, name) for name in (*folders, *sorted(files)))
    return [path for path in dict.fromkeys((*paths, *others)) if _is_open(path)]


def _is_open(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return not stat.S_ISLNK(status.st_mode) and bool(status.st_mode & _MASK)


def _files(wrong: Sequence[Problem]) -> tuple[bool, str]:
    if not wrong:
        return True, "规则文件没有错误"
    listed = "\n".join(problem.quoted() for problem in wrong)
    return False, f"规则文件：{len(wrong)} 处错误；引擎仍用已应用的版本\n{listed}"


def _told(site: Site, trouble: RuleFileTrouble) -> str:
    """Whether the administrators know of what the engine found."""
    since = trouble.since.astimezone(site.settings.time_zone)
    if trouble.told_at:
        told = "已告知管理员"
    elif site.settings.administrators:
        told = f"满{QUIET.seconds // 60}分钟仍如此就告知管理员"
    else:
        told = "没有人可告知：请在 site.toml 里写 administrators"
    return f"引擎自{day_text(since.date())} {since:%H:%M}起发现以上情况，{told}"


def _applied(applied: str | None, rules: LoadedRules) -> tuple[bool, str]:
    if applied is None:
        return False, "还没有应用规则；请运行 plan 查看，再 plan --apply"
    same = applied == rules.catalogue.hash
    return same, "已应用当前规则" if same else "规则文件有改动尚未应用；请运行 plan"


def _calendar(rules: LoadedRules, year: int) -> tuple[bool, str]:
    status = rules.catalogue.calendar.status(year)
    well = status is CalendarStatus.OFFICIAL
    return well, f"{year}年放假安排{'齐全' if well else '尚未录入，日期为暂定'}"


def _ticking(last: datetime | None, now: datetime) -> tuple[bool, str]:
    if last is None:
        return False, "引擎还没有运行过；请运行 run"
    if last > now + STEP:
        return False, f"上次检查记在将来（{last:%Y-%m-%d %H:%M} UTC）；请看 clock"
    well = now - last <= STALE
    return well, "引擎在运行" if well else f"引擎自 {last:%Y-%m-%d %H:%M} UTC 后没有运行"
