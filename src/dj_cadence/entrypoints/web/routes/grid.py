"""办理情况表: organizations by duties, on the page and as a workbook."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from dj_cadence.domain.dates.period import Unit, chinese_label
from dj_cadence.domain.labels import TASKS
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.request_context import RequestContext, attachment
from dj_cadence.entrypoints.web.security import ExplainedError
from dj_cadence.rendering.workbooks import XLSX, Sheet, workbook
from dj_cadence.services.access.permissions import oversees
from dj_cadence.services.pages.duty_grid import (
    LATE,
    UNITS,
    WAITING,
    DutyGrid,
    GridRequest,
    duty_grid,
)

ROWS = 50
"""Organizations on one page."""
SIGNS = {
    "done": "✓",
    "missed": "✗",
    "overdue": "！",
    "unrecorded": "？",
    "submitted": "↑",
    "returned": "↓",
    "open": "○",
    "planned": "·",
    "waived": "－",
}
"""In the order in which a cell names them; each stands with its word or its number."""
_SPANS = {Unit.MONTH: "月", Unit.QUARTER: "季度", Unit.SEMESTER: "学期", Unit.YEAR: "年"}
_ONLY = {"": "全部", LATE: "只看有逾期的", WAITING: "只看有待登记、待确认的"}


def grid(ctx: RequestContext) -> Response:
    """The table, one page of its rows; the total counts them all."""
    request, made, name = _made(ctx)
    query = {
        "unit": request.unit.value,
        "at": made.period.label,
        "every": "1" if request.every else "",
        "only": request.only,
        "kind": request.kind,
        "q": request.words,
    }

    def address(**changed: str) -> str:
        """This table with something else chosen."""
        return f"{base}/grid?{urlencode({k: v for k, v in (query | changed).items() if v})}"

    base = organization_path(ctx.code)
    return ctx.page(
        "grid.html",
        name=name,
        base=base,
        grid=made,
        rows=ctx.paging.part(made.rows, ROWS),
        request=request,
        address=address,
        spans={unit.value: _SPANS[unit] for unit in UNITS},
        only=_ONLY,
        kinds=OrgKind,
        signs=SIGNS,
    )


def grid_file(ctx: RequestContext) -> Response:
    """All rows of the table as a workbook."""
    _, made, name = _made(ctx)
    title = f"{name} {chinese_label(made.period.label)}办理情况"
    head = (("组织代码", 14), ("组织", 30), *((column.title, 16) for column in made.columns))
    rows = [
        (row.code, row.name, *(_text(row.cells.get(c.key, {})) for c in made.columns))
        for row in [*made.rows, made.total]
    ]
    content = workbook(title, [Sheet("办理情况", head, rows[:-1], rows[-1])], ctx.today)
    return Response(content, media_type=XLSX, headers=attachment(f"{title}.xlsx"))


def _text(cell: Mapping[str, int]) -> str:
    """What stands in a cell: 已完成 12，逾期 1; of a single task its state alone."""
    if sum(cell.values()) == 1:
        return next(TASKS[state] for state, number in cell.items() if number)
    return "，".join(f"{TASKS[state]} {cell[state]}" for state in SIGNS if cell.get(state))


def _made(ctx: RequestContext) -> tuple[GridRequest, DutyGrid, str]:
    asked = ctx.request.query_params
    units, kinds = {unit.value: unit for unit in UNITS}, {kind.value for kind in OrgKind}
    request = GridRequest(
        unit=units.get(asked.get("unit", ""), Unit.MONTH),
        label=asked.get("at", ""),
        every="every" in asked,
        only=asked.get("only", "") if asked.get("only") in _ONLY else "",
        kind=asked.get("kind", "") if asked.get("kind") in kinds else "",
        words=asked.get("q", "").strip(),
    )
    with ctx.read() as session:
        above = ctx.organization(session)
        if not oversees(session, ctx.visitor, above.id, ctx.today):
            raise ExplainedError(labels.NOT_ABOVE)
        made = duty_grid(session, ctx.catalogue, ctx.visitor, above, request, ctx.today)
    return request, made, above.name
