"""What holds a workflow together: its own task, and what its steps are counted from."""

from collections.abc import Iterator, Mapping
from typing import Any

from dj_cadence.loading.rules.layers import Entry
from dj_cadence.loading.rules.workflow import MARKS, OffsetRule
from dj_cadence.loading.rules.yaml_file import Loc
from dj_cadence.problems import suggestion

Fault = tuple[Loc, str]
_DAYS_IN_A_MONTH = 30.5
_DAYS_IN_A_WORKING_DAY = 7 / 5


def workflow_faults(entry: Entry, plans: list[str]) -> Iterator[Fault]:
    """Read from the bare fields, so that a faulty step hides no other fault."""
    steps = entry.fields.get("steps")
    yield from unknown_plan(entry, plans)
    if isinstance(steps, dict):
        sound = {key: step for key, step in steps.items() if isinstance(step, dict)}
        yield from _own(sound)
        yield from _references(sound)
    if entry.model and entry.model.steps:
        yield from _order_of_dates(entry.model.steps)


def unknown_plan(entry: Entry, plans: list[str]) -> Iterator[Fault]:
    """A reminder plan that a duty or workflow names and nobody has."""
    remind = entry.fields.get("remind")
    if isinstance(remind, str) and remind not in plans:
        yield ("remind",), f"没有提醒方案 {remind}{suggestion(remind, plans)}"


def _own(steps: Mapping[str, dict[str, Any]]) -> Iterator[Fault]:
    own = [key for key, step in steps.items() if step.get("own") is True]
    if len(own) != 1:
        written = "、".join(own) or "没有"
        yield ("steps",), f"要有且只有一个环节写 own: true（职责本身的任务），现在是：{written}"
    for key in own:
        for name in ("from", "not_before", "not_after", "by_planning", "office", "basis"):
            if steps[key].get(name):
                yield (
                    ("steps", key, name),
                    f"写了 own: true 的环节，日期和职务由职责给出，不写 {name}",
                )


def _references(steps: Mapping[str, dict[str, Any]]) -> Iterator[Fault]:
    """A step is counted from a mark, from the own task, or from a step in front of it."""
    names = [*MARKS, *(key for key, step in steps.items() if step.get("own") is True)]
    for key, step in steps.items():
        if key in MARKS:
            yield ("steps", key), f"{key} 是保留字，环节请换一个名字"
        if step.get("own") is not True:
            yield from _reference(key, step, names)
            names.append(key)


def _reference(key: str, step: dict[str, Any], names: list[str]) -> Iterator[Fault]:
    counted_from = step.get("from")
    if counted_from is None:
        yield ("steps", key), f"缺少 from：从哪里起算，可写 {'、'.join(names)}"
    elif isinstance(counted_from, str) and counted_from not in names:
        hint = suggestion(counted_from, names)
        yield (
            ("steps", key, "from"),
            f"前面没有环节 {counted_from}{hint}（可写 {'、'.join(names)}）",
        )
    if step.get("not_after") is None:
        yield ("steps", key), "缺少 not_after：最晚在起算日之后多久"


def _order_of_dates(steps: Mapping[str, Any]) -> Iterator[Fault]:
    for key, step in steps.items():
        if step.not_after and _length(step.not_after) < _length(step.not_before):
            yield ("steps", key, "not_after"), "not_after 早于 not_before，没有一天可以办理"


def _length(offset: OffsetRule) -> float:
    days: float = offset.days + offset.months * _DAYS_IN_A_MONTH
    return days + offset.working_days * _DAYS_IN_A_WORKING_DAY
