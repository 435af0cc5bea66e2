"""Folders of rule files laid over one another: the shipped ones, then the site's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dj_cadence.loading.calendars.rule import HolidayYearRule, SemesterRule, SemestersOutline
from dj_cadence.loading.rules.duty import DutyFile, DutyRule, SentenceRule, StandardFile
from dj_cadence.loading.rules.reminder_plan import PlanFile, PlanRule
from dj_cadence.loading.rules.workflow import WorkflowFile, WorkflowRule
from dj_cadence.loading.rules.yaml_file import (
    Loc,
    RuleModel,
    YamlFile,
    outline,
    read_yaml,
    sound_part,
    validated,
)
from dj_cadence.problems import Problem, faults, suggestion

MODELS: Mapping[str, type[RuleModel]] = {
    "sentences": SentenceRule,
    "duties": DutyRule,
    "plans": PlanRule,
    "workflows": WorkflowRule,
    "holidays": HolidayYearRule,
    "semesters": SemesterRule,
}
_HELD: Mapping[str, tuple[type[RuleModel], str]] = {
    "duties/": (DutyFile, "duties"),
    "workflows/": (WorkflowFile, "workflows"),
    "reminder-plans": (PlanFile, "plans"),
    "standard": (StandardFile, "sentences"),
}
"""What each file holds, by its folder, else by its name: its model and its section."""
_LAID_BY_KEY = frozenset({"plans", "sentences"})
"""A file of theirs replaces what it names, not the whole shipped file of its name."""
_MOST_FILES, _MOST_LETTERS = 300, 1_000_000
"""In one folder. The shipped one has 35 files of 100,000 letters."""

Id = tuple[str, str]
"""(section, key)."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One duty, plan, workflow, year or semester, with the file each of its fields came from."""

    section: str
    key: str
    file: YamlFile
    loc: Loc
    """Where it stands in its files."""
    fields: Mapping[str, Any]
    origin: Mapping[str, YamlFile] = field(default_factory=dict)
    below: "Entry | None" = None
    """What it was in the folder below."""
    model: Any = None
    """Its fields, validated; of a faulty entry those that are sound."""

    @property
    def id(self) -> Id:
        return self.section, self.key

    def file_of(self, loc: Loc) -> YamlFile:
        """The file that says what stands at `loc`."""
        return self.origin.get(str(loc[0]), self.file) if loc else self.file

    def place(self, loc: Loc = (), *, key: bool = False) -> str:
        return self.file_of(loc).place((*self.loc, *loc), key=key or not loc)


@dataclass
class Layers:
    """What a stack of folders comes to."""

    entries: dict[Id, Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    faulty: set[YamlFile] = field(default_factory=set)
    rejected: list[Entry] = field(default_factory=list)
    """What faulty files said, as far as it was understood."""
    lost: set[Id] = field(default_factory=set)

    def models(self, section: str) -> dict[str, Any]:
        """The validated entries of one section by key, in order."""
        return {e.key: e.model for e in self.entries.values() if e.section == section}


def read_folder(folder: Path) -> list[YamlFile]:
    """Every YAML file below `folder`, in the order of their names; not more than a site needs."""
    paths = sorted(p for p in folder.rglob("*.y*ml") if not p.name.startswith((".", "~")))
    read: list[YamlFile] = []
    length = 0
    for path in paths:
        name = f"schedules/{_shown(path.relative_to(folder).as_posix())}"
        if len(read) >= _MOST_FILES or length > _MOST_LETTERS:
            message = f"规则文件太多，这个和后面的 {len(paths) - len(read) - 1} 个没有读"
            return [*read, YamlFile(name, problems=(Problem(f"{name}:1:1", message),))]
        read.append(read_yaml(path, name))
        length += len(read[-1].text)
    return read


def _shown(name: str) -> str:
    """A file's name as it can be stored and printed on one line."""
    plain = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "?" for letter in plain)


def lay(folders: Sequence[Sequence[YamlFile]], without: Iterable[YamlFile] = ()) -> Layers:
    """The files of `folders`, later ones over earlier ones, `without` those known as faulty.

    A faulty file contributes nothing and is named in `faulty`. What another folder lays
    over an entry that was lost with its file cannot be judged and is passed over.
    """
    layers = Layers(faulty=set(without))
    for files in folders:
        lower = dict(layers.entries)
        for file in files:
            if file not in layers.faulty:
                _lay_file(layers, file, lower)
        for file in layers.faulty.intersection(files):
            layers.lost.update(entry.id for entry in _entries(file)[0])
    return layers


