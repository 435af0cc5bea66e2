"""The guide for whoever writes a template names all that one may call for, and nothing else."""

import re
from dataclasses import fields, is_dataclass
from typing import Any
from zipfile import ZipFile

from dj_cadence.domain.documents.document import (
    CommitteeTerm,
    ContactPerson,
    Document,
    DocumentLine,
    OrganizationForm,
    Titles,
)
from dj_cadence.domain.documents.kind import DocumentKind
from tests.world import ROOT

GUIDE = (ROOT / "docs/howto/letters.md").read_text(encoding="utf-8")
TABLE = set(re.findall(r"^\| `((?:paper|term|line|states)\.[\w.]+)` \|", GUIDE, re.MULTILINE))


def names(of: Any) -> set[str]:
    own = {field.name for field in fields(of)}
    return own | {name for name, value in vars(of).items() if isinstance(value, property)}


def test_each_placeholder_is_in_the_guide() -> None:
    parts = {"form": OrganizationForm, "titles": Titles, "contact": ContactPerson}
    expected = {f"paper.{name}" for name in names(Document) - parts.keys()} | {"states.done"}
    expected |= {f"paper.{part}.{name}" for part, of in parts.items() for name in names(of)}
    expected |= {f"term.{name}" for name in names(CommitteeTerm)}
    expected |= {f"line.{name}" for name in names(DocumentLine)}
    assert all(is_dataclass(of) for of in parts.values())
    assert expected == TABLE


def test_what_the_shipped_templates_call_for_is_in_the_guide() -> None:
    used = set()
    for kind in DocumentKind:
        with ZipFile(ROOT / "templates/letters" / f"{kind}.docx") as parts:
            text = parts.read("word/document.xml").decode()
        used |= set(re.findall(r"\b(?:paper|term|line|states)(?:\.[a-z_]+)+", text))
        used |= {
            name.replace("paper.terms[0]", "term").replace("paper.terms[-1]", "term")
            for name in re.findall(r"paper\.terms\[-?\d\][.a-z_]*", text)
        }
    used = {re.sub(r"^term\.form\..*", "term.form", name) for name in used}
    used -= {"states.missed", "states.waived", "paper.month.year", "paper.month.month"}
    used = {re.sub(r"^(line\.\w+)\.(year|month|day)$", r"\1", name) for name in used}
    assert used - TABLE == set()


def test_the_guide_names_each_kind() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \|", GUIDE, re.MULTILINE)) == set(DocumentKind)
