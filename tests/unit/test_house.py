"""The rules of the house that no linter knows: one writer for a table, one place for dialects."""

import ast
import re
from collections.abc import Iterator

from tests.world import ROOT

SOURCE = ROOT / "src" / "dj_cadence"
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")

WRITERS = {
    "act": "store/tasks/acts.py",
    "address": "store/delivery/addresses.py",
    "appointment": "store/roster/people.py",
    "attempt": "store/delivery/attempts.py",
    "catalogue": "store/rules/catalogue.py",
    "channel_state": "store/delivery/circuits.py",
    "cohort": "store/planning/cohorts.py",
    "digest": "store/digest/digests.py",
    "evidence": "store/tasks/records.py",
    "feed": "store/feeds/feeds.py",
    "feed_revision": "store/feeds/feeds.py",
    "handled_report": "store/delivery/attempts.py",
    "layout": "store/core/migrate.py",
    "letter": "store/delivery/letters.py",
    "login": "store/site/logins.py",
    "message": "store/delivery/messages.py",
    "notice": "store/reminders/notices.py",
    "org": "store/roster/orgs.py",
    "org_cohort": "store/planning/cohorts.py",
    "override": "store/tasks/overrides.py",
    "person": "store/roster/people.py",
    "plan_run": "store/planning/plan_runs.py",
    "plan_snapshot": "store/reminders/plan_snapshots.py",
    "profile": "store/roster/orgs.py",
    "quiet_period": "store/reminders/quiet_periods.py",
    "rate_token": "store/delivery/rate_limits.py",
    "record": "store/tasks/records.py",
    "record_task": "store/tasks/records.py",
    "saved_rules": "store/rules/saved_rules.py",
    "site": "store/site/site.py",
    "skeleton": "store/delivery/letters.py",
    "slot": "store/planning/cohorts.py",
    "start_event": "store/tasks/start_events.py",
    "task": "store/tasks/tasks.py",
    "token": "store/site/tokens.py",
}
"""The one module that writes each table."""

WRITES = {
    *("insert", "update", "delete", "insert_or_ignore", "upsert"),
    *("add_rows", "change_rows", "remove_rows"),
}

BESIDE = ("store/audit/", "store/site/copying.py", "store/migrations/")
"""What mends a damaged site, or copies one whole, writes every table."""

DIALECT = re.compile(
    r"\b(is_sqlite|is_postgres\w*|postgresql|psycopg|sqlite3|exec_driver_sql|dialect|PRAGMA|ANALYZE"
    r"|pg_(?!dump|restore)\w+)\b"
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def written_tables(tree: ast.Module) -> set[str]:
    """The tables of which a module says insert, update or delete."""
    tables = {table: table for table in WRITERS}
    tables |= {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.name in WRITERS
    }
    subjects = [
        subject.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        if getattr(node.func, "id", getattr(node.func, "attr", "")) in WRITES
        for subject in (*node.args, getattr(node.func, "value", None))
        if isinstance(subject, ast.Name)
    ]
    return {tables[subject] for subject in subjects if subject in tables}


def test_each_table_is_written_by_one_module() -> None:
    writers = {
        (table, path)
        for path, tree in modules()
        if not path.startswith(BESIDE)
        for table in written_tables(tree)
    }

    assert writers == set(WRITERS.items())


def test_dialects_are_named_in_one_package() -> None:
    names = {
        (path, match[0])
        for path, tree in modules()
        if not path.startswith(("store/core/", "store/migrations/"))
        for node in ast.walk(tree)
        for match in DIALECT.finditer(named(node))
    }

    assert names == set()


def named(node: ast.AST) -> str:
    """What a piece of code names: an identifier, an attribute, a module or a piece of SQL."""
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.alias(name=text):
            return text
        case ast.ImportFrom(module=str(text)):
            return text
        case ast.Constant(value=str(text)) if "\n" not in text:
            return text if re.search(r"\b(PRAGMA|ANALYZE|pg_(?!dump|restore)\w+)\b", text) else ""
    return ""


def test_folders_hold_at_most_fifteen_modules() -> None:
    sizes = {
        folder.relative_to(SOURCE).as_posix(): len(list(folder.glob("*.py")))
        for folder in [SOURCE, *(path for path in SOURCE.rglob("*") if path.is_dir())]
    }

    assert {folder: size for folder, size in sizes.items() if size > 15} == {}


def public_classes() -> list[str]:
    return sorted(
        {
            node.name
            for _, tree in modules()
            for node in tree.body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        }
    )


def words(name: str) -> list[str]:
    return re.findall(r"[A-Z][a-z0-9]+|[A-Z]+(?![a-z])", name)


KNOWN_WORDS = {
    word.lower()
    for line in GLOSSARY.splitlines()
    if line.startswith("| ")
    for term in line.split("|")[1].split(",")
    for word in re.findall(r"[A-Za-z]+", term)
}


def test_each_word_of_a_public_class_stands_in_the_glossary() -> None:
    unknown = {
        name: [
            word
            for word in words(name)
            if not {word.lower(), word.lower().removesuffix("s")} & KNOWN_WORDS
        ]
        for name in public_classes()
    }

    assert {name: missing for name, missing in unknown.items() if missing} == {}


def test_packages_name_headings_of_why_that_exist() -> None:
    headings = re.findall(
        r"^## (.+)$", (ROOT / "docs" / "why.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    named_headings = {
        match[1]
        for path in SOURCE.rglob("__init__.py")
        for match in re.finditer(r"docs/why\.md, “(.+?)”", path.read_text(encoding="utf-8"))
    }

    assert len(named_headings) > 10
    assert named_headings - set(headings) == set()


def test_places_that_glossary_architecture_and_decisions_name_exist() -> None:
    rows = [line.split("|") for line in GLOSSARY.splitlines() if line.count("|") == 5]
    places = [
        place.strip()
        for row in rows[0:]
        for place in row[4].split(", ")
        if "/" in place or place.strip() in {"clock", "errors", "problems", "notifiers", "settings"}
    ]
    for page in ("architecture.md", "why.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        places += re.findall(
            r"`((?:domain|store|services|loading|transport|entrypoints)/[\w/]+)`", text
        )

    assert len(places) > 60
    assert [place for place in places if not exists(place)] == []


def exists(place: str) -> bool:
    return any(
        (folder / name).exists() for folder in (SOURCE, ROOT) for name in (place, f"{place}.py")
    )
