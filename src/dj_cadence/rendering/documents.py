"""Papers: templates/letters/*.docx filled in, and plans for the wall as workbooks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from docxtpl import DocxTemplate  # type: ignore[import-untyped]
from jinja2 import Environment, StrictUndefined, TemplateError

from dj_cadence.chinese import official_day
from dj_cadence.domain import labels
from dj_cadence.domain.documents.document import (
    CommitteeTerm,
    ContactPerson,
    Document,
    DocumentLine,
    OrganizationForm,
    WallPlan,
    titles_of,
)
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, OrgKind
from dj_cadence.errors import Refused
from dj_cadence.problems import Problem
from dj_cadence.rendering.workbooks import Sheet, workbook

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FILE_TIME = (1980, 1, 1, 0, 0, 0)


def render_document(folders: Sequence[Path], document: Document) -> bytes:
    """The document as a .docx; the site's own template goes before the shipped one.

    Raises Refused, naming the file, where a template cannot be filled in. The same document is
    always the same bytes.
    """
    path = template_path(folders, document.kind)
    assert path, "there is a shipped one of each kind"
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    environment.filters["day"] = official_day
    environment.globals["states"] = labels.TASKS
    content = BytesIO()
    try:
        template = DocxTemplate(path)
        template.render({"paper": document}, environment)
        made = datetime(document.day.year, document.day.month, document.day.day)  # noqa: DTZ001 - a file's
        properties = template.docx.core_properties
        properties.created = properties.modified = made
        template.save(content)
    except (TemplateError, BadZipFile, KeyError, ValueError) as error:
        remedy = "请修正，或删去以用自带的模板"
        raise Refused(f"{path}：这个模板填不出来（{error}）。{remedy}。") from error
    return _timeless(content.getvalue())


def template_path(folders: Sequence[Path], kind: DocumentKind) -> Path | None:
    """The template of a document: the first of that name."""
    paths = (folder / "letters" / f"{kind.value}.docx" for folder in folders)
    return next((path for path in paths if path.exists()), None)


def check_documents(folders: Sequence[Path]) -> list[Problem]:
    """Faults in a site's own templates of documents: each is filled in for every organization.

    The last of `folders` holds the shipped ones, which are as they were tested.
    """
    own = {kind: path for kind in DocumentKind if (path := template_path(folders[:-1], kind))}
    return [fault for kind, path in own.items() if (fault := _fault(folders, kind, path))]


def _fault(folders: Sequence[Path], kind: DocumentKind, path: Path) -> Problem | None:
    """The first thing for which a template cannot be filled in."""
    try:
        for document in samples(kind):
            render_document(folders, document)
    except Refused as refused:
        fault = str(refused).removeprefix(f"{path}：")
        return Problem(f"templates/letters/{path.name}", fault)
    return None


def samples(kind: DocumentKind) -> list[Document]:
    """Invented documents of a kind that together reach every part of its template."""
    day = date(2026, 3, 2)
    if kind is DocumentKind.YEAR_END:
        line = DocumentLine("主题党日", "2026年1月", day, day, 3, labels.TASKS["done"], "学习党章")
        rest = [replace(line, state=state, completed_on=None) for state in labels.TASKS.values()]
        return [Document(kind, "示例党支部", "示例党委", day, year=2026, lines=(line, *rest))]
    forms = [
        *(
            OrganizationForm(kind_of_organization)
            for kind_of_organization in sorted(PARTY_ORGANIZATIONS)
        ),
        OrganizationForm(OrgKind.BRANCH, has_committee=False),
    ]
    documents = []
    for form in forms:
        term = CommitteeTerm("示例党支部", form, date(2023, 3, 31), date(2026, 3, 31))
        document = Document(kind, "示例党支部", "示例党委", day, (term,), day, we="委", form=form)
        document = replace(document, titles=titles_of(document.org_name, form))
        complete = replace(document, full_members=12, probationary_members=1, elected_on=day)
        many = replace(complete, terms=(term, term), contact=ContactPerson("王老师", "0531-1"))
        documents += [replace(document, superior_name=""), many]
    return documents


def _timeless(content: bytes) -> bytes:
    """The same archive with no clock in it."""
    made = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(made, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = ZipInfo(name, _FILE_TIME)
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return made.getvalue()


def wall_workbook(plan: WallPlan) -> bytes:
    """The plan with a row for each day, the core duties on a sheet of their own."""
    columns = (
        *(("工作任务", 32), ("周期", 24), ("计划", 12)),
        *(("完成时限", 12), ("责任人", 12), ("暂定", 8)),
    )
    parts = (("主要任务", plan.core), ("其他任务", plan.rest))
    sheets = [
        Sheet(
            name,
            columns,
            [
                (
                    *(line.title, day.period, day.planned, day.due, line.office),
                    "暂定" if day.provisional else "",
                )
                for line in lines
                for day in line.days
            ],
        )
        for name, lines in parts
    ]
    title = f"{plan.org_name} {plan.span}党建工作计划"
    return workbook(title, (sheet for sheet in sheets if sheet.rows), plan.day)
