"""What holds a rule together beyond its single fields: its parts, and what it names."""

from collections.abc import Iterator

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.rules.basis import Certainty
from dj_cadence.domain.rules.citation import standard_cited
from dj_cadence.domain.rules.duty import DayOfYear, PartialPeriod, Tier, Vacation
from dj_cadence.loading.calendars.checks import holiday_faults
from dj_cadence.loading.rules.duty import DutyRule, day_of_year
from dj_cadence.loading.rules.layers import Entry, Layers
from dj_cadence.loading.rules.workflow_checks import unknown_plan, workflow_faults
from dj_cadence.loading.rules.yaml_file import Loc
from dj_cadence.problem_texts import keys_at
from dj_cadence.problems import Problem, suggestion

Fault = tuple[Loc, str]
"""(where in the entry, what is wrong)."""

_MONTHS = {
    Unit.MONTH: 1,
    Unit.QUARTER: 3,
    Unit.HALF_YEAR: 6,
    Unit.SEMESTER: 6,
    Unit.YEAR: 12,
    Unit.SCHOOL_YEAR: 12,
}
_UNLIMITED = 366
"""Days of an extension for which a rule gives no limit."""
RECURRENCES = ("every", "term", "term_notice", "clock")
ONLY_WITH_EVERY = (
    "day",
    "own_day",
    "window",
    "due_day",
    "times",
    "counted_in",
    "vacation",
    "partial_period",
)


def check(layers: Layers) -> list[tuple[Entry, Problem]]:
    """Every fault and warning about the rules in `layers`, with the entry it is about."""
    plans, duties = _known(layers, "plans"), _known(layers, "duties")
    workflows, sentences = _known(layers, "workflows"), _known(layers, "sentences")
    terms = [key for key, rule in layers.models("duties").items() if rule.term]
    terms += [key for section, key in layers.lost if section == "duties"]
    problems = []
    for entry in (*layers.entries.values(), *layers.rejected):
        faults: list[Fault] = []
        if entry.section == "duties":
            faults = [
                *_references(entry, plans, duties, terms),
                *_sentences(entry, sentences),
                *_workflow(entry, workflows),
                *_inner(entry),
            ]
            warnings = [*_loosened_without_basis(entry), *_let_off(entry)]
            problems += [
                (entry, Problem(_place(entry, loc), message, True)) for loc, message in warnings
            ]
        elif entry.section == "plans":
            faults = list(_rungs(entry))
        elif entry.section == "holidays":
            faults = list(holiday_faults(entry.fields))
        elif entry.section == "workflows":
            faults = list(workflow_faults(entry, plans))
        problems += [(entry, Problem(_place(entry, loc), message)) for loc, message in faults]
    return problems


def _place(entry: Entry, loc: Loc) -> str:
    """A part that was taken over from below is not where the fault is: it was sound there."""
    return entry.place(loc if entry.file_of(loc) is entry.file else ())


def _known(layers: Layers, section: str) -> list[str]:
    lost = sorted(key for lost_section, key in layers.lost if lost_section == section)
    return [*layers.models(section), *lost]


def _inner(entry: Entry) -> Iterator[Fault]:
    """What the sound parts of an entry owe each other."""
    yield from _recurrence(entry)
    yield from _lengths(entry.model)
    yield from _effective(entry.model)
    yield from _basis(entry)
    yield from _not_loosened(entry)


def _given(entry: Entry) -> list[str]:
    """The recurrences that are written, sound or not."""
    return [name for name in RECURRENCES if entry.fields.get(name) is not None]


def _recurrence(entry: Entry) -> Iterator[Fault]:
    rule: DutyRule = entry.model
    given = _given(entry)
    misspelt = entry.fields.keys() - set(keys_at(DutyRule))
    if len(given) > 1 or not (given or misspelt):
        written = "、".join(given) or "都没有写"
        yield (), f"{'、'.join(RECURRENCES)} 要写且只写一个，现在是：{written}"
    if rule.every:
        yield from _period(rule)
    elif "every" not in given and not misspelt:
        for name in ONLY_WITH_EVERY:
            if name in rule.model_fields_set and getattr(rule, name):
                yield (name,), f"{name} 只能和 every 一起用"


