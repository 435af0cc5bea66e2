"""Folders of YAML files -> the catalogue, its plain content, and every problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.fingerprint import digest
from dj_cadence.loading.calendars.rule import (
    HolidayYearRule,
    SemesterRule,
    to_holiday_year,
    to_semester,
)
from dj_cadence.loading.rules.checks import check
from dj_cadence.loading.rules.duty import DutyFile, DutyRule, SentenceRule, StandardFile, to_duty
from dj_cadence.loading.rules.layers import Layers, lay, read_folder
from dj_cadence.loading.rules.reminder_plan import PlanFile, PlanRule, to_plan
from dj_cadence.loading.rules.workflow import WorkflowFile, WorkflowRule, to_workflow
from dj_cadence.loading.rules.yaml_file import RuleModel, YamlFile
from dj_cadence.problems import Problem, in_order, lines_of, with_lines


@dataclass(frozen=True)
class LoadedRules:
    """What some folders of rules come to. Files with faults contributed nothing."""

    catalogue: Catalogue
    content: dict[str, Any]
    """Plain JSON that fully determines the catalogue."""
    standard: Mapping[str, SentenceRule]
    """The sentences of the standard by their numbers, which duties refer to."""
    problems: tuple[Problem, ...]


def shipped_schedules() -> Path:
    """The folder of the rules that come with this package."""
    return Path(str(files("dj_cadence") / "schedules"))


def load_catalogue(folders: Sequence[Path]) -> LoadedRules:
    """Read `folders`, each laid over those before it: the shipped one first.

    Nothing is raised for what people wrote: all faults and warnings are in `problems`.
    A folder that does not exist says nothing.
    """
    files = [read_folder(folder) for folder in folders]
    layers, problems = _faultless(files)
    texts = {file.name: file.text for some in files for file in some}  # the upper one's counts
    problems = with_lines(problems, lines_of(texts))
    content = _content(layers)
    sources = {e.key: e.file.name for e in layers.entries.values() if e.section == "duties"}
    catalogue = catalogue_from_content(content)
    duties = {key: replace(d, source=sources[key]) for key, d in catalogue.duties.items()}
    standard = layers.models("sentences")
    return LoadedRules(replace(catalogue, duties=duties), content, standard, tuple(problems))


def catalogue_from_content(content: Mapping[str, Any]) -> Catalogue:
    """The catalogue that `content` determines."""
    workflows = {
        key: to_workflow(
            key, WorkflowRule.model_validate({**rule, "steps": dict(map(_split, rule["steps"]))})
        )
        for key, rule in map(_split, content.get("workflows", ()))  # older versions had none
    }
    duties = {
        key: to_duty(key, DutyRule.model_validate(rule), workflows)
        for key, rule in map(_split, content["duties"])
    }
    plans = {
        key: to_plan(key, PlanRule.model_validate(rule))
        for key, rule in map(_split, content["plans"])
    }
    years = [to_holiday_year(HolidayYearRule.model_validate(y)) for y in content["holidays"]]
    semesters = [to_semester(SemesterRule.model_validate(s)) for s in content["semesters"]]
    return Catalogue(
        duties=duties,
        plans=plans,
        calendar=WorkCalendar({year.year: year for year in years}, tuple(semesters)),
        hash=digest(content),
    )


def rules_schema() -> dict[str, Any]:
    """The JSON Schema of a file in duties/, workflows/, of reminder-plans.yaml or standard.yaml.

    For editors that complete and check.

    No field of a duty is required, since a site says only what differs.
    """
    schema = TypeAdapter(DutyFile | WorkflowFile | PlanFile | StandardFile).json_schema()
    del schema["$defs"]["DutyRule"]["required"]
    return schema


def _faultless(folders: Sequence[Sequence[YamlFile]]) -> tuple[Layers, list[Problem]]:
    """The layers without any file that has a fault, and all problems in order of place."""
    layers = lay(folders)
    problems = list(layers.problems)
    while True:
        faults = check(layers)
        problems += [problem for _, problem in faults]
        new = {entry.file for entry, problem in faults if not problem.warning} - layers.faulty
        if not new:
            return layers, in_order(problems)
        layers = lay(folders, without=layers.faulty | new)
        problems += layers.problems


def _content(layers: Layers) -> dict[str, Any]:
    """Without what cannot do without something that was lost with a faulty file."""
    duties, plans = layers.models("duties"), layers.models("plans")
    workflows = {k: w for k, w in layers.models("workflows").items() if w.remind in plans}
    return {
        "duties": [
            {**_keyed(key, rule), "counts_for": [k for k in rule.counts_for if k in duties]}
            for key, rule in duties.items()
            if rule.remind in plans
            and (not rule.term_notice or rule.term_notice.of in duties)
            and (not rule.workflow or rule.workflow in workflows)
        ],
        "plans": [_keyed(key, plan) for key, plan in plans.items()],
        # The steps as a list, for JSON keeps no order of keys.
        "workflows": [
            {**_keyed(key, rule), "steps": [_keyed(k, step) for k, step in rule.steps.items()]}
            for key, rule in workflows.items()
        ],
        "holidays": [_plain(year) for year in layers.models("holidays").values()],
        "semesters": [_plain(semester) for semester in layers.models("semesters").values()],
    }


def _plain(model: RuleModel) -> dict[str, Any]:
    """With every default written out, so that another version's defaults change nothing."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def _keyed(key: str, model: RuleModel) -> dict[str, Any]:
    return {"key": key, **_plain(model)}


def _split(entry: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(key, the rest) of what `_keyed` put together."""
    return entry["key"], {name: value for name, value in entry.items() if name != "key"}
