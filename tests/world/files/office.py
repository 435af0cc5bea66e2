"""LibreOffice and poppler, as a reader would open what we make."""

import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path


def as_pdf(document: Path, *others: Path) -> Path:
    """The document as LibreOffice prints it, and others beside it."""
    profile = f"-env:UserInstallation={(document.parent / 'profile').as_uri()}"
    to = ("--convert-to", "pdf", "--outdir", str(document.parent))
    _run(["soffice", profile, "--headless", *to, str(document), *map(str, others)])
    return document.with_suffix(".pdf")


def as_csv(workbook: Path) -> str:
    """The first sheet as LibreOffice reads it, in UTF-8."""
    profile = f"-env:UserInstallation={(workbook.parent / 'profile').as_uri()}"
    to = ("--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir")
    _run(["soffice", profile, "--headless", *to, str(workbook.parent), str(workbook)])
    return workbook.with_suffix(".csv").read_text(encoding="utf-8")


def text_of(document: Path) -> str:
    """What the pages say, without the spaces and line breaks of their layout."""
    return "".join("".join(lines) for lines in pages_of(document))


def pages_of(document: Path) -> list[list[str]]:
    """The lines of each page that have words, without their spaces."""
    return _lines(as_pdf(document))


def pages_of_all(documents: Collection[Path]) -> list[list[list[str]]]:
    """The same of several in one folder, which LibreOffice opens one after the other."""
    first, *rest = documents
    as_pdf(first, *rest)
    return [_lines(document.with_suffix(".pdf")) for document in documents]


def _lines(printed: Path) -> list[list[str]]:
    pages = _run(["pdftotext", "-layout", str(printed), "-"]).split("\f")
    return [
        ["".join(line.split()) for line in page.splitlines() if line.strip()] for page in pages[:-1]
    ]


def _run(command: list[str]) -> str:
    tool = shutil.which(command[0])
    assert tool, f"{command[0]} is not installed: make office"
    done = subprocess.run([tool, *command[1:]], check=True, capture_output=True, timeout=180)
    return done.stdout.decode()
