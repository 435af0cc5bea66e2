"""Rosters from workbooks and text files, as rows of text that know where they stand."""

from collections.abc import Sequence
from pathlib import Path

from dj_cadence.domain.roster.columns import APPOINTMENT_COLUMNS, ORG_COLUMNS
from dj_cadence.domain.roster.rows import RosterSheets
from dj_cadence.loading.tables.file import read_sheets
from dj_cadence.loading.tables.sheet import UnreadableTableError, unseen
from dj_cadence.loading.tables.table import Table, is_table, read_table
from dj_cadence.problems import Problem

_NO_HEADER = (
    "没有认出表头：组织表要有“组织代码、组织名称、类别”三列，任职表要有“组织代码、职务、姓名”三列。"
)

_MOST_ROWS = 20_000
_TOO_MANY = f"一次最多导入 {_MOST_ROWS} 行，请分成几个文件，分次导入。"


def read_roster(paths: Sequence[Path]) -> tuple[RosterSheets, list[Problem]]:
    """The rows of all files, and what is wrong with files and headers."""
    kinds = (ORG_COLUMNS, APPOINTMENT_COLUMNS)
    tables: list[Table] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            sheets = read_sheets(path)
            read = [read_table(sheet, kinds, _MOST_ROWS) for sheet in sheets]
        except UnreadableTableError as error:
            problems.append(Problem(path.name, str(error)))
            continue
        problems += unseen(sheets)
        tables += (table for table in read if table)
        # A sheet that is empty or prose is passed over, as long as another one has rows.
        strange = [s for s, table in zip(sheets, read, strict=True) if not table and is_table(s)]
        names = [sheet.name for sheet in strange] or ([] if any(read) else [path.name])
        problems += (Problem(name, _NO_HEADER) for name in names)
    problems += (problem for table in tables for problem in table.problems)
    if sum(len(table.rows) for table in tables) > _MOST_ROWS:
        return RosterSheets((), ()), [Problem(paths[0].name, _TOO_MANY)]
    orgs, appointments = (
        tuple(row for table in tables if table.columns is columns for row in table.rows)
        for columns in kinds
    )
    return RosterSheets(orgs, appointments), problems
