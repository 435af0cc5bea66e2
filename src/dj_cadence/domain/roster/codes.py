"""Which organization a code means, however it is written; and new ones that look like old ones."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from dj_cadence.domain.roster.org_rows import RosterOrg
from dj_cadence.domain.roster.rows import RosterSheets, TableRow
from dj_cadence.normal_form import code_key, code_text, visible, word_key
from dj_cadence.problems import Problem

_CODE_COLUMNS = ("code", "supervisor", "approver", "successor", "org")
_DIGITS = re.compile(r"\d+")


def with_one_spelling(sheets: RosterSheets, stored: Collection[str]) -> RosterSheets:
    """The rows with every code as it is stored, else as the sheet 组织 writes it first.

    Stored codes are found as they stand, even where two of them look alike.
    """
    exact = frozenset(stored)
    by_key: dict[str, str] = {}
    for code in (*stored, *(code_text(row.text("code")) for row in sheets.orgs)):
        by_key.setdefault(code_key(code), code)

    def respelt(row: TableRow) -> TableRow:
        codes = {key: visible(row.cells[key]) for key in _CODE_COLUMNS if row.text(key)}
        spelt = {
            key: code if code in exact else by_key.get(code_key(code), code_text(code))
            for key, code in codes.items()
        }
        return replace(row, cells={**row.cells, **spelt})

    return RosterSheets(tuple(map(respelt, sheets.orgs)), tuple(map(respelt, sheets.appointments)))


def lookalikes(
    read: Mapping[str, RosterOrg], before: Mapping[str, RosterOrg], rows: Mapping[str, TableRow]
) -> Iterator[Problem]:
    """New organizations that may be known ones under another code."""
    by_digits: dict[str, str] = {}
    by_name: dict[str, list[str]] = {}
    every = {**before, **read}
    for code in (*before, *(code for code in read if code not in before)):
        org = every[code]
        namesakes = (
            other
            for other in by_name.get(word_key(org.name), ())
            if not every[other].dissolved
            and (every[other].supervisor == org.supervisor or other not in read)
        )
        if code in before:
            twin = ""
        elif twin := by_digits.get(_without_zeros(code), ""):
            text = f"代码“{code}”与“{twin}”（{every[twin].name}）只差数字前面的零"
        elif twin := next(namesakes, ""):
            text = f"与“{twin}”同名，代码不同"
        if twin:
            advice = f"会作为另一个组织新建；其实是同一个的，请把代码改成“{twin}”。"
            yield rows[code].warning("code", f"{org.name}：{text}，{advice}")
        by_digits.setdefault(_without_zeros(code), code)
        by_name.setdefault(word_key(org.name), []).append(code)


def _without_zeros(code: str) -> str:
    return _DIGITS.sub(lambda match: match[0].lstrip("0") or "0", code_key(code))
