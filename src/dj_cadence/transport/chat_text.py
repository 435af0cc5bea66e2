"""Chat messages that must not be longer than a service takes, counted in bytes of UTF-8."""

ITEM = "·"
"""What the line of one item begins with, in every template for a chat."""
_HEADING = "【"


def fit(text: str, most: int) -> str:
    """`text` in at most `most` bytes.

    The last items go first, each with its whole line, and one line says how many are left
    out; the lines around them (the link is one) stay. Only if that is not enough is the
    text cut, never inside a character.
    """
    if _size(text) <= most:
        return text
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if line.startswith(ITEM)]
    for kept in range(len(places) - 1, -1, -1):
        shorter = _without(lines, places[kept], len(places) - kept)
        if _size(shorter) <= most:
            return shorter
    return _cut(_without(lines, places[0], len(places)) if places else text, most)


def _without(lines: list[str], first: int, count: int) -> str:
    """The lines without the items from line `first` on, and without what led up to them."""
    rest = [line for line in lines[first:] if line and not line.startswith((ITEM, _HEADING))]
    end = "" if lines[-1] else "\n"
    return "\n".join([*lines[:first], f"…另有 {count} 项", *rest]) + end


def _cut(text: str, most: int) -> str:
    head = text.encode()[: max(0, most - _size("…"))].decode(errors="ignore")
    return f"{head}…" if most >= _size("…") else ""


def _size(text: str) -> int:
    return len(text.encode())