def _lengths(rule: DutyRule) -> Iterator[Fault]:
    if rule.clock:
        lengths = (rule.clock.days, rule.clock.working_days, rule.clock.months)
        if sum(map(bool, lengths)) != 1:
            yield ("clock",), "days、working_days、months 要写且只写一个"
    if rule.term and rule.owed_by:
        for kind in rule.owed_by.kind:
            if kind not in rule.term.years:
                yield ("term", "years"), f"缺少 {kind} 的任期年数"


def _effective(rule: DutyRule) -> Iterator[Fault]:
    days = rule.effective
    if days and days.from_ and days.until and days.until < days.from_:
        yield ("effective", "until"), "until 早于 from，规则没有一天有效"


def _period(rule: DutyRule) -> Iterator[Fault]:
    if rule.window and rule.due_day:
        yield ("due_day",), "window 和 due_day 只能写一个"
    if rule.window and not _in_order(rule.window.from_, rule.window.until):
        yield ("window", "until"), "窗口的结束早于开始；跨到下一年要写 next，如 next 03-31"


def _in_order(first: str, last: str) -> bool:
    return _order(day_of_year(first)) <= _order(day_of_year(last))


def _order(day: DayOfYear | None) -> tuple[int, int, int]:
    assert day is not None
    return day.year, day.month, day.day


def _basis(entry: Entry) -> Iterator[Fault]:
    rule, written = entry.model, entry.fields.get("basis")
    for index, basis in enumerate(written if isinstance(written, list) else []):
        if not isinstance(basis, dict) or basis.get("document"):
            continue
        if basis.get("certainty") == Certainty.VERIFIED:
            yield ("basis", index), "已核对（verified）的依据要写明文件名 document"
        if basis.get("article"):
            yield ("basis", index), "写了条款 article，就要写文件名 document"
    sound = rule.basis or []
    binding = [b for b in sound if b.certainty is Certainty.STANDARD and "period" in b.supports]
    if rule.tier is Tier.A and sound and not binding:
        yield ("basis",), "A 类职责的周期要有 certainty: standard 的依据（supports 含 period）"


def _references(
    entry: Entry, plans: list[str], duties: list[str], terms: list[str]
) -> Iterator[Fault]:
    """Read from the bare fields, so that a fault elsewhere in the entry hides nothing."""
    counted, notice = entry.fields.get("counts_for"), entry.fields.get("term_notice")
    yield from unknown_plan(entry, plans)
    for index, other in enumerate(counted if isinstance(counted, list) else []):
        if other == entry.key:
            yield ("counts_for", index), "不能计入它自己"
        elif other not in duties:
            yield ("counts_for", index), f"没有职责 {other}{suggestion(str(other), duties)}"
    of = notice.get("of") if isinstance(notice, dict) else None
    if of is not None and of not in terms:
        yield ("term_notice", "of"), f"没有按任期的职责 {of}{suggestion(str(of), terms)}"


def _sentences(entry: Entry, sentences: list[str]) -> Iterator[Fault]:
    written = entry.fields.get("sentences")
    for index, key in enumerate(written if isinstance(written, list) else []):
        if str(key) not in sentences:
            yield ("sentences", index), f"基本要求没有第 {key} 句，编号见 standard.yaml"


def _workflow(entry: Entry, workflows: list[str]) -> Iterator[Fault]:
    key = entry.fields.get("workflow")
    if isinstance(key, str) and key not in workflows:
        yield ("workflow",), f"没有流程 {key}{suggestion(key, workflows)}"
    if key and entry.fields.get("term_notice") is not None:
        yield ("workflow",), "上级提醒（term_notice）不分环节，不能写 workflow"


