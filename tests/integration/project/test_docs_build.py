"""The documents point at files, headings and commands that exist."""

import re
from pathlib import Path

import pytest

from tests.world import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])

BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(rf"{BLOCK.pattern}|`[^`\n]+`", BLOCK.flags)
LINK = re.compile(r"\]\((?!\w+:)([^)\s]+)\)")  # not those with a scheme: https:, mailto:
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    prose = CODE.sub("", document.read_text(encoding="utf-8"))
    broken = [link for link in LINK.findall(prose) if not leads_somewhere(document, link)]
    assert broken == []


@each_document
def test_make_targets_that_documents_name_exist(document: Path) -> None:
    code = "\n".join(CODE.findall(document.read_text(encoding="utf-8")))
    named = set(re.findall(r"\bmake ([a-z]+)", code))
    assert named - set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8"))) == set()


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, start_event = link.partition("#")
    target = document.parent / path if path else document
    return target.exists() and (not start_event or start_event in start_events(target))


def start_events(document: Path) -> set[str]:
    """The anchors that GitHub and Gitee give to the headings of `document`."""
    text = BLOCK.sub("", document.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(text)
    }
