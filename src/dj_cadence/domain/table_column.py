"""The columns of tables that people bring, and the many ways in which their headers are written."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Content(StrEnum):
    """What stands in the cells of a column, which decides how a number or a date is read."""

    WORDS = "words"
    CODE = "code"
    """As it is shown, with its leading zeros; a date is what a spreadsheet made of it."""
    COUNT = "count"
    """A number without its format."""
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the English key, the Chinese header, and what to write in it."""

    key: str
    header: str
    help: str = ""
    content: Content = Content.WORDS
    required: bool = False
    one_each: bool = False
    """Whether one merged cell cannot speak for several rows."""
    also: str = ""
    """Other headers that mean the same, parted by blanks."""

    @property
    def is_date(self) -> bool:
        return self.content is Content.DATE

    def names(self) -> set[str]:
        """All headers that mean this column, as `header_names` gives them."""
        return {squeezed(name) for name in (self.key, self.header, *self.also.split())}


Columns = Sequence[Column]


def with_headers(also: Mapping[str, str], *columns: Column) -> Columns:
    """The columns with other headers that mean the same, by their keys."""
    return tuple(replace(column, also=also.get(column.key, "")) for column in columns)


_NO_MATTER = re.compile(r"[\s*＊※★☆#:：\u200b-\u200f\u2060\ufeff]+")
_BRACKETED = re.compile(r"[(\[{<【〔「《](.*?)[)\]}>】〕」》]")


def squeezed(header: str) -> str:
    """A header without blanks, line breaks, stars and colons, in half-width small letters."""
    return _NO_MATTER.sub("", unicodedata.normalize("NFKC", header)).lower()


def header_names(header: str) -> list[str]:
    """What a header may mean, the likeliest first: whole, without its brackets, within them."""
    text = squeezed(header)
    inside = [match[1] for match in _BRACKETED.finditer(text)]
    whole = re.sub(r"[()\[\]{}<>【】〔〕「」《》]", "", text)
    return [whole, _BRACKETED.sub("", text), *inside]


def column_of(headers: Iterable[str], columns: Columns) -> Column | None:
    """The column that one of several headers means, the first of them that means any."""
    by_name = {name: column for column in columns for name in column.names()}
    names = [name for header in headers for name in header_names(header)]
    return next((by_name[name] for name in names if name in by_name), None)