def _lay_file(layers: Layers, file: YamlFile, lower: Mapping[Id, Entry]) -> None:
    is_unread = file.problems and file.value is None
    declared, problems = ([], []) if is_unread else _entries(file)
    problems = [*file.problems, *problems]
    same_name = (e for e in lower.values() if e.file.name == file.name)
    replaced = {e.id for e in same_name if e.section not in _LAID_BY_KEY}
    laid: dict[Id, Entry] = {}
    understood: list[Entry] = []
    for entry in declared:
        below = lower.get(entry.id)
        twin = laid.get(entry.id) or layers.entries.get(entry.id)
        if below is None and entry.id in layers.lost:
            continue
        if twin is not None and twin is not below:
            message = f"{entry.key} 在 {twin.place()} 已写过，请只留一处"
            problems.append(Problem(entry.place(), message))
        merged, found = _merged(entry, below, replaces=entry.id in replaced)
        understood.append(merged)
        laid.setdefault(entry.id, merged)
        problems += [*_misspelt(entry, lower), *found]
    if not faults(problems):
        kept = {k: e for k, e in layers.entries.items() if k not in replaced - laid.keys()}
        layers.entries = kept | laid
    else:
        layers.faulty.add(file)
        layers.rejected += understood
        if replaced:
            message = "本文件会整个替换随附的同名文件；只想改几项，请换一个文件名"
            problems.append(Problem(file.place(), message, warning=True))
    layers.problems += problems


def _misspelt(entry: Entry, lower: Mapping[Id, Entry]) -> Iterator[Problem]:
    """A duty without a title, which a new one must have, and with nearly the key of another."""
    if entry.section != "duties" or entry.id in lower or "title" in entry.fields:
        return
    keys = [other.key for other in lower.values() if other.section == "duties"]
    if hint := suggestion(entry.key, keys):
        yield Problem(entry.place(), f"没有规则 {entry.key}{hint}")


def _merged(entry: Entry, below: Entry | None, *, replaces: bool) -> tuple[Entry, list[Problem]]:
    """`entry` laid over the one below it: field by field for a duty, else as a whole.

    A field that is null counts as not given.
    """
    fields, origin = dict(entry.fields), dict.fromkeys(entry.fields, entry.file)
    if below and entry.section == "duties" and not replaces:
        fields = {**below.fields, **fields}
        origin = {**below.origin, **origin}
    whole = Entry(entry.section, entry.key, entry.file, entry.loc, fields, origin, below)
    given = {name: value for name, value in fields.items() if value is not None}
    model, problems = validated(MODELS[entry.section], given, whole.place)
    return replace(whole, model=model or sound_part(MODELS[entry.section], given)), problems


def _entries(file: YamlFile) -> tuple[list[Entry], list[Problem]]:
    """What `file` itself says, before it is laid over anything; what is faulty hides no rest."""
    folder, _, name = file.name.removeprefix("schedules/").rpartition("/")
    if folder == "calendars":
        return _calendar(file)
    kind = f"{folder}/" if folder else name.partition(".")[0]
    model, section = _HELD.get(kind, (None, ""))
    if model is None:
        message = (
            "不会读取这个文件：职责放 duties/，流程放 workflows/，日历放 calendars/，"
            "提醒方案写在 reminder-plans.yaml"
        )
        return [], [Problem(file.place(), message, warning=True)]
    checked, problems = validated(outline(model), file.value, file.place)
    rows = getattr(checked, "rows", None)
    shared = {} if rows is None else {"rows": rows}
    below = file.value.get(section) if isinstance(file.value, dict) else None
    return [
        Entry(section, key, file, (section, key), {**shared, **fields})
        for key, fields in (below.items() if isinstance(below, dict) else ())
        if isinstance(fields, dict)
    ], problems


def _calendar(file: YamlFile) -> tuple[list[Entry], list[Problem]]:
    if not isinstance(file.value, dict):
        return [], validated(HolidayYearRule, file.value, file.place)[1]
    if "semesters" not in file.value:
        return [Entry("holidays", str(file.value.get("year")), file, (), file.value)], []
    problems = validated(SemestersOutline, file.value, file.place)[1]
    return list(semester_entries(file)), problems


def semester_entries(file: YamlFile) -> Iterator[Entry]:
    """The semesters of a file, as far as it lists any."""
    listed = file.value["semesters"]
    for index, fields in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(fields, dict):
            words = [str(fields.get(name) or "") for name in ("label", "city", "stage")]
            yield Entry("semesters", " ".join(words).rstrip(), file, ("semesters", index), fields)
