"""The organizations' tree: links that make no circle, and the order in which it is kept."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.store.audit import tree
from dj_cadence.store.audit.tree import Node
from dj_cadence.store.core.database import Database


def look_at_tree(database: Database, *, mend: bool) -> Iterator[AuditFinding]:
    """Superiors as the roster says, no circle, and positions that fit them."""
    with database.read() as session:
        rows = tree.nodes(session)
    if moved := _elsewhere(rows):
        listed = "、".join(rows[id_].name for id_ in list(moved)[:5])
        text = f"个组织的上级与花名册不同（{listed}）；已按花名册改正"
        yield AuditFinding("org_supervisor", len(moved), text, mended=mend)
        if not mend:
            return
        with database.write() as session:
            tree.move(session, _elsewhere(tree.nodes(session)))  # as it is in this transaction
            rows = tree.nodes(session)
    if circle := _in_a_circle(rows):
        names = "、".join(rows[id_].name for id_ in circle[:5])
        text = f"个组织上下级绕成了圈（{names}）；请用花名册改正其中一个的上级"
        yield AuditFinding("org_circle", len(circle), text)
    elif wrong := _misplaced(rows):
        text = "个组织在树里的位置与上下级不符，下级会看不全；已重新排列"
        yield AuditFinding("org_position", len(wrong), text, mended=mend)
        if mend:
            with database.write() as session:
                tree.place(session, _misplaced(tree.nodes(session)))


def _misplaced(rows: Mapping[int, Node]) -> dict[int, tuple[int, int]]:
    return {id_: place for id_, place in _places(rows).items() if place != rows[id_].place}


def _elsewhere(rows: Mapping[int, Node]) -> dict[int, int | None]:
    """The superior by the roster, of those that have another."""
    by_code = {row.code: row.id for row in rows.values()}
    moved = {}
    for row in rows.values():
        written = (row.roster or {}).get("supervisor")
        above = by_code.get(written) if written else None
        if written is not None and above != row.supervisor_id and (above or not written):
            moved[row.id] = above
    return moved


def _in_a_circle(rows: Mapping[int, Node]) -> list[int]:
    """Those from which no way leads up to the top."""
    in_circle: dict[int, bool] = {0: False}
    for start in rows:
        path: list[int] = []
        at = start
        while at in rows and at not in in_circle and at not in path:
            path.append(at)
            at = rows[at].supervisor_id or 0
        in_circle |= dict.fromkeys(path, at in path or in_circle.get(at, False))
    return [id_ for id_ in rows if in_circle[id_]]


def _places(rows: Mapping[int, Node]) -> dict[int, tuple[int, int]]:
    """(position, end of the subtree) of each, in preorder; siblings stay in their order."""
    below: dict[int, list[int]] = defaultdict(list)
    for row in rows.values():
        below[row.supervisor_id or 0].append(row.id)
    order: list[int] = []
    waiting = list(reversed(below[0]))
    while waiting:
        order.append(id_ := waiting.pop())
        waiting += reversed(below[id_])
    position = {id_: n for n, id_ in enumerate(order, 1)}
    end = dict(position)
    for id_ in reversed(order):
        if above := rows[id_].supervisor_id:
            end[above] = max(end[above], end[id_])
    return {id_: (position[id_], end[id_]) for id_ in order}