def _not_loosened(entry: Entry) -> Iterator[Fault]:
    """A period that the standard itself gives may only be made stricter."""
    if not entry.below or entry.below.model.tier is not Tier.A:
        return
    rule, below = entry.model, entry.below.model
    clause = standard_cited(below.rows)
    if rule.tier and rule.tier is not Tier.A:
        yield ("tier",), f"“{below.title}”出自{clause}，类别不能改为 {rule.tier}"
    if _is_longer(entry):
        period = below.every.label if below.every else "按任期"
        reason = f"“{below.title}”的周期由{clause}规定为{period}"
        yield _recurrence_loc(rule, below), f"{reason}，只能更密，不能放宽"
    if rule.vacation is Vacation.WAIVE and below.vacation is not Vacation.WAIVE:
        yield ("vacation",), f"“{below.title}”的周期由{clause}规定，假期也不能免"
    full = PartialPeriod.FULL
    if rule.partial_period is full and below.partial_period is not full:
        reason = f"“{below.title}”的周期由{clause}规定"
        yield ("partial_period",), f"{reason}，成立或撤销当期不能都免"


def _let_off(entry: Entry) -> Iterator[Fault]:
    """A duty whose period the standard gives, and that nobody or not everybody owes any more."""
    below = entry.below.model if entry.below else None
    if below is None or below.tier is not Tier.A:
        return
    rule, clause = entry.model, standard_cited(below.rows)
    if below.enabled and not rule.enabled:
        yield ("enabled",), f"“{below.title}”是{clause}规定的，停用以后不再提醒"
    if rule.effective and rule.effective.until and not (below.effective and below.effective.until):
        yield ("effective", "until"), f"“{below.title}”是{clause}规定的，这天以后不再提醒"
    if rule.owed_by and (left := set(below.owed_by.kind) - set(rule.owed_by.kind)):
        kinds = "、".join(sorted(kind.label for kind in left))
        yield ("owed_by", "kind"), f"“{below.title}”是{clause}规定的，不再要求{kinds}"


def _loosened_without_basis(entry: Entry) -> Iterator[Fault]:
    below = entry.below
    if not below or below.model.tier is Tier.A or not _is_longer(entry):
        return
    if entry.file_of(("basis",)) is below.file_of(("basis",)):
        message = "周期比原规则长，依据却没有改；请同时写明 basis"
        yield _recurrence_loc(entry.model, below.model), message


def _recurrence_loc(rule: DutyRule, below: DutyRule) -> Loc:
    for name in (*RECURRENCES, "times"):
        if getattr(rule, name) != getattr(below, name):
            return (name,)
    return ()


def _is_longer(entry: Entry) -> bool:
    """Whether the period is longer than below, as far as what gives it is sound."""
    given = _given(entry)
    deciding = [*given, "times"] if entry.fields.get("times") is not None else given
    if not given or not entry.model.model_fields_set.issuperset(deciding):
        return False
    if entry.below is None:
        return False
    rule, below = entry.model, entry.below.model
    if given != _given(entry.below):
        return True
    if rule.term:
        before = below.term.years
        return any(years > before.get(kind, years) for kind, years in rule.term.years.items())
    return _interval(rule) > _interval(below)


def _rungs(entry: Entry) -> Iterator[Fault]:
    """Read from the bare fields, so that a faulty rung hides no twin."""
    written = entry.fields.get("rungs")
    seen: set[str] = set()
    for index, reminder_step in enumerate(written if isinstance(written, list) else []):
        key = reminder_step.get("key") if isinstance(reminder_step, dict) else None
        if isinstance(key, str) and key in seen:
            yield ("rungs", index, "key"), f"提醒 {key} 写了两次，请换一个 key"
        seen.add(str(key))


def _interval(rule: DutyRule) -> float:
    """Months between two occurrences or up to the deadline, as a measure of strictness."""
    if rule.term_notice:
        return -float(rule.term_notice.months_before)
    if rule.clock:
        extension = rule.clock.extend_at_most or _UNLIMITED
        days = (rule.clock.days or 0) + (rule.clock.working_days or 0) * 7 / 5
        return (rule.clock.months or 0) + (days + extension) / 30
    assert rule.every
    times = rule.times if isinstance(rule.times, int) else 1
    return _MONTHS[rule.every] / times
