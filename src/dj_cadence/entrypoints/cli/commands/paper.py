"""letter, wall: documents of an organization as files."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.entrypoints.cli.arguments import Misuse, argument, ending, option, parse_month
from dj_cadence.entrypoints.cli.context import reading
from dj_cadence.entrypoints.cli.output import write_file

OfOrg = Annotated[str, option("--org", "组织代码", "哪个组织")]
Month = Annotated[
    date | None, option("--month", "月", "届满的月，如 2026-03；默认本月", parse_month)
]
OnlyMonth = Annotated[date | None, option("--month", "月", "只要这个月的，如 2026-03", parse_month)]
Year = Annotated[int, option("--year", "年", "默认今年")]
OutFile = Annotated[Path, option("--out", "文件", "写到文件")]


def letter(
    ctx: typer.Context,
    kind: Annotated[
        str, argument("种类", "、".join(f"{kind_.value} {kind_.label}" for kind_ in DocumentKind))
    ],
    org: OfOrg,
    out: OutFile,
    month: Month = None,
    year: Year = 0,
) -> None:
    """生成一份公文（.docx），模板在 templates/letters/。"""
    from dj_cadence.bootstrap import template_folders
    from dj_cadence.rendering.documents import render_document
    from dj_cadence.services.access.permissions import ADMINISTRATOR
    from dj_cadence.services.documents.letters import DocumentWriter

    kinds = {kind_.value: kind_ for kind_ in DocumentKind}
    if kind not in kinds:
        raise Misuse(f"没有“{kind}”这种公文；有：{'、'.join(kinds)}。")
    ending(out, ".docx")
    with reading(ctx) as act:
        of, contact = (act.session, act.catalogue, act.org(org)), act.settings.contact
        writer = DocumentWriter(*of, ADMINISTRATOR, act.today, contact)
        document = writer.write(kinds[kind], month, year)
    write_file(render_document(template_folders(act.settings), document), out)


def wall(
    ctx: typer.Context, org: OfOrg, out: OutFile, month: OnlyMonth = None, year: Year = 0
) -> None:
    """生成上墙的年度计划表，写了 --month 就是月度的（.xlsx；网页版在组织页的“材料”里）。"""
    from dj_cadence.rendering.documents import wall_workbook
    from dj_cadence.services.access.permissions import ADMINISTRATOR
    from dj_cadence.services.documents.letters import DocumentWriter

    ending(out, ".xlsx")
    with reading(ctx) as act:
        of = (act.session, act.catalogue, act.org(org), ADMINISTRATOR, act.today)
        plan = DocumentWriter(*of).wall_plan(year, month)
    write_file(wall_workbook(plan), out)
