"""The organizations' tree: links that make no circle, and the order in which it is kept."""

from collections.abc import Iterator, Mapping

from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.store.audit.contents import nodes
from dj_cadence.store.core.batching import Values
from dj_cadence.store.core.database import Database
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.roster import orgs
from dj_cadence.store.site import site as sites

_Nodes = Mapping[int, AnyRow]


def look_at_tree(database: Database, *, mend: bool) -> Iterator[AuditFinding]:
    """Superiors as the roster says, no circle, and positions that fit them."""
    with database.read() as session:
        rows = nodes(session)
    if moved := _elsewhere(rows):
        listed = "、".join(rows[row["id"]].name for row in moved[:5])
        text = f"个组织的上级与花名册不同（{listed}）；已按花名册改正"
        yield AuditFinding("org_supervisor", len(moved), text, mended=mend)
        if not mend:
            return
        with database.write() as session:
            moved = _elsewhere(nodes(session))  # as it is in this transaction
            orgs.change(session, moved)
            orgs.mark_changed(session, [row["id"] for row in moved])
            sites.shown_changed(session)
            rows = nodes(session)
    ways, circle = _ways_down(rows)
    if circle:
        names = "、".join(rows[id_].name for id_ in circle[:5])
        text = f"个组织上下级绕成了圈（{names}）；请用花名册改正其中一个的上级"
        yield AuditFinding("org_circle", len(circle), text)
    elif wrong := _misplaced(rows, ways):
        text = "个组织在树里的位置与上下级不符，下级会看不全；已重新排列"
        yield AuditFinding("org_position", len(wrong), text, mended=mend)
        if mend:
            with database.write() as session:
                rows = nodes(session)
                orgs.change(session, _misplaced(rows, _ways_down(rows)[0]))
                sites.shown_changed(session)


def _elsewhere(rows: _Nodes) -> list[Values]:
    """The superior by the roster, of those that have another."""
    by_code = {row.code: row.id for row in rows.values()}
    moved: list[Values] = []
    for row in rows.values():
        written = (row.roster or {}).get("supervisor")
        above = by_code.get(written) if written else None
        if written is not None and above != row.supervisor_id and (above or not written):
            moved.append({"id": row.id, "supervisor_id": above})
    return moved


def _ways_down(rows: _Nodes) -> tuple[dict[int, list[int]], list[int]]:
    """The way from the top down to each organization, and those from which none leads up to it."""
    ways, circle = {}, []
    for id_ in rows:
        way, at = list[int](), id_
        while at in rows and at not in way:
            way.insert(0, at)
            at = rows[at].supervisor_id or 0
        if at in rows:
            circle.append(id_)
        elif not at:
            ways[id_] = way
    return ways, circle


def _misplaced(rows: _Nodes, ways: Mapping[int, list[int]]) -> list[Values]:
    """Position and end of the subtree in preorder, of those that have others; siblings stay."""
    number = {id_: n for n, id_ in enumerate(rows)}
    order = sorted(ways, key=lambda id_: [number[above] for above in ways[id_]])
    end = {above: n for n, id_ in enumerate(order, 1) for above in ways[id_]}
    return [
        {"id": id_, "position": n, "subtree_end": end[id_]}
        for n, id_ in enumerate(order, 1)
        if (n, end[id_]) != (rows[id_].position, rows[id_].subtree_end)
    ]
