"""What holds a rule together beyond its single fields: its parts, and what it names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dj_cadence.domain.dates.period import MONTHS
from dj_cadence.domain.rules.basis import Certainty
from dj_cadence.domain.rules.citation import standard_cited
from dj_cadence.domain.rules.duty import PartialPeriod, Tier, Vacation
from dj_cadence.loading.calendars.checks import holiday_faults
from dj_cadence.loading.rules.duty import OF_A_PERIOD, DutyRule, day_of_year
from dj_cadence.loading.rules.layers import MODELS, Entry, Layers
from dj_cadence.loading.rules.workflow import MARKS, OffsetRule
from dj_cadence.loading.rules.yaml_file import Loc
from dj_cadence.problem_texts import keys_at
from dj_cadence.problems import Problem, suggestion

Fault = tuple[Loc, str]
"""(where in the entry, what is wrong)."""

_UNLIMITED = 366
"""Days of an extension for which a rule gives no limit."""
_DAYS_IN_A_MONTH = 30.5
_DAYS_IN_A_WORKING_DAY = 7 / 5
RECURRENCES = ("every", "term", "term_notice", "clock")


def check(layers: Layers) -> list[tuple[Entry, Problem]]:
    """Every fault and warning about the rules in `layers`, with the entry it is about."""
    keys = {section: list(layers.models(section)) for section in MODELS}
    for section, key in sorted(layers.lost):
        keys[section].append(key)
    terms = [key for key, rule in layers.models("duties").items() if rule.term]
    terms += [key for section, key in layers.lost if section == "duties"]
    problems = []
    for entry in (*layers.entries.values(), *layers.rejected):
        faults: Iterable[Fault] = ()
        warnings: Iterable[Fault] = ()
        if entry.section == "duties":
            faults = [*_references(entry, keys, terms), *_inner(entry)]
            warnings = _laxer(entry)
        elif entry.section == "plans":
            faults = _rungs(entry)
        elif entry.section == "holidays":
            faults = holiday_faults(entry.fields)
        elif entry.section == "workflows":
            faults = _workflow_faults(entry, keys["plans"])
        problems += [(entry, Problem(_place(entry, loc), text)) for loc, text in faults]
        problems += [(entry, Problem(_place(entry, loc), text, True)) for loc, text in warnings]
    return problems


def _place(entry: Entry, loc: Loc) -> str:
    """A part that was taken over from below is not where the fault is: it was sound there."""
    return entry.place(loc if entry.file_of(loc) is entry.file else ())


def _given(entry: Entry) -> list[str]:
    """The recurrences that are written, sound or not."""
    return [name for name in RECURRENCES if entry.fields.get(name) is not None]


def _inner(entry: Entry) -> Iterator[Fault]:
    """What the sound parts of an entry owe each other."""
    rule: DutyRule = entry.model
    yield from _recurrence(entry, rule)
    if rule.clock:
        lengths = (rule.clock.days, rule.clock.working_days, rule.clock.months)
        if sum(map(bool, lengths)) != 1:
            yield ("clock",), "days、working_days、months 要写且只写一个"
    if rule.term and rule.owed_by:
        for kind in rule.owed_by.kind:
            if kind not in rule.term.years:
                yield ("term", "years"), f"缺少 {kind} 的任期年数"
    days = rule.effective
    if days and days.from_ and days.until and days.until < days.from_:
        yield ("effective", "until"), "until 早于 from，规则没有一天有效"
    yield from _basis(entry)
    yield from _not_loosened(entry)


def _recurrence(entry: Entry, rule: DutyRule) -> Iterator[Fault]:
    given = _given(entry)
    misspelt = entry.fields.keys() - set(keys_at(DutyRule))
    if len(given) > 1 or not (given or misspelt):
        written = "、".join(given) or "都没有写"
        yield (), f"{'、'.join(RECURRENCES)} 要写且只写一个，现在是：{written}"
    if "every" not in given and not misspelt:
        for name in sorted({"window", *OF_A_PERIOD} & rule.model_fields_set):
            if getattr(rule, name):
                yield (name,), f"{name} 只能和 every 一起用"
    if not rule.every or not rule.window:
        return
    if rule.due_day:
        yield ("due_day",), "window 和 due_day 只能写一个"
    first, last = day_of_year(rule.window.from_), day_of_year(rule.window.until)
    if first and last and last < first:
        yield ("window", "until"), "窗口的结束早于开始；跨到下一年要写 next，如 next 03-31"


def _basis(entry: Entry) -> Iterator[Fault]:
    rule = entry.model
    for index, basis in _listed(entry, "basis"):
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


def _references(entry: Entry, keys: Mapping[str, list[str]], terms: list[str]) -> Iterator[Fault]:
    """Read from the bare fields, so that a fault elsewhere in the entry hides nothing."""
    duties, workflows = keys["duties"], keys["workflows"]
    yield from _unknown_plan(entry, keys["plans"])
    for index, other in _listed(entry, "counts_for"):
        if other == entry.key:
            yield ("counts_for", index), "不能计入它自己"
        elif other not in duties:
            yield ("counts_for", index), f"没有职责 {other}{suggestion(str(other), duties)}"
    notice, workflow = entry.fields.get("term_notice"), entry.fields.get("workflow")
    of = notice.get("of") if isinstance(notice, dict) else None
    if of is not None and of not in terms:
        yield ("term_notice", "of"), f"没有按任期的职责 {of}{suggestion(str(of), terms)}"
    for index, key in _listed(entry, "sentences"):
        if str(key) not in keys["sentences"]:
            yield ("sentences", index), f"基本要求没有第 {key} 句，编号见 standard.yaml"
    if isinstance(workflow, str) and workflow not in workflows:
        yield ("workflow",), f"没有流程 {workflow}{suggestion(workflow, workflows)}"
    if workflow and notice is not None:
        yield ("workflow",), "上级提醒（term_notice）不分环节，不能写 workflow"


def _listed(entry: Entry, name: str) -> Iterator[tuple[int, Any]]:
    """What is written in a list, numbered."""
    written = entry.fields.get(name)
    return enumerate(written if isinstance(written, list) else [])


def _not_loosened(entry: Entry) -> Iterator[Fault]:
    """A period that the standard itself gives may only be made stricter."""
    if not entry.below or entry.below.model.tier is not Tier.A:
        return
    rule, below = entry.model, entry.below.model
    clause = standard_cited(below.rows)
    given = f"“{below.title}”的周期由{clause}规定"
    if rule.tier and rule.tier is not Tier.A:
        yield ("tier",), f"“{below.title}”出自{clause}，类别不能改为 {rule.tier}"
    if _is_longer(entry):
        period = below.every.label if below.every else "按任期"
        yield _recurrence_loc(rule, below), f"{given}为{period}，只能更密，不能放宽"
    if rule.vacation is Vacation.WAIVE and below.vacation is not Vacation.WAIVE:
        yield ("vacation",), f"{given}，假期也不能免"
    full = PartialPeriod.FULL
    if rule.partial_period is full and below.partial_period is not full:
        yield ("partial_period",), f"{given}，成立或撤销当期不能都免"


def _laxer(entry: Entry) -> Iterator[Fault]:
    """What is longer without a new basis; what the standard gives and not everybody owes now."""
    if not entry.below:
        return
    rule, below = entry.model, entry.below.model
    if below.tier is not Tier.A:
        if _is_longer(entry) and entry.file_of(("basis",)) is entry.below.file_of(("basis",)):
            message = "周期比原规则长，依据却没有改；请同时写明 basis"
            yield _recurrence_loc(rule, below), message
        return
    what = f"“{below.title}”是{standard_cited(below.rows)}规定的"
    if below.enabled and not rule.enabled:
        yield ("enabled",), f"{what}，停用以后不再提醒"
    if rule.effective and rule.effective.until and not (below.effective and below.effective.until):
        yield ("effective", "until"), f"{what}，这天以后不再提醒"
    if rule.owed_by and (left := set(below.owed_by.kind) - set(rule.owed_by.kind)):
        kinds = "、".join(sorted(kind.label for kind in left))
        yield ("owed_by", "kind"), f"{what}，不再要求{kinds}"


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
    seen: set[str] = set()
    for index, reminder_step in _listed(entry, "rungs"):
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
    return MONTHS[rule.every] / times


# --- workflows --------------------------------------------------------------------------------


def _workflow_faults(entry: Entry, plans: list[str]) -> Iterator[Fault]:
    """Read from the bare fields, so that a faulty step hides no other fault."""
    steps = entry.fields.get("steps")
    yield from _unknown_plan(entry, plans)
    if isinstance(steps, dict):
        sound = {key: step for key, step in steps.items() if isinstance(step, dict)}
        yield from _steps(sound)
    for key, step in entry.model.steps.items() if entry.model and entry.model.steps else ():
        if step.not_after and _length(step.not_after) < _length(step.not_before):
            yield ("steps", key, "not_after"), "not_after 早于 not_before，没有一天可以办理"


def _unknown_plan(entry: Entry, plans: list[str]) -> Iterator[Fault]:
    """A reminder plan that a duty or workflow names and nobody has."""
    remind = entry.fields.get("remind")
    if isinstance(remind, str) and remind not in plans:
        yield ("remind",), f"没有提醒方案 {remind}{suggestion(remind, plans)}"


def _steps(steps: Mapping[str, dict[str, Any]]) -> Iterator[Fault]:
    """One is the own task; another is counted from a mark, from that, or from one in front."""
    own = [key for key, step in steps.items() if step.get("own") is True]
    if len(own) != 1:
        written = "、".join(own) or "没有"
        yield ("steps",), f"要有且只有一个环节写 own: true（职责本身的任务），现在是：{written}"
    names = [*MARKS, *own]
    for key, step in steps.items():
        if key in MARKS:
            yield ("steps", key), f"{key} 是保留字，环节请换一个名字"
        if key in own:
            for name in ("from", "not_before", "not_after", "by_planning", "office", "basis"):
                if step.get(name):
                    message = f"写了 own: true 的环节，日期和职务由职责给出，不写 {name}"
                    yield ("steps", key, name), message
            continue
        counted_from = step.get("from")
        if counted_from is None:
            yield ("steps", key), f"缺少 from：从哪里起算，可写 {'、'.join(names)}"
        elif isinstance(counted_from, str) and counted_from not in names:
            hint = f"{suggestion(counted_from, names)}（可写 {'、'.join(names)}）"
            yield ("steps", key, "from"), f"前面没有环节 {counted_from}{hint}"
        if step.get("not_after") is None:
            yield ("steps", key), "缺少 not_after：最晚在起算日之后多久"
        names.append(key)


def _length(offset: OffsetRule) -> float:
    days: float = offset.days + offset.months * _DAYS_IN_A_MONTH
    return days + offset.working_days * _DAYS_IN_A_WORKING_DAY
