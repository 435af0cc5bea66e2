"""Which organization a code means, however it is written; and new ones that look like old ones."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from dj_cadence.domain.roster.org_rows import RosterOrg
from dj_cadence.domain.roster.rows import RosterSheets, TableRow
from dj_cadence.normal_form import code_key, code_text, visible, word_key
from dj_cadence.problems import Problem

_CODE_COLUMNS = ("code", "supervisor", "approver", "successor", "org")
_DIGITS = re.compile(r"\d+")


class CodeBook:
    """Every code in its one spelling: as it is stored, else the first that was seen.

    Stored codes are found as they stand, even where two of them look alike.
    """

    def __init__(self, stored: Collection[str]) -> None:
        self._exact = frozenset(stored)
        self._by_key: dict[str, str] = {}
        for code in stored:
            self._by_key.setdefault(code_key(code), code)

    def note(self, written: str) -> None:
        """A code that somebody writes: where it is new, this is how it is spelt."""
        self._by_key.setdefault(code_key(written), code_text(written))

    def spelling(self, written: str) -> str:
        """The code that is meant; one that nobody knows in its normal form."""
        seen = visible(written)
        return seen if seen in self._exact else self._by_key.get(code_key(seen), code_text(seen))


def with_one_spelling(sheets: RosterSheets, stored: Collection[str]) -> RosterSheets:
    """The rows with every code as it is stored, else as the sheet 组织 writes it first."""
    book = CodeBook(stored)
    for row in sheets.orgs:
        book.note(row.cells.get("code", ""))
    return RosterSheets(
        tuple(_respelt(row, book) for row in sheets.orgs),
        tuple(_respelt(row, book) for row in sheets.appointments),
    )


def _respelt(row: TableRow, book: CodeBook) -> TableRow:
    codes = {key: row.cells[key] for key in _CODE_COLUMNS if row.cells.get(key)}
    spelt = {key: book.spelling(code) for key, code in codes.items()}
    return row if spelt == codes else replace(row, cells={**row.cells, **spelt})


def lookalikes(
    read: Mapping[str, RosterOrg], before: Mapping[str, RosterOrg], rows: Mapping[str, TableRow]
) -> Iterator[Problem]:
    """New organizations that may be known ones under another code."""
    by_digits: dict[str, str] = {}
    by_name: dict[str, list[str]] = {}
    new = [code for code in read if code not in before]
    every = {**before, **read}
    for code in (*before, *new):
        org = every[code]
        twin = by_digits.get(_without_zeros(code)) if code in rows else None
        if code in before:
            twin = None
        elif twin:
            text = f"代码“{code}”与“{twin}”（{every[twin].name}）只差数字前面的零"
        elif twin := _namesake(org, by_name.get(word_key(org.name), ()), every, read):
            text = f"与“{twin}”同名，代码不同"
        if twin:
            advice = f"会作为另一个组织新建；其实是同一个的，请把代码改成“{twin}”。"
            yield Problem(rows[code].place("code"), f"{org.name}：{text}，{advice}", warning=True)
        by_digits.setdefault(_without_zeros(code), code)
        by_name.setdefault(word_key(org.name), []).append(code)


def _without_zeros(code: str) -> str:
    return _DIGITS.sub(lambda match: match[0].lstrip("0") or "0", code_key(code))


def _namesake(
    org: RosterOrg,
    named_alike: Iterable[str],
    every: Mapping[str, RosterOrg],
    read: Mapping[str, RosterOrg],
) -> str:
    """One with that name at the same superior, or that the file leaves out."""
    living = (code for code in named_alike if not every[code].dissolved)
    return next((c for c in living if every[c].supervisor == org.supervisor or c not in read), "")
